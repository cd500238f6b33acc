"""The verbs about people and accounts."""

from .appointing import (
    AppointmentRefused,
    Signing,
    Wanted,
    appoint,
    form_to_sign,
    needs_last_day,
    possible_roles,
    review,
)
from .contact import (
    UndoRefused,
    change_contact,
    contact_details,
    find_change,
    note_access_needs,
    undo_change,
)
from .customers import open_account, recompute_protection
from .holders import Happened, HolderChangeRefused, record_holder_event
from .identity import IdentityNotProven, enter_code, note_factor, recent_check, send_code
from .invitations import (
    InvitationRefused,
    accept_appointment,
    claim_account,
    decline_appointment,
    find_invitation,
    invite_holder,
)
from .presence import (
    PresenceRefused,
    ask_together,
    confirm_by_code,
    confirm_on_screen,
    end_together,
    send_presence_code,
)
from .reach import reach
from .staff import end_staff_role, ensure_staff_roles, grant_staff_role
from .standing import remind_of_expiry, revoke, verify
from .warranties import warrant_authority

__all__ = [
    "AppointmentRefused",
    "Happened",
    "HolderChangeRefused",
    "IdentityNotProven",
    "InvitationRefused",
    "PresenceRefused",
    "Signing",
    "UndoRefused",
    "Wanted",
    "accept_appointment",
    "appoint",
    "ask_together",
    "change_contact",
    "claim_account",
    "confirm_by_code",
    "confirm_on_screen",
    "contact_details",
    "decline_appointment",
    "end_staff_role",
    "end_together",
    "ensure_staff_roles",
    "enter_code",
    "find_change",
    "find_invitation",
    "form_to_sign",
    "grant_staff_role",
    "invite_holder",
    "needs_last_day",
    "note_access_needs",
    "note_factor",
    "open_account",
    "possible_roles",
    "reach",
    "recent_check",
    "recompute_protection",
    "record_holder_event",
    "remind_of_expiry",
    "review",
    "revoke",
    "send_code",
    "send_presence_code",
    "undo_change",
    "verify",
    "warrant_authority",
]
