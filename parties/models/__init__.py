"""Who is who: people, customers and accounts, appointments, terms accepted."""

from .acceptance import DeclaredDay, TermsAcceptance
from .appointments import Appointment, ExpiryReminder, Invitation, Signature
from .calls import Call
from .customers import Account, Customer, Provider
from .identity import ContactChange, EmailChange, HolderEvent, IdentityCheck
from .pauses import Pause, StopLink
from .people import User
from .presence import Presence
from .privacy import DataExport, Preference, PrivacyRequest
from .safety import SafeContact
from .staff import StaffGrant

__all__ = [
    "Account",
    "Appointment",
    "Call",
    "ContactChange",
    "Customer",
    "DataExport",
    "DeclaredDay",
    "EmailChange",
    "ExpiryReminder",
    "HolderEvent",
    "IdentityCheck",
    "Invitation",
    "Pause",
    "Preference",
    "Presence",
    "PrivacyRequest",
    "Provider",
    "SafeContact",
    "Signature",
    "StaffGrant",
    "StopLink",
    "TermsAcceptance",
    "User",
]
