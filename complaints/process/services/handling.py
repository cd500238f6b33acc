"""What staff do with a complaint in hand: look into it, ask, note, explain a delay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from complaints.clocks.services import (
    binding_of,
    delay_duties,
    follow_up_clock,
    hand_over_clocks,
    hurry_clocks,
    is_known_day,
    owed,
    promise_clock,
)
from complaints.lodging.services import Upload, keep_files, record_files
from complaints.tickets.models import Complaint, Event
from complaints.tickets.services import officers_of, stop_cutting, tell_desk
from complaints.tickets.states import IN_HAND, Act, Cause, Duty, Happening, State
from parties.authority import selectors as authority
from parties.authority.selectors import local_day
from parties.people.models import User
from records.audit import services as audit
from records.deadlines.services import drop_deadlines, meet_deadline
from terms import facts, rules
from terms.calendar import Channel, in_words
from terms.clause import as_json
from terms.profile import TermsSilent

from .merging import part_all
from .steps import (
    Heard,
    StepRefused,
    happen,
    is_again,
    letter,
    locked,
    require_listener,
    require_open,
    require_staff,
    speaker,
    step,
    way_told,
)


def start_investigation(*, reference: str, by: User, at: datetime) -> Complaint:
    """Take the complaint in hand.

    Raises IllegalStep unless it was acknowledged, and, as every step of staff, NotAuthorised.
    """
    with transaction.atomic():
        complaint = locked(reference)
        step(complaint, Act.INVESTIGATE, by=by, at=at)
        complaint.assigned_to = by
        complaint.save(update_fields=["assigned_to"])
        hand_over_clocks(complaint, at=at)
    return complaint


def assign_complaint(*, reference: str, by: User, to: User | None, at: datetime) -> Complaint:
    """Hand the complaint to a colleague, or back to the desk; again to the same is nothing new.

    Raises StepRefused for a colleague who may not work on it, and once it is over.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        require_open(complaint)
        if complaint.assigned_to_id == (to.pk if to else None):
            return complaint
        if to is not None:
            _require_may_have(complaint, to, at)
        before = str(complaint.assigned_to or "")
        complaint.assigned_to = to
        complaint.save(update_fields=["assigned_to"])
        hand_over_clocks(complaint, at=at)
        happen(
            complaint,
            Happening.ASSIGN,
            by=by,
            at=at,
            actor=actor,
            text=f"To {to or 'the desk'}.",
            for_staff_only=True,
            before={"assigned_to": before},
            after={"assigned_to": str(to or "")},
        )
    return complaint


def _require_may_have(complaint: Complaint, to: User, at: datetime) -> None:
    """Raise StepRefused for a colleague who may not work on it."""
    try:
        require_staff(complaint, to, at)
    except authority.NotAuthorised:
        raise StepRefused(f"{to} may not work on complaints of this account.") from None
    except StepRefused:
        raise StepRefused(f"{to} does not work on complaints about privacy.") from None


def add_note(*, reference: str, by: User, text: str, at: datetime) -> Complaint:
    """Note something among staff; the customer never sees it."""
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_listener(complaint, by, at))
        if is_again(complaint, Happening.NOTE, by, text, at):
            return complaint
        happen(
            complaint,
            Happening.NOTE,
            by=by,
            at=at,
            text=text,
            actor=actor,
            for_staff_only=True,
        )
    return complaint


def ask_customer(
    *, reference: str, by: User, text: str, at: datetime, told_by: Channel | None = None
) -> Complaint:
    """Ask the customer for something; the answer brings the complaint back."""
    with transaction.atomic():
        complaint = locked(reference)
        notice = letter(
            complaint,
            "We need something from you",
            text,
            at=at,
            told_by=told_by,
            names_ombudsman=False,
        )
        way = way_told(complaint, told_by)
        step(complaint, Act.ASK_CUSTOMER, by=by, at=at, text=text, channel=way, notice=notice)
    return complaint


def add_message(
    *,
    reference: str,
    by: User | None,
    text: str,
    at: datetime,
    heard: Heard | None = None,
    uploads: Sequence[Upload] = (),
    channel: Channel | None = None,
) -> Complaint:
    """Add the customer's words, with files if any; they also answer an open question.

    `channel` is the way in which they reached us, if not through the portal. Raises
    NotAuthorised, and FileRefused for too many files. Whoever speaks is reached: what was
    begun in order to close it ends. What is answered with another is spoken about there.
    """
    with transaction.atomic():
        complaint = locked(reference)
        if complaint.state == State.MERGED and complaint.merged_into is not None:
            complaint = locked(complaint.merged_into.reference)
        actor = speaker(complaint, by, facts.Action.DISCUSS_ISSUE, at, heard)
        said: dict[str, Any] = {"by": by, "at": at, "text": text, "heard": heard, "actor": actor}
        if channel is not None:
            said["channel"] = channel.value
        if complaint.state == State.WAITING_FOR_CUSTOMER:
            event = step(complaint, Act.CUSTOMER_ANSWERS, **said)
        elif is_again(complaint, Happening.MESSAGE, heard.staff if heard else by, text, at):
            return complaint
        else:
            event = happen(complaint, Happening.MESSAGE, **said)
            _reached(complaint, at)
        _keep(complaint, uploads, by=by, at=at, event=event, actor=actor)
        if heard is None:
            tell_desk(complaint, "The customer wrote", at=at)
    return complaint


def name_cause(
    *, reference: str, by: User, cause: Cause, at: datetime, text: str = ""
) -> Complaint:
    """Note what a complaint came from, for the figures; the same again is nothing new."""
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        if complaint.cause == cause:
            return complaint
        before = complaint.get_cause_display()
        complaint.cause = cause
        complaint.save(update_fields=["cause"])
        happen(
            complaint,
            Happening.NAME_CAUSE,
            by=by,
            at=at,
            actor=actor,
            text="\n".join(filter(None, [cause.label, text])),
            for_staff_only=True,
            before={"cause": before},
            after={"cause": cause.label},
        )
    return complaint


def add_files(
    *,
    reference: str,
    by: User,
    uploads: Sequence[Upload],
    at: datetime,
    text: str = "",
    for_staff_only: bool = False,
) -> Complaint:
    """Add files that reached staff, or that staff made; `for_staff_only` the customer sees none.

    Raises NotAuthorised, and FileRefused for too many.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_listener(complaint, by, at))
        names = ", ".join(one.name for one in uploads)
        said = f"{text}\n{names}".strip()
        if is_again(complaint, Happening.FILES, by, said, at):
            return complaint
        event = happen(
            complaint,
            Happening.FILES,
            by=by,
            at=at,
            text=said,
            actor=actor,
            for_staff_only=for_staff_only,
        )
        keep_files(uploads, at=at, by=by, complaint=complaint, event=event)
    return complaint


def _keep(
    complaint: Complaint,
    uploads: Sequence[Upload],
    *,
    by: User | None,
    at: datetime,
    event: Event,
    actor: audit.Actor,
) -> None:
    if not uploads:
        return
    rows = keep_files(uploads, at=at, by=by, complaint=complaint, event=event)
    record_files(complaint, rows, actor=actor, at=at)


def _reached(complaint: Complaint, at: datetime) -> None:
    """The customer spoke, so the letter before closing is answered."""
    if complaint.answer_until is None:
        return
    complaint.answer_until = None
    complaint.save(update_fields=["answer_until"])
    drop_deadlines(subject=complaint.reference, at=at, duties=[Duty.DECIDE_CLOSING])
    follow_up_clock(complaint, at=at)


def explain_delay(
    *,
    reference: str,
    by: User,
    text: str,
    new_day: date,
    names_ombudsman: bool,
    at: datetime,
    mass_disruption: bool = False,
    told_by: Channel | None = None,
) -> Complaint:
    """Tell the customer why the answer comes later, and by which day (RF-CMP-07, VP-CMP-10).

    Telling meets the duty to explain; the answer is then owed by the new day. Raises StepRefused
    where no answer is owed, where the day is no later one, and where the ombudsman has to be
    named and is not.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        if complaint.state not in (State.RECEIVED, *IN_HAND):
            raise StepRefused("No answer is owed at the moment, so there is no delay to explain.")
        due = owed(complaint, Duty.PROPOSE).order_by("due_at").last()
        if new_day <= local_day(complaint.account, at) or (due and new_day <= due.due_on):
            by_now = f" than {in_words(due.due_on)}" if due else ""
            raise StepRefused(f"Choose a day that is still to come and later{by_now}.")
        if not is_known_day(complaint, new_day):
            raise StepRefused("That day is too far away: check the year.")
        duties = delay_duties(complaint, new_day, mass_disruption=mass_disruption)
        because = as_json(duties.because) if duties else []
        if (duties is None or duties.must_tell_tio) and not names_ombudsman:
            raise StepRefused(
                "So late a day may only be told together with the ombudsman's details: tick that "
                "the letter names the ombudsman.",
                because,
            )
        notice = letter(
            complaint,
            "Our answer comes later",
            text,
            at=at,
            told_by=told_by,
            names_ombudsman=names_ombudsman,
            meets=(Duty.EXPLAIN_DELAY,),
            day=new_day,
            day_label="You get our answer by",
            because=because,
        )
        promise_clock(complaint, new_day, because, at=at)
        happen(
            complaint,
            Happening.EXPLAIN_DELAY,
            by=by,
            at=at,
            text=f"{text}\n\nNew day for our answer: {in_words(new_day)}.",
            actor=actor,
            channel=way_told(complaint, told_by),
            notice=notice,
            because=because,
            after={"promised_on": new_day.isoformat()},
        )
    return complaint


@dataclass(frozen=True, kw_only=True)
class Urgency:
    """Why a complaint is urgent (RF-CMP-06, VP-CMP-16)."""

    hardship_related: bool = False
    disconnection_without_process: bool = False
    priority_assistance: bool = False
    safety_threat: bool = False


def learn_urgency(
    *,
    reference: str,
    by: User,
    grounds: Urgency,
    text: str,
    at: datetime,
) -> Complaint:
    """Note what makes a complaint urgent after all; its days run from receipt all the same.

    Raises StepRefused where what is known by now makes it no urgent one, and once it is over.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        require_open(complaint)
        known = [name for name, met in vars(grounds).items() if met]
        for name in known:
            setattr(complaint, name, True)
        urgent, because = urgency(complaint)
        if not urgent or not known:
            raise StepRefused("None of this makes a complaint urgent by the terms or the law.")
        before = complaint.is_urgent
        complaint.is_urgent, complaint.urgent_because = True, because
        complaint.save(update_fields=["is_urgent", "urgent_because", *known])
        if complaint.safety_threat:
            part_all(complaint, at=at)
            complaint.related.clear()
            # From here on it is there for its officers alone.
            leave_to_officers(complaint, at=at)
        stop_cutting(complaint, at=at)
        happen(
            complaint,
            Happening.LEARN_URGENT,
            by=by,
            at=at,
            text=text,
            actor=actor,
            because=because,
            for_staff_only=True,
            before={"urgent": before},
            after={"urgent": True},
        )
        if not before:
            hurry_clocks(complaint, at=at)
            tell_desk(complaint, "Learnt to be urgent: its days are shorter now", at=at)
    return complaint


def leave_to_officers(complaint: Complaint, *, at: datetime) -> bool:
    """Take a private complaint out of the hands of whoever may not know of it; return whether."""
    owner = complaint.assigned_to
    moves = owner is not None and not officers_of(complaint).filter(pk=owner.pk).exists()
    if moves:
        complaint.assigned_to = None
        complaint.save(update_fields=["assigned_to"])
    hand_over_clocks(complaint, at=at)
    return moves


def urgency(complaint: Complaint) -> tuple[bool, list[dict[str, Any]]]:
    """Whether what is known makes the complaint urgent, and why."""
    try:
        answer = binding_of(complaint).decide(
            rules.urgent_complaint,
            hardship_related=complaint.hardship_related,
            disconnection_without_process=complaint.disconnection_without_process,
            priority_assistance=complaint.priority_assistance,
        )
    except TermsSilent as silence:
        return False, as_json(silence.because)
    return bool(answer.urgent), as_json(answer.because)


def name_ombudsman(
    *, reference: str, by: User, channel: Channel, text: str, at: datetime
) -> Complaint:
    """Note that staff named the ombudsman to the customer, and how they told it (RF-CMP-08)."""
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        meet_deadline(subject=reference, duty=Duty.NAME_OMBUDSMAN, at=at)
        happen(complaint, Happening.MESSAGE, by=by, at=at, text=text, actor=actor, channel=channel)
    return complaint
