from .acceptance import DECLARED_DAYS, DeclaredDay, TermsAcceptance
from .customers import Account, Customer, Provider

__all__ = ["DECLARED_DAYS", "Account", "Customer", "DeclaredDay", "Provider", "TermsAcceptance"]
