"""Our answer: proposed, replaced, accepted or declined, carried out, confirmed in writing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from billing.invoices.models import Invoice
from billing.payments.services import left_to_credit
from complaints.clocks.services import (
    confirmation_clock,
    follow_up_clock,
    implementation_clock,
    is_known_day,
    restart_clocks,
)
from complaints.tickets.models import Complaint, Proposal
from complaints.tickets.services import tell_desk
from complaints.tickets.states import ANSWERED, Act, Answer, Duty, Happening, State
from parties.authority import selectors as authority
from parties.authority.selectors import local_day
from parties.people.models import User
from records.deadlines.services import drop_deadlines, meet_deadline
from records.notices.models import Notice
from terms import facts
from terms.calendar import Channel
from terms.money import ZERO, in_dollars

from .managers import escalate_unhappy
from .outcome import bar_court_steps, give_credit
from .remedies import Wanted, do_remedies, draft_words, keep_remedies, require_possible
from .steps import (
    Heard,
    StepRefused,
    accepted_proposal,
    current_proposal,
    happen,
    letter,
    locked,
    require,
    require_staff,
    speaker,
    step,
    way_told,
)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a proposed answer gives besides its words.

    `credit` is in dollars, GST included, of `invoice`. With a `customer_task` the days to carry
    it out start once that is done; `carry_out_on` is a day that both sides agreed on. `remedies`
    are what it gives besides: a late charge back, another plan, a technician and the like.
    """

    credit: Decimal | None = None
    invoice: Invoice | None = None
    customer_task: str = ""
    carry_out_on: date | None = None
    remedies: tuple[Wanted, ...] = ()

    @property
    def kept(self) -> dict[str, Any]:
        """What a proposal keeps of it in its own row."""
        return {name: value for name, value in vars(self).items() if name != "remedies"}


NOTHING_BESIDES = Offer()
CARRIED_OUT = "We carry it out by"


def propose_resolution(
    *,
    reference: str,
    by: User,
    text: str,
    at: datetime,
    offer: Offer = NOTHING_BESIDES,
    told_by: Channel | None = None,
) -> Complaint:
    """Offer an answer, which the customer may accept or decline.

    The duty to propose is met once it is told. Raises StepRefused for a credit that the bill has
    no room for, and a day that is over.
    """
    with transaction.atomic():
        complaint = locked(reference)
        notice = _offer_letter(complaint, text, offer, told_by, at)
        step(
            complaint,
            Act.PROPOSE,
            by=by,
            at=at,
            text=text,
            channel=way_told(complaint, told_by),
            notice=notice,
        )
        drop_deadlines(subject=reference, at=at, duties=[Duty.EXPLAIN_DELAY])
        _keep(complaint, text, offer, by, at)
    return complaint


def amend_proposal(
    *,
    reference: str,
    by: User,
    text: str,
    at: datetime,
    offer: Offer = NOTHING_BESIDES,
    told_by: Channel | None = None,
) -> Complaint:
    """Replace a proposed answer that nobody has replied to yet; the first one stays on record.

    Raises IllegalStep once it was answered, and StepRefused as `propose_resolution` does.
    """
    with transaction.atomic():
        complaint = locked(reference)
        notice = _offer_letter(complaint, text, offer, told_by, at)
        step(
            complaint,
            Act.AMEND,
            by=by,
            at=at,
            text=text,
            channel=way_told(complaint, told_by),
            notice=notice,
        )
        _answered(complaint, Answer.REPLACED, at)
        _keep(complaint, text, offer, by, at)
    return complaint


def _offer_letter(
    complaint: Complaint, text: str, offer: Offer, told_by: Channel | None, at: datetime
) -> Notice | None:
    require_sound(complaint, offer, at)
    return letter(
        complaint,
        "Our proposed answer",
        in_full(complaint, text, offer, at, once="once you accept"),
        at=at,
        told_by=told_by,
        meets=(Duty.PROPOSE,),
        day=offer.carry_out_on,
        day_label=CARRIED_OUT,
    )


def in_full(complaint: Complaint, text: str, offer: Offer, at: datetime, *, once: str) -> str:
    """An answer with what it gives, as the customer reads it; `once` says when a credit comes."""
    words = [text]
    if offer.credit and offer.invoice:
        words.append(
            f"You get {in_dollars(offer.credit)} back on bill {offer.invoice.number}, GST "
            f"included, {once}."
        )
    words += draft_words(complaint, offer.remedies, at)
    if offer.customer_task:
        words.append(f"What you have to do first: {offer.customer_task}")
    return "\n\n".join(words)


def require_sound(complaint: Complaint, offer: Offer, at: datetime) -> None:
    """Raise StepRefused for a day that is over, and a credit that the bill has no room for."""
    if offer.carry_out_on and offer.carry_out_on < local_day(complaint.account, at):
        raise StepRefused("The day to carry it out is over: choose one that is still to come.")
    if offer.carry_out_on and not is_known_day(complaint, offer.carry_out_on):
        raise StepRefused("The day to carry it out is too far away: check the year.")
    require_possible(complaint, offer.remedies, at)
    if offer.credit is None:
        return
    if offer.invoice is None or offer.invoice.account_id != complaint.account_id:
        raise StepRefused("Say which bill of this account the credit is for.")
    if offer.credit <= ZERO:
        raise StepRefused("Give a credit above $0.00, or leave it empty.")
    left = left_to_credit(offer.invoice)
    if offer.credit > left:
        raise StepRefused(
            f"{in_dollars(left)} of bill {offer.invoice.number} is left to give back: offer no "
            "more than that."
        )


def _keep(complaint: Complaint, text: str, offer: Offer, by: User, at: datetime) -> None:
    proposal = Proposal.objects.create(
        complaint=complaint, text=text, by=by, offered_at=at, **offer.kept
    )
    keep_remedies(proposal, offer.remedies, at)


def keep_decided(
    complaint: Complaint, text: str, offer: Offer, by: User, at: datetime
) -> Proposal:
    """Keep what was decided for both sides elsewhere, as a proposal that was accepted."""
    complaint.proposals.filter(answer=Answer.OPEN).update(answer=Answer.REPLACED, answered_at=at)
    complaint.proposals.filter(answer=Answer.ACCEPTED).update(answer=Answer.REPLACED)
    proposal = Proposal.objects.create(
        complaint=complaint,
        text=text,
        by=by,
        offered_at=at,
        answer=Answer.ACCEPTED,
        answered_at=at,
        **offer.kept,
    )
    keep_remedies(proposal, offer.remedies, at)
    return proposal


def _answered(complaint: Complaint, answer: Answer, at: datetime) -> Proposal:
    """Note what became of the open proposal. Whoever answers it was told of it."""
    proposal = current_proposal(complaint)
    if proposal is None:
        raise StepRefused("There is no proposed answer to reply to.")
    if answer != Answer.REPLACED:
        for duty in (Duty.PROPOSE, *ANSWERED):
            meet_deadline(subject=complaint.reference, duty=duty, at=proposal.offered_at)
    proposal.answer, proposal.answered_at = answer, at
    proposal.save(update_fields=["answer", "answered_at"])
    return proposal


def accept_proposal(
    *,
    reference: str,
    by: User | None,
    at: datetime,
    together_with: User | None = None,
    heard: Heard | None = None,
    text: str = "",
) -> Complaint:
    """Accept the proposed answer, which starts the clock to carry it out.

    `together_with` is the customer who confirmed it for their advocate; `heard` says that staff
    write down what was said. Raises NotAuthorised for someone who may not decide for the customer.
    """
    with transaction.atomic():
        complaint = locked(reference)
        action = facts.Action.ACCEPT_RESOLUTION
        if heard is None and by is not None:
            present = together_with is not None
            decision = require(complaint, by, action, at, customer_present=present)
            actor = authority.with_customer(by, decision, together_with)
        else:
            actor = speaker(complaint, by, action, at, heard)
        step(complaint, Act.ACCEPT, by=by, at=at, text=text, actor=actor, heard=heard)
        proposal = _answered(complaint, Answer.ACCEPTED, at)
        bar_court_steps(complaint, at)
        start_carrying_out(complaint, proposal, at=at)
        if heard is None:
            tell_desk(complaint, "The customer accepted the answer: carry it out", at=at)
    return complaint


def start_carrying_out(complaint: Complaint, proposal: Proposal, *, at: datetime) -> None:
    """Start the days to carry out what was agreed, or ask again where the customer comes first."""
    if proposal.customer_task:
        follow_up_clock(complaint, at=at)
    else:
        implementation_clock(complaint, at=at)


def decline_proposal(
    *, reference: str, by: User | None, text: str, at: datetime, heard: Heard | None = None
) -> Complaint:
    """Decline the proposed answer; the complaint is looked into again, and its days begin anew."""
    with transaction.atomic():
        complaint = locked(reference)
        actor = speaker(complaint, by, facts.Action.ACCEPT_RESOLUTION, at, heard)
        step(complaint, Act.DECLINE, by=by, at=at, text=text, actor=actor, heard=heard)
        _answered(complaint, Answer.DECLINED, at)
        restart_clocks(complaint, at=at, duties=(Duty.PROPOSE, Duty.EXPLAIN_DELAY))
        if heard is None:
            tell_desk(complaint, "The customer declined the answer", at=at)
        escalate_unhappy(complaint, at)
    return complaint


def finish_task(
    *, reference: str, by: User | None, at: datetime, heard: Heard | None = None, text: str = ""
) -> Complaint:
    """Note that the customer has done their own part; the days to carry it out start now.

    Raises StepRefused where no such part is open. Staff who see it done themselves say so.
    """
    with transaction.atomic():
        complaint = locked(reference)
        proposal = accepted_proposal(complaint)
        open_task = proposal and proposal.customer_task and proposal.task_done_at is None
        if complaint.state != State.IMPLEMENTING or proposal is None or not open_task:
            raise StepRefused("The customer has nothing left to do here.")
        if by is not None and by.is_staff:
            actor = authority.with_customer(by, require_staff(complaint, by, at))
        else:
            actor = speaker(complaint, by, facts.Action.DISCUSS_ISSUE, at, heard)
        proposal.task_done_at = at
        proposal.save(update_fields=["task_done_at"])
        drop_deadlines(subject=reference, at=at, duties=[Duty.FOLLOW_UP])
        implementation_clock(complaint, at=at)
        happen(complaint, Happening.TASK_DONE, by=by, at=at, text=text, actor=actor, heard=heard)
    return complaint


def resolve_complaint(
    *,
    reference: str,
    by: User,
    text: str,
    at: datetime,
    confirms: bool = True,
    given_already: bool = False,
    told_by: Channel | None = None,
) -> Complaint:
    """Say that what was agreed has been carried out; what can be done by itself is done now.

    `confirms`: the customer is told in the same step, which is the written confirmation.
    `given_already`: the credit was given by hand before. Raises NeedsSecondPerson where one person
    may not give so much back alone, CreditRefused where the bill has no room for it, and
    StepRefused where a technician or a piece of equipment is still to come.
    """
    with transaction.atomic():
        complaint = locked(reference)
        proposal = accepted_proposal(complaint)
        event = step(complaint, Act.RESOLVE, by=by, at=at)
        meet_deadline(subject=reference, duty=Duty.IMPLEMENT, at=at)
        if proposal is not None:
            done = do_remedies(complaint, proposal, by=by, at=at)
            give_credit(complaint, proposal, by=by, at=at, given_already=given_already)
            text = "\n\n".join([text, *done])
            proposal.carried_out_at = at
            proposal.save(update_fields=["carried_out_at"])
        confirmation_clock(complaint, at=at)
        if confirms:
            event.notice = _confirmation(complaint, text, told_by, at)
            event.channel = way_told(complaint, told_by)
            event.text = text
            event.save(update_fields=["notice", "channel", "text"])
        else:
            happen(complaint, Happening.NOTE, by=by, at=at, text=text, for_staff_only=True)
    return complaint


def confirm_outcome(
    *, reference: str, by: User, text: str, at: datetime, told_by: Channel | None = None
) -> Complaint:
    """Confirm to the customer what was carried out (RF-CMP-12). Raises StepRefused before that."""
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        if complaint.state != State.RESOLVED:
            raise StepRefused("First carry out what was agreed; then confirm it.")
        notice = _confirmation(complaint, text, told_by, at)
        happen(
            complaint,
            Happening.CONFIRM,
            by=by,
            at=at,
            text=text,
            actor=actor,
            channel=way_told(complaint, told_by),
            notice=notice,
        )
    return complaint


def _confirmation(
    complaint: Complaint, text: str, told_by: Channel | None, at: datetime
) -> Notice | None:
    return letter(
        complaint,
        "What we agreed has been done",
        text,
        at=at,
        told_by=told_by,
        meets=(Duty.CONFIRM,),
    )
