"""Staff pages about people and accounts."""

from .appointments import AppointmentAdmin
from .base import ConfinedAdmin, ReadOnlyAdmin, StepAdmin
from .calls import CallAdmin
from .records import (
    AccountAdmin,
    CustomerAdmin,
    InvitationAdmin,
    PresenceAdmin,
    ProviderAdmin,
    StaffGrantAdmin,
    UserAdmin,
)
from .steps import ContactChangeAdmin, HolderEventAdmin, IdentityCheckAdmin

__all__ = [
    "AccountAdmin",
    "AppointmentAdmin",
    "CallAdmin",
    "ConfinedAdmin",
    "ContactChangeAdmin",
    "CustomerAdmin",
    "HolderEventAdmin",
    "IdentityCheckAdmin",
    "InvitationAdmin",
    "PresenceAdmin",
    "ProviderAdmin",
    "ReadOnlyAdmin",
    "StaffGrantAdmin",
    "StepAdmin",
    "UserAdmin",
]
