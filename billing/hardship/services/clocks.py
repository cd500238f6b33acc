"""The day for the answer to a request for help, which follows days that a state proclaims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from billing.hardship.models import HelpRequest
from billing.hardship.states import Duty, HelpState
from parties.accounts.selectors import binding
from records.deadlines.models import Deadline
from records.deadlines.services import correct_deadline, set_deadline
from records.deadlines.states import Status
from records.sweeps import each
from terms import rules
from terms.calendar import State
from terms.clause import as_json
from terms.profile import TermsSilent

REMIND_BEFORE = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class Move:
    """A clock whose day is another than it says."""

    deadline: Deadline
    due_on: date
    because: list[dict[str, Any]]


def start_clock(row: HelpRequest, on: date, at: datetime) -> None:
    """Set the day by which it is decided and told, counted from a day (RF-HARD-03, VP-HAR-04)."""
    account = row.account
    row.complete_on = on
    found = _decided_by(row)
    if found is None:
        row.save(update_fields=["complete_on"])
        return
    row.decide_by, row.because = found
    row.save(update_fields=["complete_on", "decide_by", "because"])
    set_deadline(
        account_id=account.pk,
        subject=row.reference,
        duty=Duty.DECIDE,
        title=f"Answer {row.reference}",
        due_on=row.decide_by,
        remind_on=max(row.decide_by - REMIND_BEFORE, on),
        zone=State(account.state).zone.key,
        at=at,
        because=row.because,
        owner_email=account.customer.provider.complaints_email,
        about="help request",
    )


def _decided_by(row: HelpRequest) -> tuple[date, list[dict[str, Any]]] | None:
    account = row.account
    try:
        answer = binding(account, row.complete_on).decide(
            rules.hardship_decision,
            information_complete_on=row.complete_on,
            tcp=account.customer.is_tcp,
            state=State(account.state),
        )
    except TermsSilent:
        return None
    return answer.decide_by, as_json(answer.because)


def clocks_to_move(*, since: date | None = None) -> Iterator[Move]:
    """Ask the rules anew for every clock that still runs, and only read."""
    del since  # A clock that was flagged stays so: who asked has been kept waiting.
    rows = HelpRequest.objects.filter(state=HelpState.ASKED)
    for row in rows.select_related("account__customer__provider"):
        yield from _moves(row)


def _moves(row: HelpRequest) -> Iterator[Move]:
    found = _decided_by(row)
    open_rows = Deadline.objects.filter(
        subject=row.reference, duty=Duty.DECIDE, status=Status.OPEN
    )
    for deadline in open_rows if found else ():
        if found and deadline.due_on != found[0]:
            yield Move(deadline=deadline, due_on=found[0], because=found[1])


def recompute_open_deadlines(*, at: datetime, since: date | None = None) -> int:
    """Set every clock anew that counted wrongly, after a day was declared; return how many."""
    del since
    rows = HelpRequest.objects.filter(state=HelpState.ASKED)

    def move(row: HelpRequest) -> int:
        count = 0
        for one in _moves(row):
            corrected = correct_deadline(
                deadline=one.deadline,
                due_on=one.due_on,
                remind_on=one.due_on - REMIND_BEFORE,
                because=one.because,
                at=at,
            )
            if corrected is not None:
                row.decide_by, row.because = one.due_on, one.because
                row.save(update_fields=["decide_by", "because"])
                count += 1
        return count

    return each(rows.select_related("account__customer__provider"), move, at=at)
