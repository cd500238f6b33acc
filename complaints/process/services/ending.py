"""How a complaint ends, and how it comes back: consent, attempts, withdrawal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from billing.disputes.models import Hold
from billing.disputes.states import HoldStatus
from complaints.clocks.services import (
    UNREACHABLE,
    binding_of,
    decision_clock,
    discharge,
    follow_up_clock,
    restart_clocks,
)
from complaints.lodging.services import send_acknowledgement
from complaints.process import selectors
from complaints.process.selectors import Closing
from complaints.tickets.models import Complaint
from complaints.tickets.services import stop_cutting, tell_desk
from complaints.tickets.states import WAITING, Act, Duty, Ending, Happening, State
from parties.accounts.selectors import law
from parties.authority import selectors as authority
from parties.authority.selectors import local_day
from parties.people.models import User
from records.audit.services import Actor
from records.deadlines.services import drop_deadlines, meet_deadline
from terms import facts, rules
from terms.calendar import Channel, in_words
from terms.calendar import State as Region
from terms.profile import TermsSilent

from .managers import escalate_unhappy
from .outcome import bar_court_steps, finish, hold_again
from .steps import (
    Heard,
    StepRefused,
    accepted_proposal,
    happen,
    is_again,
    letter,
    locked,
    require_staff,
    speaker,
    step,
    way_told,
)

IN_VAIN = "Nobody reached."
REACHES = "You can have it opened again at any time, under the same reference."


def record_attempt(
    *,
    reference: str,
    by: User,
    channel: Channel,
    at: datetime,
    text: str = "",
    tried_at: datetime | None = None,
) -> Complaint:
    """Note that staff tried to reach the customer, and when (RF-CMP-10).

    Raises StepRefused where nothing waits for the customer, and for a moment still to come.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        moment = tried_at or at
        if moment > at:
            raise StepRefused("That moment is still to come: say when you tried.")
        if not _waits(complaint):
            raise StepRefused("Nothing waits for the customer: do the next step yourself.")
        if is_again(complaint, Happening.ATTEMPT, by, text or IN_VAIN, moment):
            return complaint
        meet_deadline(subject=reference, duty=Duty.FOLLOW_UP, at=at)
        if complaint.answer_until is None:
            follow_up_clock(complaint, at=at)
        happen(
            complaint,
            Happening.ATTEMPT,
            by=by,
            at=moment,
            text=text or IN_VAIN,
            actor=actor,
            channel=channel,
        )
    return complaint


def _waits(complaint: Complaint) -> bool:
    proposal = accepted_proposal(complaint)
    task = proposal is not None and proposal.customer_task and proposal.task_done_at is None
    return complaint.state in WAITING or (complaint.state == State.IMPLEMENTING and bool(task))


def send_closing_letter(
    *, reference: str, by: User, text: str, at: datetime, told_by: Channel | None = None
) -> Complaint:
    """Write that the complaint is closed unless the customer answers; it lists every attempt.

    The customer has as many working days as the law gives, counted from receipt of the letter by
    their days and by the provider's; the longer stands. Raises StepRefused before enough attempts.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        if not _waits(complaint):
            raise StepRefused("Nothing waits for the customer: do the next step yourself.")
        tried = selectors.attempts(complaint, local_day(complaint.account, at))
        if not tried.enough:
            raise StepRefused(tried.missing, tried.because)
        until, steps = _answer_until(complaint, told_by, at)
        _, cite = law(UNREACHABLE, local_day(complaint.account, at))
        because = cite(*steps)
        notice = letter(
            complaint,
            "We could not reach you",
            text,
            at=at,
            told_by=told_by,
            day=until,
            day_label="Please answer by",
            attempts=tried.lines,
            because=because,
        )
        complaint.answer_until = until
        complaint.save(update_fields=["answer_until"])
        drop_deadlines(subject=reference, at=at, duties=[Duty.FOLLOW_UP])
        decision_clock(complaint, until, at=at)
        happen(
            complaint,
            Happening.CLOSING_LETTER,
            by=by,
            at=at,
            text="\n".join([text, "", *tried.lines, f"Answer by {in_words(until)}."]),
            actor=actor,
            channel=way_told(complaint, told_by),
            notice=notice,
            because=because,
        )
    return complaint


def _answer_until(
    complaint: Complaint, told_by: Channel | None, at: datetime
) -> tuple[date, tuple[str, ...]]:
    """The last day to answer: working days from deemed receipt, the longer of both calendars."""
    bound = binding_of(complaint, on=local_day(complaint.account, at))
    mine = Region(complaint.account.state)
    way = told_by or Channel(complaint.told_by)
    received = local_day(complaint.account, at)
    try:
        receipt = bound.decide(rules.deemed_receipt, channel=way, sent_at=at, state=mine)
        moment = receipt.received_at and local_day(complaint.account, receipt.received_at)
        received = max(received, receipt.received_on or moment or received)
    except TermsSilent:
        pass
    days = law(UNREACHABLE, received)[0]["reply_working_days"]
    walks = [
        bound.floor.calendar(each).count(received, days)
        for each in {mine, bound.profile.default_state}
    ]
    longest = max(walks, key=lambda walk: walk.day)
    return longest.day, longest.steps


def agree_to_close(
    *, reference: str, by: User | None, at: datetime, heard: Heard | None = None, text: str = ""
) -> Complaint:
    """Note that the customer agrees that the complaint is closed (RF-CMP-11).

    It closes at once where nothing is left to decide; where an amount is still held, staff decide
    about it and close. Raises NotAuthorised, and IllegalStep where nothing can be closed.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = speaker(complaint, by, facts.Action.ACCEPT_RESOLUTION, at, heard)
        selectors.require_act(complaint, Act.CLOSE)
        require_not_there(complaint)
        if complaint.state == State.IMPLEMENTING:
            raise StepRefused(
                "What was agreed is not carried out yet. Wait for that, or withdraw the complaint."
            )
        happen(complaint, Happening.CONSENT, by=by, at=at, text=text, actor=actor, heard=heard)
        with_it = complaint.merged.filter(state=State.MERGED)
        ends = [reference, *with_it.values_list("reference", flat=True)]
        if Hold.objects.filter(complaint__in=ends, status=HoldStatus.OPEN).exists():
            drop_deadlines(subject=reference, at=at, duties=[Duty.FOLLOW_UP])
            decision_clock(complaint, local_day(complaint.account, at), at=at)
            tell_desk(complaint, "The customer agrees to close: decide about the hold", at=at)
            return complaint
        step(
            complaint, Act.CLOSE, by=by, at=at, actor=actor, heard=heard, text=_by(Ending.CONSENT)
        )
        end_as(complaint, Ending.CONSENT, upheld=True, at=at)
    return complaint


def require_not_there(complaint: Complaint) -> None:
    """What the ombudsman has ends there. Raises StepRefused."""
    if complaint.with_ombudsman_since is not None:
        raise StepRefused("The ombudsman has it: it ends with the outcome there.")


def _by(ending: Ending) -> str:
    return f"{ending.label}."


def close_complaint(
    *,
    reference: str,
    by: User,
    upheld: bool,
    at: datetime,
    text: str = "",
    told_by: Channel | None = None,
) -> Complaint:
    """Close a complaint with consent, or once the path to reach the customer was gone in vain.

    `upheld` decides what becomes of a contested amount that is still held. The customer is told.
    Raises StepRefused, which says what is missing (RF-CMP-11, VP-CMP-19).
    """
    with transaction.atomic():
        complaint = locked(reference)
        selectors.require_act(complaint, Act.CLOSE)
        require_not_there(complaint)
        closing = selectors.closing(complaint, local_day(complaint.account, at))
        if not closing.allowed:
            require_staff(complaint, by, at)
            raise StepRefused(closing.missing, closing.because)
        step(
            complaint,
            Act.CLOSE,
            by=by,
            at=at,
            text=f"{closing.ending.label}. {text}".strip(),
            because=closing.because,
            notice=_closed_letter(complaint, closing, text, told_by, at),
            channel=way_told(complaint, told_by),
        )
        end_as(complaint, closing.ending, upheld=upheld, at=at)
    return complaint


def _closed_letter(
    complaint: Complaint, closing: Closing, text: str, told_by: Channel | None, at: datetime
) -> Any:
    why = {
        Ending.CONSENT: "We closed your complaint, as you agreed.",
        Ending.UNREACHABLE: "We closed your complaint because we could not reach you.",
    }[closing.ending]
    body = "\n\n".join(filter(None, [why, text, REACHES]))
    return letter(complaint, "Your complaint is closed", body, at=at, told_by=told_by)


def end_as(complaint: Complaint, ending: Ending, *, upheld: bool, at: datetime) -> None:
    """Keep how it ended, and end all that ran; `upheld` decides about what is still held."""
    complaint.ending = ending
    complaint.save(update_fields=["ending"])
    if complaint.no_court_before is None:
        # An outcome that no step before this one told.
        bar_court_steps(complaint, at)
    finish(complaint, upheld=upheld, at=at)


def close_after(
    complaint: Complaint,
    ending: Ending,
    *,
    by: User,
    actor: Actor,
    text: str,
    at: datetime,
) -> None:
    """Close what was decided against the customer elsewhere, and tell them."""
    body = "\n\n".join([text, REACHES])
    notice = letter(complaint, "Your complaint is closed", body, at=at)
    step(
        complaint,
        Act.CLOSE,
        by=by,
        at=at,
        actor=actor,
        text=f"{ending.label}. {text}",
        notice=notice,
    )
    end_as(complaint, ending, upheld=False, at=at)


def withdraw_after(
    complaint: Complaint, *, by: User, actor: Actor, text: str, at: datetime
) -> None:
    """End what the customer withdrew elsewhere."""
    step(complaint, Act.WITHDRAW, by=by, at=at, actor=actor, text=text)
    finish(complaint, upheld=False, at=at)


def withdraw_complaint(
    *, reference: str, by: User | None, at: datetime, heard: Heard | None = None, text: str = ""
) -> Complaint:
    """Withdraw the complaint; its clocks stop and what was missed stays on record."""
    with transaction.atomic():
        complaint = locked(reference)
        actor = speaker(complaint, by, facts.Action.LODGE_COMPLAINT, at, heard)
        require_not_there(complaint)
        step(complaint, Act.WITHDRAW, by=by, at=at, actor=actor, heard=heard, text=text)
        finish(complaint, upheld=False, at=at)
    return complaint


def reopen_complaint(
    *, reference: str, by: User | None, text: str, at: datetime, heard: Heard | None = None
) -> Complaint:
    """Open a complaint again, under the same reference; its days begin anew.

    What was over is acknowledged anew; what was carried out and did not help is looked into
    again. What it contests and did not get back is held anew, as far as it is open. The story so
    far stays. Raises IllegalStep for one that is open, and NotAuthorised.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = speaker(complaint, by, facts.Action.LODGE_COMPLAINT, at, heard)
        was_over = complaint.state != State.RESOLVED
        step(complaint, Act.REOPEN, by=by, at=at, text=text, actor=actor, heard=heard)
        complaint.ending, complaint.closed_at, complaint.escalated_at = "", None, None
        complaint.save(update_fields=["ending", "closed_at", "escalated_at"])
        drop_deadlines(subject=reference, at=at)
        stop_cutting(complaint, at=at)
        if not was_over:
            restart_clocks(complaint, at=at, duties=(Duty.PROPOSE, Duty.EXPLAIN_DELAY))
            escalate_unhappy(complaint, at)
        else:
            clocks = restart_clocks(complaint, at=at)
            complaint.acknowledgement = send_acknowledgement(complaint, clocks, at)
            complaint.save(update_fields=["acknowledgement"])
            if complaint.acknowledgement is not None:
                discharge(complaint, Duty.ACKNOWLEDGE, complaint.acknowledgement)
        hold_again(complaint, at=at)
        tell_desk(complaint, "Reopened", at=at)
    return complaint
