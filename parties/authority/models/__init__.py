from .appointments import ROLES, Appointment, ExpiryReminder, Invitation, Signature
from .holders import HolderEvent
from .presence import Presence

__all__ = [
    "ROLES",
    "Appointment",
    "ExpiryReminder",
    "HolderEvent",
    "Invitation",
    "Presence",
    "Signature",
]
