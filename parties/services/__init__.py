"""The verbs about people and accounts."""

from .customers import open_account, recompute_protection
from .invitations import InvitationRefused, claim_account, invite_holder
from .staff import end_staff_role, ensure_staff_roles, grant_staff_role

__all__ = [
    "InvitationRefused",
    "claim_account",
    "end_staff_role",
    "ensure_staff_roles",
    "grant_staff_role",
    "invite_holder",
    "open_account",
    "recompute_protection",
]
