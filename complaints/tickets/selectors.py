"""Questions about complaints, answered as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from parties.accounts.models import Account
from parties.accounts.selectors import working_calendar
from parties.authority.selectors import Permissions
from parties.correspondence.services import NOTHING_HIDDEN, Mask
from parties.people.models import User
from records.deadlines.selectors import DueDate, deadlines_of
from records.deadlines.states import Status
from terms.facts import Action

from .models import Complaint, Event
from .states import DONE, OVER, Duty, State


@dataclass(frozen=True, kw_only=True)
class ComplaintCard:
    """A complaint in a list, with the duty that is next."""

    reference: str
    topic: str
    received_at: datetime
    state: str
    state_label: str
    is_urgent: bool
    is_over: bool
    next_duty: DueDate | None
    any_missed: bool


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of a complaint's history."""

    at: datetime
    who: str
    what: str
    text: str
    because: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class ComplaintRecord:
    """Everything that the complaint's own page shows."""

    card: ComplaintCard
    description: str
    wanted: str
    channel: str
    lodged_by: str
    urgent_because: list[dict[str, Any]]
    disputed_invoice: str | None
    disputed_amount: Decimal | None
    deadlines: list[DueDate]
    steps: list[Step]
    proposal: str | None
    can_answer: bool
    can_withdraw: bool


def of_account(account: Account, viewer: User | None = None) -> QuerySet[Complaint]:
    """The account's complaints. One about a threat to safety is shown to its lodger alone.

    Without a viewer all are meant: for staff, and for the rules.
    """
    rows = Complaint.objects.filter(account=account)
    if viewer is None or viewer.is_staff:
        return rows
    return rows.exclude(Q(safety_threat=True) & ~Q(lodged_by=viewer))


def is_private(account: Account, reference: str) -> bool:
    """Whether a complaint is about a threat to safety: that somebody read it is private, too."""
    return of_account(account).filter(reference=reference, safety_threat=True).exists()


def readable(permissions: Permissions) -> QuerySet[Complaint]:
    """The complaints that somebody may read on the account.

    What another lodged is about the account, so it is for those who may see that, or answer for
    the customer; everybody reads their own (RF-TCP-03).
    """
    rows = of_account(permissions.account, permissions.actor)
    opens = (Action.VIEW_BILLS, Action.ACCEPT_RESOLUTION)
    if any(permissions.may(action).allowed for action in opens):
        return rows
    return rows.filter(lodged_by=permissions.actor)


def cards(account: Account, rows: list[Complaint], on: date) -> list[ComplaintCard]:
    """Cards of a page of the account's complaints; one query for all their deadlines."""
    due = deadlines_of(row.reference for row in rows)
    return [_card(row, _with_days_left(account, due[row.reference], on)) for row in rows]


def open_complaints(
    account: Account, on: date, rows: QuerySet[Complaint] | None = None, limit: int = 5
) -> list[ComplaintCard]:
    """The newest complaints that are not over: of all, or of those that somebody may read."""
    known = of_account(account) if rows is None else rows
    running = known.exclude(state__in=OVER)
    return cards(account, list(running[:limit]), on)


def _with_days_left(account: Account, due: list[DueDate], on: date) -> list[DueDate]:
    """Count the working days that are left for each duty, on the customer's calendar."""
    calendar = working_calendar(account, on)
    return [
        replace(one, left=calendar.working_days_between(on, one.due_on))
        if one.status == Status.OPEN
        else one
        for one in due
    ]


def record_of(
    account: Account,
    reference: str,
    on: date,
    rows: QuerySet[Complaint] | None = None,
    *,
    reader: User | None = None,
    mask: Mask = NOTHING_HIDDEN,
) -> ComplaintRecord | None:
    """One complaint of the account as it stands on a day; None if it is not among the rows.

    What others wrote, and their names, pass the `mask` of the reader; what the reader wrote stays
    as it was, so that nobody can find out by guessing what is hidden.
    """
    known = of_account(account) if rows is None else rows
    row = known.filter(reference=reference).select_related("lodged_by", "disputed_invoice").first()
    if row is None:
        return None
    due = _with_days_left(account, deadlines_of([reference])[reference], on)
    events = list(Event.objects.filter(complaint=row, for_staff_only=False).select_related("by"))
    steps = [_step(event, reader, mask) for event in events]
    proposals = [
        one.text for one, event in zip(steps, events, strict=True) if event.act == "propose"
    ]
    lodger = row.lodged_by
    told = NOTHING_HIDDEN if lodger == reader else mask
    return ComplaintRecord(
        card=_card(row, due),
        description=told.text(row.description),
        wanted=told.text(row.wanted),
        channel=row.get_channel_display(),
        lodged_by=str(lodger) if lodger.is_staff else told.name(str(lodger)),
        urgent_because=row.urgent_because,
        disputed_invoice=row.disputed_invoice.number if row.disputed_invoice else None,
        disputed_amount=row.disputed_amount,
        deadlines=due,
        steps=steps,
        proposal=proposals[-1] if proposals and row.state == State.PROPOSED else None,
        can_answer=row.state == State.PROPOSED,
        can_withdraw=row.state
        in {
            State.RECEIVED,
            State.ACKNOWLEDGED,
            State.INVESTIGATING,
            State.WAITING_FOR_CUSTOMER,
            State.PROPOSED,
        },
    )


def _card(row: Complaint, due: list[DueDate]) -> ComplaintCard:
    # Explaining a delay is a duty only if there is one; the customer waits for the others.
    owed = [one for one in due if one.status in (Status.OPEN, Status.MISSED)]
    told = [one for one in owed if one.duty != Duty.EXPLAIN_DELAY]
    return ComplaintCard(
        reference=row.reference,
        topic=row.get_topic_display(),
        received_at=row.received_at,
        state=row.state,
        state_label=row.get_state_display(),
        is_urgent=row.is_urgent,
        is_over=row.state in OVER,
        next_duty=told[0] if told else None,
        any_missed=any(one.was_missed for one in due),
    )


def _step(event: Event, reader: User | None, mask: Mask) -> Step:
    by = event.by
    told = NOTHING_HIDDEN if by is not None and by == reader else mask
    who = str(by) if by is None or by.is_staff else told.name(str(by))
    return Step(
        at=event.at,
        who=who if by else "The portal",
        what=DONE[event.act],
        text=told.text(event.text),
        because=event.because,
    )
