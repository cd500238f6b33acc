"""The clocks of a complaint: what the terms and the law say, kept as deadlines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from complaints.tickets.models import Complaint
from complaints.tickets.states import OVER, Act, Duty
from parties.accounts.selectors import binding
from parties.authority.selectors import local_day
from records.deadlines.models import Deadline
from records.deadlines.services import set_deadline
from records.deadlines.states import Status
from terms import rules
from terms.binding import Binding
from terms.calendar import Channel
from terms.calendar import State as Region
from terms.clause import dump
from terms.facts import read_facts
from terms.profile import TermsSilent


def start_clocks(complaint: Complaint, *, at: datetime) -> dict[str, Any]:
    """Set the deadlines that follow from receipt; return the dates by duty, for the notice."""
    bound = binding_of(complaint)
    try:
        dates, because = _dates_from_receipt(complaint, bound)
    except TermsSilent:
        return {}
    for duty, due_on in dates.items():
        set_clock(complaint, duty, due_on, because, bound, at=at)
    return {"dates": dates, "because": because}


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
    facts = {
        "offered_on": local_day(account, steps[Act.PROPOSE]),
        "accepted_on": local_day(account, steps[Act.ACCEPT]),
        "urgent": complaint.is_urgent,
        "received_on": local_day(account, complaint.received_at),
        "state": Region(account.state),
    }
    try:
        answer = bound.decide(
            rules.resolution_implementation, **read_facts(rules.resolution_implementation, facts)
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
    remind_on = due_on - timedelta(days=1)
    while not calendar.is_working_day(remind_on):
        remind_on -= timedelta(days=1)
    return set_deadline(
        account_id=account.pk,
        subject=complaint.reference,
        duty=duty,
        title=f"{duty.label} {complaint.reference}",
        due_on=due_on,
        remind_on=remind_on,
        zone=Region(account.state).zone.key,
        at=at,
        because=because,
        owner_email=account.customer.provider.complaints_email,
        owner_path=f"/admin/complaints/complaint/{complaint.pk}/change/",
    )


def recompute_open_deadlines(*, at: datetime) -> int:
    """Set every open clock anew, after a day was declared; return how many moved."""
    moved = 0
    open_ones = Deadline.objects.filter(status=Status.OPEN, duty__in=Duty.values)
    rows = Complaint.objects.filter(reference__in=open_ones.values("subject"))
    for complaint in rows.exclude(state__in=OVER).select_related("account__customer__provider"):
        with transaction.atomic():
            before = dict(
                open_ones.filter(subject=complaint.reference).values_list("duty", "due_on")
            )
            for bound, dates, because in _answers(complaint, set(before)):
                for duty, due_on in dates.items():
                    if duty in before and before[duty] != due_on:
                        set_clock(complaint, duty, due_on, because, bound, at=at)
                        moved += 1
    return moved


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
