"""Who is who: people, customers and accounts, appointments, terms accepted."""

from .acceptance import DeclaredDay, TermsAcceptance
from .appointments import Appointment, ExpiryReminder, Invitation, Signature
from .customers import Account, Customer, Provider
from .identity import ContactChange, HolderEvent, IdentityCheck
from .people import User
from .presence import Presence
from .staff import StaffGrant

__all__ = [
    "Account",
    "Appointment",
    "ContactChange",
    "Customer",
    "DeclaredDay",
    "ExpiryReminder",
    "HolderEvent",
    "IdentityCheck",
    "Invitation",
    "Presence",
    "Provider",
    "Signature",
    "StaffGrant",
    "TermsAcceptance",
    "User",
]
