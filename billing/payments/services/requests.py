"""Ask to give back or give up a part of a bill; above the limit another person decides."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.invoices.models import Invoice, InvoiceLine
from billing.ledger.models import OpenItem
from billing.payments.models import MoneyRequest
from billing.payments.states import MONEY_REQUEST, RefundAct, RequestKind, RequestState
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.people.models import User
from records.audit.services import Actor, record
from terms.money import in_dollars

from .amounts import require_amount
from .credit_notes import (
    NeedsSecondPerson,
    credit_line,
    issue_credit_note,
    require_room,
    require_second_person,
)
from .late_charges import take_back_late_charges
from .refunds import RefundRefused, write_off


def ask_money(
    *,
    kind: RequestKind,
    invoice: Invoice,
    amount: Decimal,
    reason: str,
    by: User,
    at: datetime,
    line: InvoiceLine | None = None,
) -> MoneyRequest:
    """Ask for a credit note or a write-off, in dollars, GST included.

    Up to the provider's limit it is done at once; above it the request waits for another person.
    What could not be done now is not asked for either. Raises PaymentRefused, CreditRefused,
    RefundRefused.
    """
    require_amount(amount)
    with transaction.atomic():
        account = lock_account(invoice.account_id)
        row = MoneyRequest.objects.create(
            kind=kind,
            invoice=invoice,
            line=line,
            amount=amount,
            reason=reason,
            asked_at=at,
            asked_by=by,
        )
        _note(row, "ask_money", by, at)
        _require_possible(row)
        if not needs_two(account, amount, by):
            _carry_out(row, approved_by=None, at=at)
    return row


def needs_two(account: Account, amount: Decimal, by: User) -> bool:
    """Whether an amount is above what one person of the account's provider may give alone."""
    try:
        require_second_person(account, amount, by, None)
    except NeedsSecondPerson:
        return True
    return False


def decide_money(*, request: MoneyRequest, approve: bool, by: User, at: datetime) -> MoneyRequest:
    """Approve or refuse what somebody else asked for.

    Raises NeedsSecondPerson for one's own, IllegalStep if it is decided, and what carrying it
    out raises.
    """
    with transaction.atomic():
        lock_account(request.invoice.account_id)
        row = (
            MoneyRequest.objects.select_for_update(of=("self",))
            .select_related("invoice__account", "asked_by", "line")
            .get(pk=request.pk)
        )
        if row.asked_by_id == by.pk:
            raise NeedsSecondPerson("Whoever asks can't decide: another person has to.")
        if approve:
            MONEY_REQUEST.after(RequestState(row.state), RefundAct.APPROVE)
            row.decided_by = by
            _carry_out(row, approved_by=by, at=at)
        else:
            row.state = MONEY_REQUEST.after(RequestState(row.state), RefundAct.REFUSE)
            row.decided_by, row.decided_at = by, at
            row.save(update_fields=["state", "decided_by", "decided_at"])
        _note(row, "decide_money", by, at)
    return row


def _carry_out(row: MoneyRequest, *, approved_by: User | None, at: datetime) -> None:
    row.state, row.decided_at = RequestState.DONE, at
    if row.kind == RequestKind.CREDIT_NOTE:
        row.credit_note = issue_credit_note(
            invoice=row.invoice,
            reason=row.reason,
            at=at,
            lines=[credit_line(row.line, row.amount)] if row.line else (),
            amount=None if row.line else row.amount,
            asked_by=row.asked_by,
            approved_by=approved_by,
            actor=Actor(user_id=row.asked_by_id, name=str(row.asked_by)),
        )
        # What was not owed was not late either.
        take_back_late_charges(account=row.invoice.account, at=at)
    else:
        write_off(
            invoice=row.invoice,
            amount=row.amount,
            reason=row.reason,
            by=row.asked_by,
            approved_by=approved_by,
            at=at,
        )
    row.save(update_fields=["state", "decided_by", "decided_at", "credit_note"])


def _require_possible(row: MoneyRequest) -> None:
    """Raise CreditRefused or RefundRefused for what could not be done now."""
    if row.kind == RequestKind.CREDIT_NOTE:
        lines = [credit_line(row.line, row.amount)] if row.line else []
        require_room(row.invoice, lines, row.amount)
        return
    left = OpenItem.objects.get(invoice=row.invoice).amount
    if row.amount > left:
        raise RefundRefused(f"{in_dollars(left)} is open; give no more up than that.")


def _note(row: MoneyRequest, action: str, by: User, at: datetime) -> None:
    record(
        account_id=row.invoice.account_id,
        at=at,
        action=action,
        actor=Actor(user_id=by.pk, name=str(by)),
        subject=row.invoice.number,
        reason=row.reason,
        after={"kind": row.kind, "amount": str(row.amount), "state": row.state},
    )
