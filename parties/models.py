"""What Django looks for here: the models of every room. Code imports them from their rooms."""

from parties.accounts.models import (
    Account,
    Balance,
    Block,
    Customer,
    DeclaredDay,
    Provider,
    TermsAcceptance,
)
from parties.authority.models import (
    Appointment,
    ExpiryReminder,
    HolderEvent,
    Invitation,
    Presence,
    Signature,
)
from parties.correspondence.models import Preference, SafeContact
from parties.desk.models import Call
from parties.people.models import Absence, SettingChange, StaffGrant, StaffProof, User
from parties.privacy.models import DataExport, PrivacyRequest
from parties.security.models import ContactChange, EmailChange, IdentityCheck, Pause, StopLink

__all__ = [
    "Absence",
    "Account",
    "Appointment",
    "Balance",
    "Block",
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
    "SettingChange",
    "Signature",
    "StaffGrant",
    "StaffProof",
    "StopLink",
    "TermsAcceptance",
    "User",
]
