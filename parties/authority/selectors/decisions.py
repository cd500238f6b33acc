"""An answer with its reasons, a refusal, and who acted, for the audit trail."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from parties.accounts.models import Account
from parties.people.models import User
from records.audit.services import Actor as AuditActor
from terms.calendar import State
from terms.facts import Action

STAFF = "staff"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Whether an act is allowed, and why. `masked` hides the customer's personal details."""

    allowed: bool
    masked: bool = False
    because: list[dict[str, Any]] = field(default_factory=list)
    authority: str = ""
    role: str = ""


class NotAuthorised(Exception):
    """The person may not do this; `decision` says why, by which clause."""

    def __init__(self, decision: Decision, action: Action) -> None:
        super().__init__(f"{action.value} is not allowed")
        self.decision = decision
        self.action = action


def local_day(account: Account, at: datetime) -> date:
    """The date of an instant on the clock of the account's state."""
    return at.astimezone(State(account.state).zone).date()


def with_customer(by: User, decision: Decision, customer: User | None = None) -> AuditActor:
    """Who acts, for the audit trail: one person, or an advocate and the customer together."""
    name = f"{by} with {customer}" if customer else str(by)
    return AuditActor(
        user_id=by.pk, name=name, authority=decision.authority, acted_as=decision.role
    )
