"""The steps of a complaint after it was lodged. Each moves by the table, or is refused."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing.disputes.models import Hold
from billing.disputes.services import end_hold
from billing.disputes.states import HoldStatus
from billing.ledger.models import OpenItem
from billing.ledger.services import move_due_date
from billing.payments.services import (
    apply_credit,
    issue_credit_note,
    lock_account,
    take_back_late_charges,
)
from complaints.clocks.services import implementation_clock
from complaints.tickets.models import Complaint, Event
from complaints.tickets.states import LIFECYCLE, STAFF_ACTS, Act, Duty, State
from parties.accounts.selectors import binding
from parties.authority import selectors as authority
from parties.authority.selectors import account_standing
from parties.correspondence.services import tell
from parties.people.models import User
from records.audit import services as audit
from records.audit.services import record
from records.deadlines.services import drop_deadlines, meet_deadline
from records.notices.services import Link
from records.notices.states import GIVEN
from records.notices.states import Status as NoticeStatus
from records.sweeps import each
from terms import facts, rules
from terms.calendar import State as CalendarState
from terms.clause import dump
from terms.facts import BadFacts
from terms.money import NIL
from terms.profile import TermsSilent


def acknowledge_sent(*, at: datetime) -> int:
    """Mark complaints as acknowledged whose acknowledgement was given; return how many.

    However it was given: sent, or told by phone, letter or in person.
    """
    given = Complaint.objects.filter(
        state=State.RECEIVED, acknowledgement__status__in=GIVEN
    ).select_related("acknowledgement")
    return each(given, _acknowledge, at=at)


def _acknowledge(row: Complaint) -> int:
    notice = row.acknowledgement
    complaint = Complaint.objects.select_for_update().get(pk=row.pk)
    if complaint.state != State.RECEIVED or notice is None or notice.sent_at is None:
        return 0
    told = notice.status == NoticeStatus.TOLD
    text = "Told by our staff." if told else f"Sent by {notice.get_channel_display().lower()}."
    _step(complaint, Act.ACKNOWLEDGE, by=None, at=notice.sent_at, text=text)
    meet_deadline(subject=complaint.reference, duty=Duty.ACKNOWLEDGE, at=notice.sent_at)
    return 1


def start_investigation(*, reference: str, by: User, at: datetime) -> Complaint:
    """Take the complaint in hand.

    Raises IllegalStep unless it was acknowledged, and, as every step of staff, NotAuthorised.
    """
    with transaction.atomic():
        complaint = _locked(reference)
        complaint.assigned_to = by
        complaint.save(update_fields=["assigned_to"])
        _step(complaint, Act.INVESTIGATE, by=by, at=at)
    return complaint


def ask_customer(*, reference: str, by: User, text: str, at: datetime) -> Complaint:
    """Ask the customer for something; the answer brings the complaint back."""
    with transaction.atomic():
        complaint = _locked(reference)
        _step(complaint, Act.ASK_CUSTOMER, by=by, at=at, text=text)
        _tell(complaint, "We need something from you", text, at)
    return complaint


def add_message(*, reference: str, by: User, text: str, at: datetime) -> Complaint:
    """Add the customer's words; they also answer an open question."""
    with transaction.atomic():
        complaint = _locked(reference)
        _require(complaint, by, facts.Action.DISCUSS_ISSUE, at)
        if complaint.state == State.WAITING_FOR_CUSTOMER:
            _step(complaint, Act.CUSTOMER_ANSWERS, by=by, at=at, text=text)
        else:
            Event.objects.create(complaint=complaint, at=at, by=by, act="message", text=text)
            record(
                account_id=complaint.account_id,
                at=at,
                action="complaint_message",
                actor=audit.Actor(user_id=by.pk, name=str(by)),
                subject=complaint.reference,
            )
    return complaint


def propose_resolution(*, reference: str, by: User, text: str, at: datetime) -> Complaint:
    """Offer an answer, which the customer may accept or decline."""
    with transaction.atomic():
        complaint = _locked(reference)
        _step(complaint, Act.PROPOSE, by=by, at=at, text=text)
        meet_deadline(subject=reference, duty=Duty.PROPOSE, at=at)
        drop_deadlines(subject=reference, at=at, duties=[Duty.EXPLAIN_DELAY])
        _tell(complaint, "Our proposed answer", text, at)
    return complaint


def accept_proposal(
    *, reference: str, by: User, at: datetime, together_with: User | None = None
) -> Complaint:
    """Accept the proposed answer, which starts the clock to carry it out.

    `together_with` is the customer who confirmed it for their advocate. Raises NotAuthorised for
    someone who may not decide for the customer.
    """
    with transaction.atomic():
        complaint = _locked(reference)
        action = facts.Action.ACCEPT_RESOLUTION
        present = together_with is not None
        decision = _require(complaint, by, action, at, customer_present=present)
        actor = authority.with_customer(by, decision, together_with)
        _step(complaint, Act.ACCEPT, by=by, at=at, actor=actor)
        implementation_clock(complaint, at=at)
    return complaint


def decline_proposal(*, reference: str, by: User, text: str, at: datetime) -> Complaint:
    """Decline the proposed answer; the complaint is looked into again."""
    with transaction.atomic():
        complaint = _locked(reference)
        _require(complaint, by, facts.Action.ACCEPT_RESOLUTION, at)
        _step(complaint, Act.DECLINE, by=by, at=at, text=text)
    return complaint


def resolve_complaint(*, reference: str, by: User, text: str, at: datetime) -> Complaint:
    """Say that what was agreed has been carried out."""
    with transaction.atomic():
        complaint = _locked(reference)
        _step(complaint, Act.RESOLVE, by=by, at=at, text=text)
        meet_deadline(subject=reference, duty=Duty.IMPLEMENT, at=at)
        _tell(complaint, "What we agreed has been done", text, at)
    return complaint


def close_complaint(*, reference: str, by: User, upheld: bool, at: datetime) -> Complaint:
    """Close a complaint that was accepted and carried out; a contested amount is released."""
    with transaction.atomic():
        complaint = _locked(reference)
        _step(complaint, Act.CLOSE, by=by, at=at)
        _finish(complaint, upheld=upheld, at=at)
    return complaint


def withdraw_complaint(*, reference: str, by: User, at: datetime) -> Complaint:
    """Withdraw the complaint; its clocks stop and what was missed stays on record."""
    with transaction.atomic():
        complaint = _locked(reference)
        _require(complaint, by, facts.Action.LODGE_COMPLAINT, at)
        _step(complaint, Act.WITHDRAW, by=by, at=at)
        _finish(complaint, upheld=False, at=at)
    return complaint


def _locked(reference: str) -> Complaint:
    return (
        Complaint.objects.select_for_update(of=("self",))
        .select_related("account__customer__provider", "lodged_by")
        .get(reference=reference)
    )


def _require(
    complaint: Complaint,
    by: User,
    action: facts.Action,
    at: datetime,
    *,
    customer_present: bool = False,
) -> authority.Decision:
    on = authority.local_day(complaint.account, at)
    return authority.require(
        by, action, complaint.account, on=on, at=at, customer_present=customer_present
    )


def _step(
    complaint: Complaint,
    act: Act,
    *,
    by: User | None,
    at: datetime,
    text: str = "",
    actor: audit.Actor | None = None,
) -> None:
    if actor is None and by is not None and act in STAFF_ACTS:
        actor = authority.with_customer(by, _require_staff(complaint, by, at))
    before = complaint.state
    complaint.state = LIFECYCLE.after(State(before), act)
    complaint.save(update_fields=["state"])
    Event.objects.create(complaint=complaint, at=at, by=by, act=act, text=text)
    record(
        account_id=complaint.account_id,
        at=at,
        action=f"complaint_{act.value}",
        actor=actor or _actor(by),
        subject=complaint.reference,
        before={"state": before},
        after={"state": complaint.state},
    )


def _require_staff(complaint: Complaint, by: User, at: datetime) -> authority.Decision:
    """Work on complaints is for staff who may lodge one for a customer."""
    account = complaint.account
    action = facts.Action.LODGE_COMPLAINT
    decision = authority.staff_may(by, action, account, on=authority.local_day(account, at))
    if not decision.allowed:
        raise authority.NotAuthorised(decision, action)
    return decision


def _actor(by: User | None) -> audit.Actor:
    return audit.Actor(user_id=by.pk, name=str(by)) if by else audit.Actor()


def _finish(complaint: Complaint, *, upheld: bool, at: datetime) -> None:
    complaint.closed_at = at
    complaint.save(update_fields=["closed_at"])
    drop_deadlines(subject=complaint.reference, at=at)
    for hold in end_hold(complaint=complaint.reference, upheld=upheld, at=at):
        _settle(hold, at)


def _settle(hold: Hold, at: datetime) -> None:
    """Let the outcome move the money: credit what was wrong, date anew what stays payable."""
    invoice = hold.invoice
    account = invoice.account
    on = authority.local_day(account, at)
    upheld = hold.status == HoldStatus.UPHELD
    try:
        answer = binding(account, on).decide(
            rules.dispute_outcome,
            upheld=upheld,
            disputed_amount=hold.amount,
            due_date=invoice.due_date or invoice.issue_date,
            outcome_notified_on=on,
            tcp=account.customer.is_tcp,
            state=CalendarState(account.state),
        )
    except (TermsSilent, BadFacts):
        credit, pay_by, because = hold.amount if upheld else NIL, None, []
    else:
        credit, pay_by, because = answer.credit, answer.pay_by, dump(answer.because)
    # What is contested is never paid meanwhile: what of it is open no more came back already, to
    # the first of two who contested the same, or with a late charge that fell away.
    credit = min(credit, OpenItem.objects.get(invoice=invoice).amount)
    if credit > NIL:
        issue_credit_note(
            invoice=invoice,
            amount=credit,
            # What was contested in private is corrected without a word of why.
            reason="A correction" if hold.is_private else f"Complaint {hold.complaint}",
            tells=not hold.is_private,
            at=at,
            because=because,
        )
        take_back_late_charges(account=account, at=at)
        return
    if pay_by is not None and invoice.due_date and pay_by > invoice.due_date:
        move_due_date(invoice_id=invoice.pk, due_date=pay_by)
    # What was contested is so no more: money that waited as credit pays it.
    apply_credit(account=lock_account(account), on=on, at=at)


def _tell(complaint: Complaint, headline: str, text: str, at: datetime) -> None:
    person, account = complaint.lodged_by, complaint.account
    on = authority.local_day(account, at)
    to, name = person.email, str(person)
    if not authority.may(person, facts.Action.LODGE_COMPLAINT, account, on=on, at=at).allowed:
        # Who lodged it stands here no longer, so it is no longer theirs to hear.
        standing = account_standing(account, on)
        to, name = standing.to_email, standing.to_name
    tell(
        account,
        to=to,
        name=name,
        at=at,
        headline=f"{headline}: complaint {complaint.reference}",
        body=text,
        link=Link("complaint", complaint.reference),
        label="Open the complaint",
        belongs_to=complaint.reference,
        replies_to="complaints_email",
    )
