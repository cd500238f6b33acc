"""The clocks of a complaint: what the terms and the law say, kept as deadlines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from complaints.tickets.models import Complaint
from complaints.tickets.states import Act, Duty
from parties.accounts.selectors import binding
from parties.authority.selectors import local_day
from records.deadlines.models import Deadline
from records.deadlines.services import correct_deadline, discharge_by, set_deadline
from records.deadlines.states import Status
from records.sweeps import each
from terms import rules
from terms.binding import Binding
from terms.calendar import Calendar, Channel
from terms.calendar import State as Region
from terms.clause import dump
from terms.profile import TermsSilent


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """The last good day of each duty, and why; empty where nothing says when."""

    dates: dict[Duty, date]
    because: list[dict[str, Any]]


def start_clocks(complaint: Complaint, bound: Binding, *, at: datetime) -> Clocks:
    """Set the deadlines that follow from receipt, and return them for the notice."""
    try:
        dates, because = _dates_from_receipt(complaint, bound)
    except TermsSilent:
        return Clocks(dates={}, because=[])
    for duty, due_on in dates.items():
        set_clock(complaint, duty, due_on, because, bound, at=at)
    return Clocks(dates=dates, because=because)


def _dates_from_receipt(
    complaint: Complaint, bound: Binding
) -> tuple[dict[Duty, date], list[dict[str, Any]]]:
    clock = bound.decide(
        rules.complaint_deadlines,
        received_at=complaint.received_at,
        channel=Channel(complaint.channel),
        urgent=complaint.is_urgent,
        state=Region(complaint.account.state),
    )
    dates = {
        Duty.ACKNOWLEDGE: clock.acknowledge_by,
        Duty.PROPOSE: clock.propose_by,
        Duty.EXPLAIN_DELAY: clock.delay_notice_by,
    }
    known = {duty: due_on for duty, due_on in dates.items() if due_on is not None}
    return known, dump(clock.because)


def acknowledge_by(complaint: Complaint) -> None:
    """Let the duty to acknowledge be done at the moment the acknowledgement is given."""
    owed = Deadline.objects.filter(
        subject=complaint.reference, duty=Duty.ACKNOWLEDGE, status=Status.OPEN
    )
    for deadline in owed:
        if complaint.acknowledgement is not None:
            discharge_by(deadline=deadline, notice=complaint.acknowledgement)


def implementation_clock(complaint: Complaint, *, at: datetime) -> None:
    """Set the day by which the answer that was just accepted is carried out."""
    bound = binding_of(complaint, on=local_day(complaint.account, at))
    dates, because = _dates_from_acceptance(complaint, bound)
    for duty, due_on in dates.items():
        set_clock(complaint, duty, due_on, because, bound, at=at)


def _dates_from_acceptance(
    complaint: Complaint, bound: Binding
) -> tuple[dict[Duty, date], list[dict[str, Any]]]:
    account = complaint.account
    steps = {event.act: event.at for event in complaint.events.order_by("at", "pk")}
    try:
        answer = bound.decide(
            rules.resolution_implementation,
            offered_on=local_day(account, steps[Act.PROPOSE]),
            accepted_on=local_day(account, steps[Act.ACCEPT]),
            urgent=complaint.is_urgent,
            received_on=local_day(account, complaint.received_at),
            state=Region(account.state),
        )
    except TermsSilent:
        return {}, []
    known = {Duty.IMPLEMENT: answer.implement_by} if answer.implement_by else {}
    return known, dump(answer.because)


def binding_of(complaint: Complaint, on: date | None = None) -> Binding:
    """What bound the account on the day of receipt, which is the event that starts the clock."""
    on = on or local_day(complaint.account, complaint.received_at)
    return binding(
        complaint.account,
        on,
        version=complaint.version,
        dfv_safety_threat=complaint.safety_threat,
    )


def set_clock(
    complaint: Complaint,
    duty: Duty,
    due_on: date,
    because: list[dict[str, Any]],
    bound: Binding,
    *,
    at: datetime,
) -> Deadline:
    """Open one deadline, with a reminder on the last working day before it."""
    account = complaint.account
    calendar = bound.calendar(Region(account.state))
    return set_deadline(
        account_id=account.pk,
        subject=complaint.reference,
        duty=duty,
        title=f"{duty.label} {complaint.reference}",
        due_on=due_on,
        remind_on=_reminder_day(calendar, due_on),
        zone=Region(account.state).zone.key,
        at=at,
        because=because,
        owner_email=account.customer.provider.complaints_email,
        about="complaint",
    )


@dataclass(frozen=True, kw_only=True)
class Move:
    """A clock whose day is another than it says."""

    deadline: Deadline
    due_on: date
    remind_on: date
    because: list[dict[str, Any]]


def clocks_to_move(*, since: date | None = None) -> Iterator[Move]:
    """Ask the rules anew for every clock that may have counted wrongly, and only read.

    Also for those flagged as missed or met late on or after `since`, the earliest day that was
    declared: they may not have been missed at all. An earlier day is taken over only where the
    clock still runs: what was in time stays so.
    """
    rows = Complaint.objects.filter(
        reference__in=_movable(since).values("subject")
    ).select_related("account__customer__provider")
    for complaint in rows:
        yield from _moves(complaint, since)


def _movable(since: date | None) -> QuerySet[Deadline]:
    flagged = Q(status__in=[Status.MISSED, Status.MET_LATE])
    if since is not None:
        flagged &= Q(due_on__gte=since)
    return Deadline.objects.filter(duty__in=Duty.values).filter(Q(status=Status.OPEN) | flagged)


def _moves(complaint: Complaint, since: date | None) -> Iterator[Move]:
    kept = {row.duty: row for row in _movable(since).filter(subject=complaint.reference)}
    for bound, dates, because in _answers(complaint, set(kept)):
        for duty, due_on in dates.items():
            row = kept.get(duty)
            if row is None or row.due_on == due_on:
                continue
            if row.status == Status.OPEN or due_on > row.due_on:
                calendar = bound.calendar(Region(complaint.account.state))
                yield Move(
                    deadline=row,
                    due_on=due_on,
                    remind_on=_reminder_day(calendar, due_on),
                    because=because,
                )


def recompute_open_deadlines(*, at: datetime, since: date | None = None) -> int:
    """Set every clock anew that counted wrongly, after a day was declared; return how many."""
    rows = Complaint.objects.filter(reference__in=_movable(since).values("subject"))

    def move(complaint: Complaint) -> int:
        return sum(
            correct_deadline(
                deadline=one.deadline,
                due_on=one.due_on,
                remind_on=one.remind_on,
                because=one.because,
                at=at,
            )
            is not None
            for one in _moves(complaint, since)
        )

    return each(rows.select_related("account__customer__provider"), move, at=at)


def _reminder_day(calendar: Calendar, due_on: date) -> date:
    """The last working day before the day on which it is due."""
    day = due_on - timedelta(days=1)
    while not calendar.is_working_day(day):
        day -= timedelta(days=1)
    return day


def _answers(
    complaint: Complaint, open_duties: set[str]
) -> Iterator[tuple[Binding, dict[Duty, date], list[dict[str, Any]]]]:
    """Ask the rules anew for the duties that are open: from receipt, and from acceptance."""
    if open_duties - {Duty.IMPLEMENT}:
        bound = binding_of(complaint)
        yield bound, *_dates_from_receipt(complaint, bound)
    if Duty.IMPLEMENT in open_duties:
        accepted = complaint.events.filter(act=Act.ACCEPT).latest("at")
        bound = binding_of(complaint, on=local_day(complaint.account, accepted.at))
        yield bound, *_dates_from_acceptance(complaint, bound)
