"""What an outcome does: money that moves, court steps that wait, clocks that end."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum

from billing.disputes.models import Hold
from billing.disputes.services import end_hold
from billing.disputes.states import HoldStatus
from billing.ledger.models import OpenItem
from billing.ledger.services import move_due_date
from billing.payments.services import (
    apply_credit,
    issue_credit_note,
    take_back_late_charges,
)
from complaints.clocks.services import binding_of
from complaints.lodging.services import hold_contested
from complaints.tickets.models import Complaint, Proposal
from complaints.tickets.services import allow_cutting
from complaints.tickets.states import LIFECYCLE, Act, Answer, Ending, State
from parties.accounts.selectors import binding
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.people.models import User
from records.audit import services as audit
from records.deadlines.services import drop_deadlines
from terms import rules
from terms.calendar import State as CalendarState
from terms.clause import as_json
from terms.facts import BadFacts
from terms.money import ZERO
from terms.profile import TermsSilent

from .merging import part_all
from .steps import happen, locked


def bar_court_steps(complaint: Complaint, at: datetime) -> None:
    """Keep the first day on which a court step is possible after this outcome (RF-TCP-19)."""
    on = authority.local_day(complaint.account, at)
    try:
        answer = binding_of(complaint, on=on).decide(
            rules.legal_action_hold,
            outcome_advised_on=on,
            state=CalendarState(complaint.account.state),
        )
    except TermsSilent:
        return
    complaint.no_court_before = answer.not_before
    complaint.save(update_fields=["no_court_before"])


def give_credit(
    complaint: Complaint, proposal: Proposal, *, by: User, at: datetime, given_already: bool
) -> None:
    """Give back what was agreed, and end the hold of the contested amount with it.

    What was contested beyond that is payable as after an outcome against it. Raises CreditRefused,
    and NeedsSecondPerson where who proposed it carries it out alone.
    """
    if proposal.credit is None or proposal.invoice is None:
        return
    if not given_already:
        issue_credit_note(
            invoice=proposal.invoice,
            amount=proposal.credit,
            # Nobody but who lodged it may learn of a complaint about somebody's safety.
            reason="A correction"
            if complaint.safety_threat
            else f"Complaint {complaint.reference}",
            tells=not complaint.safety_threat,
            at=at,
            asked_by=proposal.by,
            approved_by=by if by != proposal.by else None,
            actor=audit.Actor(user_id=by.pk, name=str(by)),
        )
    held = Hold.objects.filter(complaint=complaint.reference, status=HoldStatus.OPEN).first()
    upheld = held is not None and proposal.credit >= held.amount
    for hold in end_hold(complaint=complaint.reference, upheld=upheld, at=at):
        if not upheld:
            _settle(hold, at)
    take_back_late_charges(account=complaint.account, at=at)


def hold_again(complaint: Complaint, *, at: datetime) -> None:
    """Hold anew what a complaint that goes on still contests, and bar court steps with it.

    That is what it contested and did not get back, and never more than is open and not held by
    others. Where the right to wait has ended with our own investigation, as terms may have it
    (GL-DISP-06), it is said that it stays payable (RF-TCP-18, RF-TCP-19).
    """
    complaint.no_court_before = None
    complaint.save(update_fields=["no_court_before"])
    invoice, contested = complaint.disputed_invoice, complaint.disputed_amount
    if invoice is None or not contested:
        return
    lock_account(complaint.account_id)
    mine = Hold.objects.filter(complaint=complaint.reference, invoice=invoice)
    # What runs still runs; what was upheld came back as a whole.
    if mine.exclude(status=HoldStatus.DISMISSED).exists():
        return
    given = complaint.proposals.filter(invoice=invoice, carried_out_at__isnull=False)
    back = given.aggregate(sum=Sum("credit"))["sum"] or ZERO
    item = OpenItem.objects.get(invoice=invoice)
    amount = min(contested - back, item.amount - item.held)
    if amount > ZERO:
        hold_contested(complaint, amount, at=at)


def finish(complaint: Complaint, *, upheld: bool, at: datetime) -> None:
    """End what runs: open clocks, an unanswered proposal, and the hold as the outcome says."""
    complaint.closed_at = at
    complaint.save(update_fields=["closed_at"])
    complaint.proposals.filter(answer=Answer.OPEN).update(answer=Answer.LAPSED)
    drop_deadlines(subject=complaint.reference, at=at)
    allow_cutting(complaint, at=at)
    for hold in end_hold(complaint=complaint.reference, upheld=upheld, at=at):
        _settle(hold, at)
    if complaint.state == State.WITHDRAWN or complaint.ending == Ending.VEXATIOUS:
        part_all(complaint, at=at)
        return
    for gone in complaint.merged.filter(state=State.MERGED):
        _end_with(gone, complaint, upheld=upheld, at=at)


def _end_with(row: Complaint, other: Complaint, *, upheld: bool, at: datetime) -> None:
    """End what was answered together with another as that one ended; its person was told so."""
    gone = locked(row.reference)
    gone.state = LIFECYCLE.after(State(gone.state), Act.CLOSE)
    gone.ending, gone.cause = other.ending, gone.cause or other.cause
    gone.no_court_before = other.no_court_before
    gone.save(update_fields=["state", "ending", "cause", "no_court_before"])
    words = f"{Ending(other.ending).label}, as of the one that it was answered with."
    happen(gone, Act.CLOSE, by=None, at=at, text=words)
    finish(gone, upheld=upheld, at=at)


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
        credit, pay_by, because = hold.amount if upheld else ZERO, None, []
    else:
        credit, pay_by, because = answer.credit, answer.pay_by, as_json(answer.because)
    # What is contested is never paid meanwhile: what of it is open no more came back already, to
    # the first of two who contested the same, or with a late charge that fell away.
    credit = min(credit, OpenItem.objects.get(invoice=invoice).amount)
    if credit > ZERO:
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
    apply_credit(account=lock_account(account.pk), on=on, at=at)
