"""Staff pages about people and accounts."""

from .base import ConfinedAdmin, ReadOnlyAdmin, StepAdmin
from .records import (
    AccountAdmin,
    CustomerAdmin,
    InvitationAdmin,
    PresenceAdmin,
    ProviderAdmin,
    StaffGrantAdmin,
    UserAdmin,
)
from .steps import AppointmentAdmin, ContactChangeAdmin, HolderEventAdmin, IdentityCheckAdmin

__all__ = [
    "AccountAdmin",
    "AppointmentAdmin",
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
