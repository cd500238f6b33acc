"""Complaints that go to a manager: because the customer asks, or because a day was missed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.db.models import QuerySet

from complaints.clocks.services import (
    OWED,
    binding_of,
    dispute_clock,
    escalation_clock,
    hand_over_clocks,
)
from complaints.tickets.models import Complaint, Event
from complaints.tickets.services import managers_of, tell_desk
from complaints.tickets.states import OF_MANAGERS, OVER, PROMISES, Duty, Happening, Topic
from parties.authority import selectors as authority
from parties.authority.selectors import local_day
from parties.people.models import User
from records.audit import services as audit
from records.deadlines.models import Deadline
from records.deadlines.services import meet_deadline
from records.deadlines.states import Status
from records.notices.models import Notice
from records.sweeps import each
from terms import facts, rules
from terms.calendar import Channel
from terms.clause import as_json
from terms.profile import TermsSilent

from .steps import (
    Heard,
    StepRefused,
    happen,
    letter,
    locked,
    require_listener,
    require_manager,
    require_open,
    require_staff,
    speaker,
    way_told,
)

LATE = (
    "We did not answer your complaint about privacy in time. We still owe you the answer. You can "
    "take it to the privacy regulator from now on, free of charge."
)
HOW_IT_GOES = (
    "Your complaint is with a team manager now, who decides whether to take it over or to hurry "
    "it, and tells you. Your other dates stay as they are."
)


def ask_for_manager(
    *,
    reference: str,
    by: User | None,
    at: datetime,
    text: str = "",
    heard: Heard | None = None,
) -> Complaint:
    """Let a manager look at the complaint because the customer asks (VP-CMP-21, RF-CMP-09).

    The customer is told at once how it goes on and of the ombudsman; asking again changes
    nothing. Raises StepRefused once it is over, and NotAuthorised.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = speaker(complaint, by, facts.Action.DISCUSS_ISSUE, at, heard)
        if complaint.state in OVER:
            raise StepRefused("It is over: reopen it, and ask for a manager then.")
        if complaint.escalated_at is not None:
            return complaint
        complaint.escalated_at = at
        complaint.save(update_fields=["escalated_at"])
        escalation_clock(complaint, at=at)
        notice = _explain(complaint, at)
        told = heard.channel if heard else None
        happen(
            complaint,
            Happening.ESCALATE,
            by=by,
            at=at,
            text=text or "The customer asked for a manager.",
            actor=actor,
            heard=heard,
            channel=way_told(complaint, told),
            notice=notice,
            because=_goes_to_manager(complaint, at, asked=True)[1],
        )
        tell_desk(complaint, "The customer asks for a manager", at=at, to=managers_of(complaint))
    return complaint


def _explain(complaint: Complaint, at: datetime) -> Notice | None:
    """Say how it goes on, by email or where they follow it; else staff do, within the hours."""
    way = Channel(complaint.told_by)
    if way not in (Channel.EMAIL, Channel.WEB):
        return None
    notice = letter(
        complaint,
        "A manager looks at your complaint",
        HOW_IT_GOES,
        at=at,
        meets=(Duty.EXPLAIN_ESCALATION,),
    )
    if way == Channel.WEB:
        happen(complaint, Happening.MESSAGE, by=None, at=at, text=HOW_IT_GOES)
    return notice


def explain_escalation(
    *, reference: str, by: User, channel: Channel, text: str, at: datetime
) -> Complaint:
    """Note that staff told the customer how it goes on with a manager, and of the ombudsman.

    It counts like an email (RF-CMP-09). Raises StepRefused where it is explained already.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        if meet_deadline(subject=reference, duty=Duty.EXPLAIN_ESCALATION, at=at) is None:
            raise StepRefused("Nothing is left to explain: see the history.")
        meet_deadline(subject=reference, duty=Duty.NAME_OMBUDSMAN, at=at)
        happen(complaint, Happening.MESSAGE, by=by, at=at, text=text, actor=actor, channel=channel)
    return complaint


def escalate_complaint(*, reference: str, by: User, text: str, at: datetime) -> Complaint:
    """Bring the complaint to a manager because staff see a reason. Raises StepRefused."""
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_listener(complaint, by, at))
        require_open(complaint)
        if complaint.escalated_at is None:
            _bring(complaint, by, text, actor, at)
    return complaint


def _bring(
    complaint: Complaint,
    by: User | None,
    text: str,
    actor: audit.Actor,
    at: datetime,
    because: list[dict[str, Any]] | None = None,
) -> None:
    complaint.escalated_at = at
    complaint.save(update_fields=["escalated_at"])
    dispute_clock(complaint, at=at, in_group=True)
    happen(
        complaint,
        Happening.ESCALATE,
        by=by,
        at=at,
        text=text,
        actor=actor,
        for_staff_only=True,
        because=because,
    )
    tell_desk(complaint, text, at=at, to=managers_of(complaint))


def escalate_unhappy(complaint: Complaint, at: datetime) -> None:
    """Bring a complaint to a manager whose customer is unhappy with the outcome (VP-CMP-21)."""
    goes, because = _goes_to_manager(complaint, at, unhappy_with="outcome")
    if goes and complaint.escalated_at is None:
        words = "The customer is unhappy with the outcome"
        _bring(complaint, None, words, audit.Actor(), at, because)


def _goes_to_manager(
    complaint: Complaint,
    at: datetime,
    *,
    unhappy_with: Literal["none", "outcome"] = "none",
    asked: bool = False,
) -> tuple[bool, list[dict[str, Any]]]:
    bound = binding_of(complaint, on=local_day(complaint.account, at))
    try:
        answer = bound.decide(
            rules.complaint_escalation,
            unhappy_with=unhappy_with,
            says_urgent=False,
            asked_for_manager=asked,
        )
    except TermsSilent as silence:
        return asked, as_json(silence.because)
    return answer.escalate, as_json(answer.because)


def decide_escalation(
    *, reference: str, by: User, takes_over: bool, text: str, at: datetime
) -> Complaint:
    """Decide as a manager: take the complaint over, or leave it where it is; the customer is told.

    Raises StepRefused for somebody who is no manager, and where nobody asked for one.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_manager(complaint, by, at))
        if complaint.escalated_at is None or complaint.state in OVER:
            raise StepRefused("Nobody has brought this complaint to a manager.")
        if takes_over:
            complaint.assigned_to = by
            complaint.save(update_fields=["assigned_to"])
            hand_over_clocks(complaint, at=at)
        headline = "A manager has your complaint in hand"
        if not takes_over:
            headline = "A manager looked at your complaint"
        notice = letter(complaint, headline, text, at=at, meets=OF_MANAGERS)
        meet_deadline(subject=reference, duty=Duty.DECIDE_ESCALATION, at=at)
        happen(
            complaint,
            Happening.DECIDE_ESCALATION,
            by=by,
            at=at,
            text=text,
            actor=actor,
            channel=way_told(complaint, None),
            notice=notice,
            after={"takes_over": takes_over},
        )
    return complaint


def escalate_missed(*, at: datetime) -> int:
    """Bring to a manager every open complaint of which a promised day was missed; return how many.

    Also where it was done late by now. Once for each complaint: what a manager has already is not
    brought again, and what was missed before a reopening is over.
    """
    rows = Complaint.objects.filter(
        reference__in=_missed(at).values("subject"), escalated_at__isnull=True
    ).exclude(state__in=OVER)

    def bring(row: Complaint) -> int:
        complaint = locked(row.reference)
        late = _missed(at).filter(subject=complaint.reference)
        if complaint.counted_from is not None:
            late = late.filter(set_at__gte=complaint.counted_from)
        first = late.order_by("due_at").first()
        if first is None or complaint.escalated_at is not None or complaint.state in OVER:
            return 0
        _bring(complaint, None, f"Missed: {first.title}", audit.Actor(), at)
        return 1

    return each(rows, bring, at=at)


def _missed(at: datetime) -> QuerySet[Deadline]:
    flagged = (*OWED, Status.MET_LATE)
    return Deadline.objects.filter(duty__in=PROMISES, status__in=flagged, due_at__lte=at)


def name_regulator(*, at: datetime) -> int:
    """Tell customers that the privacy regulator is open because we did not answer in time.

    Once for each complaint; return how many were told (VP-PRV-15).
    """
    late = Deadline.objects.filter(
        duty=Duty.ANSWER_PRIVACY, status__in=(*OWED, Status.MET_LATE), due_at__lte=at
    )
    told = Event.objects.filter(act=Happening.NAME_REGULATOR)
    rows = (
        Complaint.objects.filter(topic=Topic.PRIVACY, reference__in=late.values("subject"))
        .exclude(state__in=OVER)
        .exclude(pk__in=told.values("complaint"))
    )

    def name(row: Complaint) -> int:
        complaint = locked(row.reference)
        notice = None
        if complaint.told_by == Channel.EMAIL:
            notice = letter(
                complaint, "You can go to the privacy regulator", LATE, at=at, names_regulator=True
            )
        else:
            tell_desk(complaint, "Tell them: the privacy regulator is open to them", at=at)
        happen(complaint, Happening.NAME_REGULATOR, by=None, at=at, text=LATE, notice=notice)
        return 1

    return each(rows, name, at=at)
