"""The ombudsman takes a complaint up: answer by the day asked, carry out what comes of it.

Nothing is cut off because of it (RF-CMP-14), and what is contested stays held until the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from complaints.clocks.services import (
    binding_of,
    is_known_day,
    law_clock,
    owed,
    set_clock,
)
from complaints.ombudsman.models import Referral
from complaints.ombudsman.selectors import open_referral
from complaints.ombudsman.states import Kind, Level, Outcome
from complaints.process.services import Offer, StepRefused
from complaints.process.services.answering import (
    CARRIED_OUT,
    NOTHING_BESIDES,
    in_full,
    keep_decided,
    require_sound,
    start_carrying_out,
)
from complaints.process.services.ending import close_after, withdraw_after
from complaints.process.services.outcome import bar_court_steps, hold_again
from complaints.process.services.steps import happen, letter, locked, require_staff, step
from complaints.tickets.models import Complaint
from complaints.tickets.services import managers_of, stop_cutting, tell_desk
from complaints.tickets.states import OVER, Act, Duty, Ending, Happening, State
from parties.accounts.selectors import law
from parties.authority import selectors as authority
from parties.authority.selectors import local_day
from parties.people.models import User
from records.audit import services as audit
from records.deadlines.services import drop_deadlines, meet_deadline
from terms.calendar import in_words
from terms.rules.duties import Duty as LawDuty

ANSWER_TIMES = "RF-CMP-18"
NOT_THERE = "The ombudsman does not have this complaint: note the referral first."


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What the ombudsman's letter says; without a day the ombudsman's own rules name one."""

    level: Level
    received_at: datetime
    kind: Kind = Kind.STANDARD
    their_reference: str = ""
    answer_by: date | None = None


# What we owe while a complaint is ours alone to answer.
OURS = [Duty.PROPOSE, Duty.EXPLAIN_DELAY, Duty.SETTLE_DISPUTE, Duty.SETTLE_IN_GROUP]


def refer_complaint(
    *, reference: str, by: User, letter: Letter, at: datetime, text: str = ""
) -> Referral:
    """Note that the ombudsman takes the complaint up, or takes it to the next level.

    It is open again if it was over. The day to answer is the letter's, or else counted from its
    receipt (RF-CMP-18). The same letter again is the same referral. Raises StepRefused for a day
    that is over and for a level below the one it has.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        known = Referral.objects.filter(
            complaint=complaint, level=letter.level, received_at=letter.received_at
        )
        if (same := known.first()) is not None:
            return same
        _require_sound_letter(complaint, letter, at)
        _refer_step(complaint, letter, by, text, actor, at)
        complaint.with_ombudsman_since = complaint.with_ombudsman_since or letter.received_at
        complaint.save(update_fields=["with_ombudsman_since"])
        before = open_referral(complaint)
        if before is not None:
            before.ended_at = at
            before.save(update_fields=["ended_at"])
        due_on, because = _answer_clock(complaint, letter, at)
        made = Referral.objects.create(
            complaint=complaint,
            taken_by=by,
            **{**vars(letter), "answer_by": due_on},
            because=because,
        )
        tell_desk(complaint, "The ombudsman has it", at=at, to=managers_of(complaint))
    return made


def _require_sound_letter(complaint: Complaint, letter: Letter, at: datetime) -> None:
    if letter.received_at > at:
        raise StepRefused("The letter can't have come in the future: check day and time.")
    if letter.received_at < complaint.received_at:
        raise StepRefused("That was before the complaint came to us: check day and time.")
    received = local_day(complaint.account, letter.received_at)
    if letter.answer_by is not None and letter.answer_by < received:
        raise StepRefused("The day to answer lies before the letter came: check it.")
    if letter.answer_by is not None and not is_known_day(complaint, letter.answer_by):
        raise StepRefused("The day to answer is too far away: check the year.")
    before = open_referral(complaint)
    if before is not None and letter.level < before.level:
        raise StepRefused(f"It is on level {before.level} there already: choose that or a later.")


def _refer_step(
    complaint: Complaint,
    letter: Letter,
    by: User,
    text: str,
    actor: audit.Actor,
    at: datetime,
) -> None:
    was_over = complaint.state in OVER
    words = f"Level {letter.level}. {letter.their_reference} {text}".strip()
    step(complaint, Act.REFER, by=by, at=at, text=words, actor=actor)
    if was_over:
        complaint.ending, complaint.closed_at = "", None
        complaint.save(update_fields=["ending", "closed_at"])
        stop_cutting(complaint, at=at)
    hold_again(complaint, at=at)
    # We answer there now. What was never answered at all stays owed to the customer, too.
    ends = [Duty.FOLLOW_UP, Duty.DECIDE_CLOSING]
    if complaint.proposals.exists():
        ends += OURS
    drop_deadlines(subject=complaint.reference, at=at, duties=ends)
    # Whoever came from there knows of it.
    meet_deadline(subject=complaint.reference, duty=Duty.NAME_OMBUDSMAN, at=at)


def _answer_clock(
    complaint: Complaint, letter: Letter, at: datetime
) -> tuple[date | None, list[dict[str, Any]]]:
    if letter.answer_by is None:
        due = law_clock(
            complaint,
            Duty.ANSWER_OMBUDSMAN,
            LawDuty(letter.kind),
            since=letter.received_at,
            at=at,
        )
        running = owed(complaint, Duty.ANSWER_OMBUDSMAN).order_by("pk").last()
        return due, running.because if running else []
    received = local_day(complaint.account, letter.received_at)
    _, cite = law(ANSWER_TIMES, received)
    because = cite(f"the ombudsman's letter asks for it by {in_words(letter.answer_by)}")
    bound = binding_of(complaint, on=received)
    set_clock(complaint, Duty.ANSWER_OMBUDSMAN, letter.answer_by, because, bound, at=at)
    return letter.answer_by, because


def answer_ombudsman(*, reference: str, by: User, text: str, at: datetime) -> Complaint:
    """Note what we answered the ombudsman; it waits there then. Raises StepRefused."""
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        referral = open_referral(complaint)
        if referral is None:
            raise StepRefused(NOT_THERE)
        if referral.answered_at is not None:
            raise StepRefused("This letter was answered: note the next one when it comes.")
        referral.answered_at = at
        referral.save(update_fields=["answered_at"])
        meet_deadline(subject=reference, duty=Duty.ANSWER_OMBUDSMAN, at=at)
        happen(
            complaint,
            Happening.ANSWER_OMBUDSMAN,
            by=by,
            at=at,
            text=text,
            actor=actor,
            for_staff_only=True,
        )
    return complaint


def record_outcome(
    *,
    reference: str,
    by: User,
    outcome: Outcome,
    text: str,
    at: datetime,
    offer: Offer = NOTHING_BESIDES,
) -> Complaint:
    """Note what came of it at the ombudsman's; a remedy is carried out as one that was accepted.

    `offer` is what is to be done, of the same kinds as an answer of ours may give.
    Without one the complaint ends, and what was contested becomes payable. The court steps that
    are barred meanwhile stay so for the days after the outcome (RF-TCP-19). Raises StepRefused.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        referral = open_referral(complaint)
        if referral is None:
            raise StepRefused(NOT_THERE)
        if complaint.state == State.RECEIVED:
            raise StepRefused("Acknowledge it to the customer first.")
        if outcome != Outcome.REMEDY and offer != NOTHING_BESIDES:
            raise StepRefused("Only an outcome with something to be done gives anything.")
        require_sound(complaint, offer, at)
        referral.outcome, referral.ended_at = outcome, at
        referral.save(update_fields=["outcome", "ended_at"])
        meet_deadline(subject=reference, duty=Duty.ANSWER_OMBUDSMAN, at=at)
        complaint.with_ombudsman_since = None
        complaint.save(update_fields=["with_ombudsman_since"])
        bar_court_steps(complaint, at)
        if outcome == Outcome.WITHDRAWN:
            withdraw_after(complaint, by=by, actor=actor, text=text, at=at)
        elif outcome == Outcome.NOTHING:
            close_after(complaint, Ending.OMBUDSMAN, by=by, actor=actor, text=text, at=at)
        else:
            step(complaint, Act.DECIDE, by=by, at=at, text=text, actor=actor)
            decided = keep_decided(complaint, text, offer, by, at)
            drop_deadlines(subject=reference, at=at, duties=OURS)
            start_carrying_out(complaint, decided, at=at)
            letter(
                complaint,
                "What comes of your complaint at the ombudsman's",
                in_full(complaint, text, offer, at, once="once we have carried it out"),
                at=at,
                day=offer.carry_out_on,
                day_label=CARRIED_OUT,
            )
    return complaint
