"""The verbs about people and accounts."""

from .appointing import AppointmentRefused, Signing, Wanted, appoint, possible_roles, review
from .by_phone import PhoneProof, ask_by_phone, confirm_by_phone, send_phone_code
from .calls import (
    CallerMayNot,
    CallRefused,
    behalf_of,
    end_call,
    may_take_calls,
    take_call,
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
from .staff import end_staff_role, ensure_staff_roles, grant_staff_role
from .standing import remind_of_expiry, revoke, verify
from .warranties import warrant_authority

__all__ = [
    "AppointmentRefused",
    "CallRefused",
    "CallerMayNot",
    "Happened",
    "HolderChangeRefused",
    "IdentityNotProven",
    "InvitationRefused",
    "PhoneProof",
    "PresenceRefused",
    "Signing",
    "UndoRefused",
    "Wanted",
    "accept_appointment",
    "appoint",
    "ask_by_phone",
    "ask_together",
    "behalf_of",
    "change_contact",
    "claim_account",
    "confirm_by_code",
    "confirm_by_phone",
    "confirm_on_screen",
    "contact_details",
    "decline_appointment",
    "end_call",
    "end_staff_role",
    "end_together",
    "ensure_staff_roles",
    "enter_code",
    "find_change",
    "find_invitation",
    "grant_staff_role",
    "invite_holder",
    "may_take_calls",
    "note_access_needs",
    "note_factor",
    "open_account",
    "possible_roles",
    "recent_check",
    "recompute_protection",
    "record_holder_event",
    "remind_of_expiry",
    "review",
    "revoke",
    "send_code",
    "send_phone_code",
    "send_presence_code",
    "take_call",
    "undo_change",
    "verify",
    "warrant_authority",
]
