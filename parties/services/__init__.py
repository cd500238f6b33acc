"""The verbs about people and accounts."""

from .customers import open_account, recompute_protection
from .invitations import InvitationRefused, claim_account, invite_holder
from .staff import ensure_staff_roles

__all__ = [
    "InvitationRefused",
    "claim_account",
    "ensure_staff_roles",
    "invite_holder",
    "open_account",
    "recompute_protection",
]
