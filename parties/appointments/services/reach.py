"""What an appointment would let its person do, told before anybody signs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parties.accounts import selectors as accounts
from parties.authority import selectors as authority
from parties.authority.models import Appointment
from parties.authority.states import POWERS
from terms.facts import Action


@dataclass(frozen=True, kw_only=True)
class PowersSummary:
    """What somebody appointed may do without the customer, in words, and by which clauses."""

    may: tuple[str, ...]
    may_not: tuple[str, ...]
    because: list[dict[str, Any]]


def reach(row: Appointment, *, at: datetime) -> PowersSummary:
    """Say what the appointment would let its person do alone, once it is signed and checked."""
    day = max(row.starts_on, authority.local_day(row.account, at))
    bound = accounts.binding(row.account, day)
    judged = {action: authority.what_if(row, action, day, bound) for action in Action}
    clauses = {
        reason["id"]: reason | {"steps": []}
        for decision in judged.values()
        for reason in decision.because
    }
    return PowersSummary(
        may=tuple(
            f"{POWERS[one]} (without names and contact details)" if found.masked else POWERS[one]
            for one, found in judged.items()
            if found.allowed
        ),
        may_not=tuple(POWERS[one] for one, found in judged.items() if not found.allowed),
        because=list(clauses.values()),
    )
