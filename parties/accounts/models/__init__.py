from .acceptance import DECLARED_DAYS, DeclaredDay, TermsAcceptance
from .customers import Account, Balance, Block, Customer, Provider

__all__ = [
    "DECLARED_DAYS",
    "Account",
    "Balance",
    "Block",
    "Customer",
    "DeclaredDay",
    "Provider",
    "TermsAcceptance",
]
