"""What we will not do, with reasons; as vexatious by two people, and then not once more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from complaints.clocks.services import binding_of
from complaints.process import selectors
from complaints.tickets.models import Complaint
from complaints.tickets.states import ANSWERED, Act, Duty, Ending, Happening
from parties.authority import selectors as authority
from parties.authority.selectors import local_day
from parties.people.models import User
from records.deadlines.services import meet_deadline
from terms import rules
from terms.calendar import Channel, in_words
from terms.clause import as_json
from terms.profile import TermsSilent

from .ending import REACHES, end_as, require_not_there
from .outcome import bar_court_steps
from .steps import (
    StepRefused,
    happen,
    letter,
    locked,
    require_manager,
    require_staff,
    step,
    way_told,
)


def consider_refusal(*, reference: str, by: User, text: str, at: datetime) -> Complaint:
    """Note a manager's careful thought about refusing a complaint as vexatious (VP-CMP-23).

    Raises StepRefused for somebody who is no manager, and before it was brought to one.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_manager(complaint, by, at))
        if complaint.escalated_at is None:
            raise StepRefused("Bring it to a manager first; then it can be considered.")
        selectors.require_act(complaint, Act.REFUSE)
        happen(
            complaint,
            Happening.CONSIDER_REFUSAL,
            by=by,
            at=at,
            text=text,
            actor=actor,
            for_staff_only=True,
        )
    return complaint


def sign_refusal(*, reference: str, by: User, at: datetime) -> Complaint:
    """Sign a refusal that somebody else considered. Raises StepRefused for the same person."""
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        considered = selectors.refusal(complaint).considered
        if considered is None:
            raise StepRefused("Nobody has considered a refusal yet.")
        if considered.by_id == by.pk:
            raise StepRefused("Whoever considered it can't sign it: a second person has to.")
        happen(complaint, Happening.SIGN_REFUSAL, by=by, at=at, actor=actor, for_staff_only=True)
    return complaint


def refuse_complaint(
    *,
    reference: str,
    by: User,
    text: str,
    at: datetime,
    vexatious: bool = False,
    same_matter: bool = False,
    told_by: Channel | None = None,
) -> Complaint:
    """Refuse with reasons, in a letter that names manager and ombudsman (RF-CMP-11).

    As `vexatious` only after a manager's thought and a second person's signature, about the same
    or a similar matter, and never while it comes through the ombudsman (VP-CMP-23, -24). It ends
    the complaint; what was contested becomes payable. Raises StepRefused with what is missing.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        selectors.require_act(complaint, Act.REFUSE)
        require_not_there(complaint)
        because: list[dict[str, Any]] = []
        if vexatious:
            because = _require_refusable(complaint, same_matter, at)
        for duty in (Duty.PROPOSE, *ANSWERED):
            meet_deadline(subject=reference, duty=duty, at=at)
        notice = letter(
            complaint,
            "We can't do what you ask for",
            f"{text}\n\nYou may ask for a team manager. {REACHES}",
            at=at,
            told_by=told_by,
            names_regulator=True,
            because=because,
        )
        step(
            complaint,
            Act.REFUSE,
            by=by,
            at=at,
            text=text,
            actor=actor,
            because=because,
            notice=notice,
            channel=way_told(complaint, told_by),
        )
        bar_court_steps(complaint, at)
        end_as(complaint, Ending.VEXATIOUS if vexatious else Ending.REFUSED, upheld=False, at=at)
    return complaint


def answer_as_refused(
    *,
    reference: str,
    refused: Complaint,
    by: User,
    text: str,
    at: datetime,
    told_by: Channel | None = None,
) -> Complaint:
    """Say that a complaint is about what was `refused` as vexatious, and end it (VP-CMP-23).

    The same or a similar matter need not be taken again, except through the ombudsman. A manager
    judges that it is the same; the letter names the refusal and the ombudsman, and nothing is
    erased. Raises StepRefused for another account's or another ending, where somebody's safety is
    at stake, and where the terms let nothing be refused so.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_manager(complaint, by, at))
        selectors.require_act(complaint, Act.REFUSE)
        require_not_there(complaint)
        if not selectors.refused_before(complaint).filter(pk=refused.pk).exists():
            raise StepRefused("That one was not refused as vexatious on this account.")
        if complaint.safety_threat:
            raise StepRefused("Somebody's safety is at stake: answer it, whatever came before.")
        because = _ground(complaint, at, considered=True, escalated=True, same_matter=True)
        for duty in (Duty.PROPOSE, *ANSWERED):
            meet_deadline(subject=reference, duty=duty, at=at)
        when = in_words(local_day(complaint.account, refused.closed_at or at))
        named = (
            f"This is the same matter as complaint {refused.reference}, which we refused on "
            f"{when} with our reasons. We do not take it up again unless it comes through the "
            "ombudsman. About anything else you may complain at any time."
        )
        notice = letter(
            complaint,
            "We refused this matter before",
            "\n\n".join(filter(None, [named, text])),
            at=at,
            told_by=told_by,
            because=because,
        )
        step(
            complaint,
            Act.REFUSE,
            by=by,
            at=at,
            text=f"{named} {text}".strip(),
            actor=actor,
            because=because,
            notice=notice,
            channel=way_told(complaint, told_by),
        )
        bar_court_steps(complaint, at)
        end_as(complaint, Ending.VEXATIOUS, upheld=False, at=at)
    return complaint


def _require_refusable(
    complaint: Complaint, same_matter: bool, at: datetime
) -> list[dict[str, Any]]:
    """Return the reasons why it may be refused. Raises StepRefused with what is missing."""
    so_far = selectors.refusal(complaint)
    return _ground(
        complaint,
        at,
        considered=so_far.considered is not None,
        escalated=complaint.escalated_at is not None,
        same_matter=same_matter,
        unsigned=not so_far.signed,
    )


def _ground(
    complaint: Complaint,
    at: datetime,
    *,
    considered: bool,
    escalated: bool,
    same_matter: bool,
    unsigned: bool = False,
) -> list[dict[str, Any]]:
    """What the terms say about refusing it. Raises StepRefused with what is missing."""
    missing = ["a second person's signature"] if unsigned else []
    try:
        answer = binding_of(complaint, on=local_day(complaint.account, at)).decide(
            rules.vexatious_refusal,
            considered=considered,
            escalated=escalated,
            # The step sends both.
            written_reasons_sent=True,
            external_options_told=True,
            same_or_similar_issue=same_matter,
            through_external_scheme=complaint.with_ombudsman_since is not None,
        )
    except TermsSilent as silence:
        raise StepRefused(
            "Nothing lets us refuse it so: answer it.", as_json(silence.because)
        ) from None
    because = as_json(answer.because)
    if not answer.may_refuse:
        missing.insert(0, "; ".join(because[-1]["steps"]).removeprefix("missing: "))
    if missing:
        raise StepRefused(f"It can't be refused yet. Missing: {', '.join(missing)}.", because)
    return because
