"""Who may do what: the one decision point for pages, API, admin, tasks and emails."""

from parties.selectors import Acting
from records.audit.services import Actor as AuditActor
from terms.facts import Action, Role

from .decisions import STAFF, Decision, NotAuthorised, audit_actor, local_day, with_customer
from .judging import Permissions, may, powers, require, trial
from .pages import (
    FORM_KEY,
    FRESH,
    PROOFS_KEY,
    SESSION_KEY,
    VIEWING_KEY,
    AccountPage,
    Current,
    StandingPage,
    StepUp,
    Viewing,
    current,
    keep_proof,
    meant_elsewhere,
    permissions_of,
    proof_of,
    shown_name,
    viewing,
)
from .staff import is_remote, role_names, sees_in_lists, staff_may, staff_roles, staff_sees

__all__ = [
    "FORM_KEY",
    "FRESH",
    "PROOFS_KEY",
    "SESSION_KEY",
    "STAFF",
    "VIEWING_KEY",
    "AccountPage",
    "Acting",
    "Action",
    "AuditActor",
    "Current",
    "Decision",
    "NotAuthorised",
    "Permissions",
    "Role",
    "StandingPage",
    "StepUp",
    "Viewing",
    "audit_actor",
    "current",
    "is_remote",
    "keep_proof",
    "local_day",
    "may",
    "meant_elsewhere",
    "permissions_of",
    "powers",
    "proof_of",
    "require",
    "role_names",
    "sees_in_lists",
    "shown_name",
    "staff_may",
    "staff_roles",
    "staff_sees",
    "trial",
    "viewing",
    "with_customer",
]
