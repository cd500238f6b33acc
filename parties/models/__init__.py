"""Who is who: people, customers and accounts, appointments, terms accepted."""

from .acceptance import DeclaredDay, TermsAcceptance
from .appointments import Appointment, Invitation
from .customers import Account, Customer, Provider
from .people import User
from .privacy import DataExport, Preference, PrivacyRequest
from .safety import SafeContact
from .staff import StaffGrant

__all__ = [
    "Account",
    "Appointment",
    "Customer",
    "DataExport",
    "DeclaredDay",
    "Invitation",
    "Preference",
    "PrivacyRequest",
    "Provider",
    "SafeContact",
    "StaffGrant",
    "TermsAcceptance",
    "User",
]
