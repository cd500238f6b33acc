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
from .by_phone import PhoneProof, ask_by_phone, confirm_by_phone, send_phone_code
from .calls import (
    CallerMayNot,
    CallerPower,
    CallRefused,
    behalf_of,
    caller_powers,
    end_call,
    may_take_calls,
    proof_in_call,
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
    addresses_on_file,
    claim_account,
    decline_appointment,
    find_invitation,
    invite_again,
    invite_holder,
    why_not_invited,
)
from .pausing import lift_pause, pause
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
from .statements import StatementRefused, note_statement
from .warranties import KnowledgeRefused, note_knowledge, warrant_authority

__all__ = [
    "AppointmentRefused",
    "CallRefused",
    "CallerMayNot",
    "CallerPower",
    "Happened",
    "HolderChangeRefused",
    "IdentityNotProven",
    "InvitationRefused",
    "KnowledgeRefused",
    "PhoneProof",
    "PresenceRefused",
    "Signing",
    "StatementRefused",
    "UndoRefused",
    "Wanted",
    "accept_appointment",
    "addresses_on_file",
    "appoint",
    "ask_by_phone",
    "ask_together",
    "behalf_of",
    "caller_powers",
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
    "form_to_sign",
    "grant_staff_role",
    "invite_again",
    "invite_holder",
    "lift_pause",
    "may_take_calls",
    "needs_last_day",
    "note_access_needs",
    "note_factor",
    "note_knowledge",
    "note_statement",
    "open_account",
    "pause",
    "possible_roles",
    "proof_in_call",
    "reach",
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
    "why_not_invited",
]
