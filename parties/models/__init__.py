"""Who is who: people, customers and accounts, appointments, terms accepted."""

from .acceptance import DeclaredDay, TermsAcceptance
from .appointments import Appointment, Invitation
from .customers import Account, Customer, Provider
from .people import User
from .staff import StaffGrant

__all__ = [
    "Account",
    "Appointment",
    "Customer",
    "DeclaredDay",
    "Invitation",
    "Provider",
    "StaffGrant",
    "TermsAcceptance",
    "User",
]
