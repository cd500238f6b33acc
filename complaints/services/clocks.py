"""The clocks of a complaint: what the terms and the law say, kept as deadlines."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from complaints.models import Complaint
from complaints.states import OVER, Duty
from parties.access import local_day
from parties.selectors import binding
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


def implementation_clock(complaint: Complaint, *, offered_on: date, at: datetime) -> None:
    """Set the day by which an accepted answer is carried out."""
    bound = binding_of(complaint, on=local_day(complaint.account, at))
    facts = {
        "offered_on": offered_on,
        "accepted_on": local_day(complaint.account, at),
        "urgent": complaint.is_urgent,
        "received_on": local_day(complaint.account, complaint.received_at),
        "state": Region(complaint.account.state),
    }
    try:
        answer = bound.decide(
            rules.resolution_implementation, **read_facts(rules.resolution_implementation, facts)
        )
    except TermsSilent:
        return
    if answer.implement_by is not None:
        set_clock(
            complaint, Duty.IMPLEMENT, answer.implement_by, dump(answer.because), bound, at=at
        )


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
    """Set the open clocks of receipt anew, after a day was declared; return how many moved."""
    moved = 0
    open_ones = Deadline.objects.filter(
        status=Status.OPEN, duty__in=[Duty.ACKNOWLEDGE, Duty.PROPOSE, Duty.EXPLAIN_DELAY]
    )
    references = open_ones.values("subject")
    rows = Complaint.objects.filter(reference__in=references).exclude(state__in=OVER)
    for complaint in rows.select_related("account__customer__provider"):
        with transaction.atomic():
            before = dict(
                open_ones.filter(subject=complaint.reference).values_list("duty", "due_on")
            )
            bound = binding_of(complaint)
            dates, because = _dates_from_receipt(complaint, bound)
            for duty, due_on in dates.items():
                if duty in before and before[duty] != due_on:
                    set_clock(complaint, duty, due_on, because, bound, at=at)
                    moved += 1
    return moved
