"""The clocks of a complaint: what the terms and the law say, kept as deadlines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from complaints.clocks.selectors import privacy_regulator
from complaints.tickets.models import Complaint, Proposal
from complaints.tickets.services import desk_of, in_hand_of, managers_of
from complaints.tickets.states import IN_HAND, OF_MANAGERS, Act, Answer, Duty, State
from parties.accounts.selectors import binding, law
from parties.authority.selectors import local_day
from records.deadlines.models import Deadline
from records.deadlines.services import (
    correct_deadline,
    discharge_by,
    drop_deadlines,
    meet_deadline,
    set_deadline,
)
from records.deadlines.states import Status
from records.notices.models import Notice
from records.notices.states import GIVEN
from records.sweeps import each
from terms import rules
from terms.binding import Binding
from terms.calendar import Calendar, Channel, OutsideCalendar, in_words
from terms.calendar import State as Region
from terms.clause import as_json
from terms.profile import TermsSilent
from terms.rules.complaints import DelayDuties
from terms.rules.duties import Duty as LawDuty

OWED = (Status.OPEN, Status.MISSED)
# What runs from receipt, or from the day that started the days anew.
FROM_RECEIPT = frozenset({Duty.ACKNOWLEDGE, Duty.PROPOSE, Duty.EXPLAIN_DELAY})
# The law's path to a customer who can't be reached: how often, and how long they may answer.
UNREACHABLE = "RF-CMP-10"
# How soon it is explained what follows once a customer asks for a manager.
ESCALATION = "RF-CMP-09"

Dates = tuple[dict[Duty, date], list[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """The last good day of each duty, and why; empty where nothing says when."""

    dates: dict[Duty, date]
    because: list[dict[str, Any]]


def start_clocks(complaint: Complaint, bound: Binding, *, at: datetime) -> Clocks:
    """Set the deadlines that follow from receipt, and return them for the notice."""
    received = complaint.starts_at
    law_clock(complaint, Duty.NAME_OMBUDSMAN, LawDuty.NAME_OMBUDSMAN, since=received, at=at)
    _privacy_clock(complaint, bound, at=at)
    dispute_clock(complaint, at=at)
    clocks = dates_from_receipt(complaint, bound)
    for duty, due_on in clocks.dates.items():
        set_clock(complaint, duty, due_on, clocks.because, bound, at=at)
    return clocks


def _privacy_clock(complaint: Complaint, bound: Binding, *, at: datetime) -> None:
    """Set the last day before a complaint about privacy can go to the regulator (VP-PRV-15).

    It stands beside the days of every complaint: no delay that is explained moves it.
    """
    regulator = privacy_regulator(complaint, answered=False)
    if regulator is not None and regulator.opens_on is not None:
        last = regulator.opens_on - timedelta(days=1)
        set_clock(complaint, Duty.ANSWER_PRIVACY, last, regulator.because, bound, at=at)


def dispute_clock(complaint: Complaint, *, at: datetime, in_group: bool = False) -> None:
    """Set by when a stage of a billing dispute answers, where terms name stages.

    First the account manager, then (`in_group`) the group managers, once somebody escalates.
    (GL-DISP-02, GL-DISP-03.)
    """
    if complaint.disputed_invoice_id is None:
        return
    bound = binding_of(complaint)
    dates, because = _dates_of_dispute(complaint, bound)
    duty = Duty.SETTLE_IN_GROUP if in_group else Duty.SETTLE_DISPUTE
    if duty in dates:
        set_clock(complaint, duty, dates[duty], because, bound, at=at)


def _dates_of_dispute(complaint: Complaint, bound: Binding) -> Dates:
    account, escalated = complaint.account, complaint.escalated_at
    try:
        answer = bound.decide(
            rules.dispute_escalation,
            referred_on=local_day(account, complaint.starts_at),
            escalated_on=local_day(account, escalated) if escalated else None,
            state=Region(account.state),
        )
    except TermsSilent:
        return {}, []
    dates = {Duty.SETTLE_DISPUTE: answer.resolve_by}
    if answer.group_resolve_by is not None:
        dates[Duty.SETTLE_IN_GROUP] = answer.group_resolve_by
    return dates, as_json(answer.because)


def restart_clocks(
    complaint: Complaint, *, at: datetime, duties: Iterable[Duty] = FROM_RECEIPT
) -> Clocks:
    """Count the days anew, as for a complaint that came in now; what was missed stays missed."""
    complaint.counted_from, complaint.promised_on = at, None
    complaint.save(update_fields=["counted_from", "promised_on"])
    bound = binding_of(complaint)
    clocks = dates_from_receipt(complaint, bound)
    wanted = {duty: due_on for duty, due_on in clocks.dates.items() if duty in set(duties)}
    for duty, due_on in wanted.items():
        set_clock(complaint, duty, due_on, clocks.because, bound, at=at)
    return Clocks(dates=wanted, because=clocks.because)


def _dates_from_receipt(complaint: Complaint, bound: Binding) -> Dates:
    clock = bound.decide(
        rules.complaint_deadlines,
        received_at=complaint.starts_at,
        channel=_came_by(complaint),
        urgent=complaint.is_urgent,
        state=Region(complaint.account.state),
    )
    dates = {
        Duty.ACKNOWLEDGE: clock.acknowledge_by,
        Duty.PROPOSE: clock.propose_by,
        Duty.EXPLAIN_DELAY: clock.delay_notice_by,
    }
    known = {duty: due_on for duty, due_on in dates.items() if due_on is not None}
    return known, as_json(clock.because)


def dates_from_receipt(complaint: Complaint, bound: Binding) -> Clocks:
    """The days that follow from receipt, kept or not; empty where nothing says when."""
    try:
        dates, because = _dates_from_receipt(complaint, bound)
    except TermsSilent:
        return Clocks(dates={}, because=[])
    return Clocks(dates=dates, because=because)


def _came_by(complaint: Complaint) -> Channel:
    """The channel by which it came, or came again when it was reopened."""
    if complaint.counted_from is None:
        return Channel(complaint.channel)
    again = complaint.events.filter(act=Act.REOPEN).exclude(channel="").order_by("at").last()
    return Channel(again.channel if again else complaint.channel)


def hurry_clocks(complaint: Complaint, *, at: datetime) -> date | None:
    """Shorten the clocks of a complaint that turned out to be urgent; return the new day.

    The days run from receipt (RF-CMP-05). Where they are over by now, it is due by the end of the
    next working day.
    """
    if complaint.state == State.IMPLEMENTING:
        implementation_clock(complaint, at=at)
        return None
    if complaint.state not in (State.RECEIVED, *IN_HAND):
        return None
    complaint.promised_on = None
    complaint.save(update_fields=["promised_on"])
    bound = binding_of(complaint)
    dates, because = _dates_from_receipt(complaint, bound)
    due_on, today = dates[Duty.PROPOSE], local_day(complaint.account, at)
    if due_on < today:
        due_on = bound.calendar(Region(complaint.account.state)).nth_working_day(today, 1)
        because = _with_step(because, f"that day was over: by {in_words(due_on)}")
    set_clock(complaint, Duty.PROPOSE, due_on, because, bound, at=at)
    drop_deadlines(subject=complaint.reference, at=at, duties=[Duty.EXPLAIN_DELAY])
    return due_on


def _with_step(because: list[dict[str, Any]], step: str) -> list[dict[str, Any]]:
    *before, last = because
    return [*before, {**last, "steps": [*last["steps"], step]}]


def delay_duties(
    complaint: Complaint, new_day: date, *, mass_disruption: bool
) -> DelayDuties | None:
    """What a new day for the answer obliges us to tell; None where nothing says so."""
    try:
        return binding_of(complaint).decide(
            rules.delay_duty,
            received_on=local_day(complaint.account, complaint.starts_at),
            new_target_on=new_day,
            mass_disruption=mass_disruption,
            urgent=complaint.is_urgent,
            state=Region(complaint.account.state),
        )
    except TermsSilent:
        return None


def promise_clock(
    complaint: Complaint, new_day: date, because: list[dict[str, Any]], *, at: datetime
) -> None:
    """Let the answer be due by the day that was told; one told in time replaces the first."""
    complaint.promised_on = new_day
    complaint.save(update_fields=["promised_on"])
    set_clock(complaint, Duty.PROPOSE, new_day, because, binding_of(complaint), at=at)


def discharge(complaint: Complaint, duty: Duty, notice: Notice) -> None:
    """Let a duty be done at the moment the notice is given, whichever way."""
    for deadline in owed(complaint, duty):
        discharge_by(deadline=deadline, notice=notice)


def meet_given(complaint: Complaint) -> None:
    """Meet what a notice has done that was given since the last sweep."""
    for deadline in owed(complaint).filter(notice__status__in=GIVEN):
        if deadline.notice is not None and deadline.notice.sent_at is not None:
            meet_deadline(subject=deadline.subject, duty=deadline.duty, at=deadline.notice.sent_at)


def owed(complaint: Complaint, *duties: Duty) -> QuerySet[Deadline]:
    """What is owed about a complaint now, in time or late."""
    rows = Deadline.objects.filter(subject=complaint.reference, status__in=OWED)
    rows = rows.select_related("notice")
    return rows.filter(duty__in=duties) if duties else rows


def implementation_clock(complaint: Complaint, *, at: datetime) -> None:
    """Set the day by which the answer that was accepted is carried out."""
    bound = binding_of(complaint, on=local_day(complaint.account, at))
    dates, because = _dates_from_acceptance(complaint, bound)
    for duty, due_on in dates.items():
        set_clock(complaint, duty, due_on, because, bound, at=at)


def _dates_from_acceptance(complaint: Complaint, bound: Binding) -> Dates:
    accepted = _accepted(complaint)
    if accepted is None or accepted.answered_at is None:
        return {}, []
    if accepted.customer_task and accepted.task_done_at is None:
        return {}, []
    return _dates_of_carrying_out(complaint, accepted, accepted.answered_at, bound)


def foretell_carrying_out(
    complaint: Complaint, proposal: Proposal, *, at: datetime
) -> tuple[date | None, list[dict[str, Any]]]:
    """By when a proposed answer would be carried out if it were accepted now, and why.

    None where nothing says so, and where the customer has to do something first.
    """
    if proposal.customer_task:
        return None, []
    bound = binding_of(complaint, on=local_day(complaint.account, at))
    dates, because = _dates_of_carrying_out(complaint, proposal, at, bound)
    return dates.get(Duty.IMPLEMENT), because


def _dates_of_carrying_out(
    complaint: Complaint, accepted: Proposal, answered_at: datetime, bound: Binding
) -> Dates:
    account, done = complaint.account, accepted.task_done_at
    try:
        answer = bound.decide(
            rules.resolution_implementation,
            offered_on=local_day(account, accepted.offered_at),
            accepted_on=local_day(account, answered_at),
            urgent=complaint.is_urgent,
            customer_task_done_on=local_day(account, done) if done else None,
            received_on=local_day(account, complaint.starts_at),
            agreed_date=accepted.carry_out_on,
            state=Region(account.state),
        )
    except TermsSilent:
        return {}, []
    known = {Duty.IMPLEMENT: answer.implement_by} if answer.implement_by else {}
    return known, as_json(answer.because)


def _accepted(complaint: Complaint) -> Proposal | None:
    return complaint.proposals.filter(answer=Answer.ACCEPTED).last()


def confirmation_clock(complaint: Complaint, *, at: datetime) -> None:
    """Set the day by which what was carried out is confirmed in writing (RF-CMP-12)."""
    bound = binding_of(complaint, on=local_day(complaint.account, at))
    dates, because = _dates_from_carrying_out(complaint, bound)
    for duty, due_on in dates.items():
        set_clock(complaint, duty, due_on, because, bound, at=at)


def _dates_from_carrying_out(complaint: Complaint, bound: Binding) -> Dates:
    accepted = _accepted(complaint)
    if accepted is None or accepted.carried_out_at is None:
        return {}, []
    try:
        answer = bound.decide(
            rules.resolution_confirmation,
            requested_on=local_day(complaint.account, accepted.carried_out_at),
            state=Region(complaint.account.state),
        )
    except TermsSilent:
        return {}, []
    return {Duty.CONFIRM: answer.confirm_by}, as_json(answer.because)


def escalation_clock(complaint: Complaint, *, at: datetime) -> None:
    """Set by when it is explained how it goes on, by when a manager decides, and on a dispute.

    The one in so many hours, the other in so many working days (RF-CMP-09).
    """
    dispute_clock(complaint, at=at, in_group=True)
    decide = LawDuty.DECIDE_ESCALATION
    if law_clock(complaint, Duty.DECIDE_ESCALATION, decide, since=at, at=at) is None:
        # The law says nothing of it for this customer.
        return
    on = local_day(complaint.account, at)
    figures, cite = law(ESCALATION, on)
    hours = figures["explain_within_hours"]
    due_at = at + timedelta(hours=hours)
    due_on = local_day(complaint.account, due_at)
    because = cite(f"{hours} hours after it was asked for")
    bound = binding_of(complaint, on=on)
    set_clock(complaint, Duty.EXPLAIN_ESCALATION, due_on, because, bound, at=at, due_at=due_at)


def law_clock(
    complaint: Complaint, duty: Duty, of_law: LawDuty, *, since: datetime, at: datetime
) -> date | None:
    """Set a clock that the law alone names, from the day of `since`; return its day."""
    bound = binding_of(complaint, on=local_day(complaint.account, since))
    due_on, because = _law_date(complaint, bound, of_law, since)
    if due_on is not None:
        set_clock(complaint, duty, due_on, because, bound, at=at)
    return due_on


def _law_date(
    complaint: Complaint, bound: Binding, of_law: LawDuty, since: datetime
) -> tuple[date | None, list[dict[str, Any]]]:
    try:
        answer = bound.decide(
            rules.duty_deadline,
            duty=of_law,
            since=local_day(complaint.account, since),
            state=Region(complaint.account.state),
        )
    except TermsSilent:
        return None, []
    return answer.by, as_json(answer.because)


def follow_up_clock(complaint: Complaint, *, at: datetime) -> None:
    """Set the day by which we ask again, while a complaint waits for the customer.

    No clause says when; it is as long as the law lets a customer answer (RF-CMP-10).
    """
    figures, cite = law(UNREACHABLE, local_day(complaint.account, at))
    bound = binding_of(complaint, on=local_day(complaint.account, at))
    calendar = bound.calendar(Region(complaint.account.state))
    walk = calendar.count(local_day(complaint.account, at), figures["reply_working_days"])
    because = cite("our own practice: as long as the law lets a customer answer", *walk.steps)
    set_clock(complaint, Duty.FOLLOW_UP, walk.day, because, bound, at=at)


def decision_clock(complaint: Complaint, after: date, *, at: datetime) -> None:
    """Set the working day after `after` as the day by which we close it, or go on with it."""
    bound = binding_of(complaint, on=local_day(complaint.account, at))
    due_on = bound.calendar(Region(complaint.account.state)).nth_working_day(after, 1)
    _, cite = law(UNREACHABLE, local_day(complaint.account, at))
    because = cite(f"our own practice: on the working day after {in_words(after)}")
    set_clock(complaint, Duty.DECIDE_CLOSING, due_on, because, bound, at=at)


def is_known_day(complaint: Complaint, day: date) -> bool:
    """Whether the holidays around a day are known, so that days can be counted there."""
    calendar = binding_of(complaint).calendar(Region(complaint.account.state))
    try:
        return calendar.working_days_between(day, day + timedelta(days=90)) >= 0
    except OutsideCalendar:
        return False


def binding_of(complaint: Complaint, on: date | None = None, **known: Any) -> Binding:
    """What bound the account on the day that starts the clock: receipt, or what came after it."""
    on = on or local_day(complaint.account, complaint.starts_at)
    return binding(
        complaint.account,
        on,
        version=complaint.version,
        dfv_safety_threat=complaint.safety_threat,
        **known,
    )


def set_clock(
    complaint: Complaint,
    duty: Duty,
    due_on: date,
    because: list[dict[str, Any]],
    bound: Binding,
    *,
    at: datetime,
    due_at: datetime | None = None,
) -> Deadline:
    """Open one deadline, with a reminder on the last working day before it; `due_at` its hour."""
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
        owner_email=_owner(complaint, at, duty),
        due_at=due_at,
        about="complaint",
    )


def _owner(complaint: Complaint, at: datetime, duty: str = "") -> str:
    """Who is reminded: who has it in hand, or stands in for them, or else the desk; of what
    managers owe, a manager; nobody where a private one has no officer.
    """
    if duty in OF_MANAGERS:
        return next(iter(managers_of(complaint)), "")
    owner = in_hand_of(complaint, at)
    return owner.email if owner else next(iter(desk_of(complaint)), "")


def hand_over_clocks(complaint: Complaint, *, at: datetime) -> None:
    """Let whoever has the complaint in hand from now on be reminded of what is still open."""
    open_ones = Deadline.objects.filter(subject=complaint.reference, status=Status.OPEN)
    open_ones.exclude(duty__in=OF_MANAGERS).update(owner_email=_owner(complaint, at))
    if complaint.safety_threat:
        of_managers = open_ones.filter(duty__in=OF_MANAGERS)
        of_managers.update(owner_email=next(iter(managers_of(complaint)), ""))


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
    ).select_related("account__customer__provider", "assigned_to")
    for complaint in rows:
        yield from _moves(complaint, since)


def _movable(since: date | None) -> QuerySet[Deadline]:
    flagged = Q(status__in=[Status.MISSED, Status.MET_LATE])
    if since is not None:
        flagged &= Q(due_on__gte=since)
    return Deadline.objects.filter(duty__in=Duty.values).filter(Q(status=Status.OPEN) | flagged)


def _moves(complaint: Complaint, since: date | None) -> Iterator[Move]:
    rows = _movable(since).filter(subject=complaint.reference).order_by("due_at")
    if complaint.counted_from is not None:
        # What was set before the days began anew was counted from another day.
        rows = rows.filter(set_at__gte=complaint.counted_from)
    kept = {row.duty: row for row in rows}
    for bound, dates, because in _answers(complaint, set(kept)):
        for duty, due_on in dates.items():
            row = kept.get(duty)
            if row is None or row.due_on == due_on:
                continue
            # No clock is moved to a day that was over when it was set.
            still_ahead = due_on >= local_day(complaint.account, row.set_at)
            if (row.status == Status.OPEN and still_ahead) or due_on > row.due_on:
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

    return each(rows.select_related("account__customer__provider", "assigned_to"), move, at=at)


def _reminder_day(calendar: Calendar, due_on: date) -> date:
    """The last working day before the day on which it is due."""
    day = due_on - timedelta(days=1)
    while not calendar.is_working_day(day):
        day -= timedelta(days=1)
    return day


def _answers(
    complaint: Complaint, open_duties: set[str]
) -> Iterator[tuple[Binding, dict[Duty, date], list[dict[str, Any]]]]:
    """Ask the rules anew for the duties that are open, each from the day that started it."""
    account, accepted = complaint.account, _accepted(complaint)
    if open_duties & FROM_RECEIPT:
        bound = binding_of(complaint)
        dates, because = _dates_from_receipt(complaint, bound)
        if complaint.promised_on is not None:
            # A day that was told in a letter is kept, whatever the calendar says later.
            del dates[Duty.PROPOSE]
        yield bound, dates, because
    if Duty.IMPLEMENT in open_duties and accepted and accepted.answered_at:
        bound = binding_of(complaint, on=local_day(account, accepted.answered_at))
        yield bound, *_dates_from_acceptance(complaint, bound)
    if Duty.CONFIRM in open_duties and accepted and accepted.carried_out_at:
        bound = binding_of(complaint, on=local_day(account, accepted.carried_out_at))
        yield bound, *_dates_from_carrying_out(complaint, bound)
    if open_duties & {Duty.SETTLE_DISPUTE, Duty.SETTLE_IN_GROUP}:
        bound = binding_of(complaint)
        yield bound, *_dates_of_dispute(complaint, bound)
    if Duty.DECIDE_ESCALATION in open_duties and complaint.escalated_at:
        since = complaint.escalated_at
        bound = binding_of(complaint, on=local_day(account, since))
        by, because = _law_date(complaint, bound, LawDuty.DECIDE_ESCALATION, since)
        yield bound, {Duty.DECIDE_ESCALATION: by} if by else {}, because
