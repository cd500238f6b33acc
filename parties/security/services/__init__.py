from .contact import (
    UndoRefused,
    change_contact,
    contact_details,
    find_change,
    note_access_needs,
    undo_change,
)
from .identity import IdentityNotProven, enter_code, note_factor, recent_check, send_code
from .log_ins import (
    LogInRefused,
    ResetRequirements,
    change_password,
    reset_password,
    standing_on,
    undo_email_change,
)
from .pausing import LiftRefused, StopRefused, lift_pause, pause, require_no_pause, stop_link
from .safety import (
    SafeContactRefused,
    confirm_safe_contact,
    end_safe_contact,
    send_safe_code,
    set_safe_contact,
)

__all__ = [
    "IdentityNotProven",
    "LiftRefused",
    "LogInRefused",
    "ResetRequirements",
    "SafeContactRefused",
    "StopRefused",
    "UndoRefused",
    "change_contact",
    "change_password",
    "confirm_safe_contact",
    "contact_details",
    "end_safe_contact",
    "enter_code",
    "find_change",
    "lift_pause",
    "note_access_needs",
    "note_factor",
    "pause",
    "recent_check",
    "require_no_pause",
    "reset_password",
    "send_code",
    "send_safe_code",
    "set_safe_contact",
    "standing_on",
    "stop_link",
    "undo_change",
    "undo_email_change",
]
