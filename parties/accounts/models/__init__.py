from .acceptance import DECLARED_DAYS, DeclaredDay, TermsAcceptance
from .customers import Account, Balance, Customer, Provider

__all__ = [
    "DECLARED_DAYS",
    "Account",
    "Balance",
    "Customer",
    "DeclaredDay",
    "Provider",
    "TermsAcceptance",
]
