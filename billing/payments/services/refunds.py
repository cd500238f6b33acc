"""Give credit back as money, or give up what is owed: two people above the limit."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.invoices.models import Invoice
from billing.ledger.models import OpenItem
from billing.ledger.selectors import credit_of
from billing.ledger.services import Leg, post
from billing.ledger.states import LedgerAccount, PostingKind
from billing.payments.models import Refund
from billing.payments.states import REFUND, RefundAct, RefundState
from parties.accounts.models import Account
from parties.accounts.selectors import needs_second_person
from parties.authority.selectors import local_day
from parties.people.models import User
from records.audit.services import Actor, record
from terms.money import in_dollars

from .allocating import lock_account
from .amounts import require_amount
from .credit_notes import require_second_person
from .receipts import tell_paid_back


class RefundRefused(Exception):
    """There is less credit than was asked for, or the same person would decide."""


def ask_refund(
    *, account: Account, amount: Decimal, reason: str, by: User, at: datetime
) -> Refund:
    """Ask to pay credit back, in dollars; up to the provider's limit one person is enough.

    Raises PaymentRefused for what is no amount, RefundRefused above the credit.
    """
    require_amount(amount)
    with transaction.atomic():
        locked = lock_account(account)
        _require_credit(locked, amount)
        row = Refund.objects.create(
            account=locked,
            amount=amount,
            reason=reason,
            asked_at=at,
            asked_by=str(by),
            asked_by_id_no=by.pk,
        )
        record(
            account_id=locked.pk,
            at=at,
            action="ask_refund",
            actor=Actor(user_id=by.pk, name=str(by)),
            subject=str(row.public_id),
            reason=reason,
            after={"amount": str(amount)},
        )
        if not needs_second_person(locked.customer.provider, amount):
            _pay(row, by=by, at=at)
    return row


def decide_refund(*, refund: Refund, approve: bool, by: User, at: datetime) -> Refund:
    """Approve or refuse a refund that somebody else asked for.

    Raises RefundRefused if it is one's own or the credit is gone, IllegalStep if it is decided.
    """
    with transaction.atomic():
        lock_account(refund.account)
        row = Refund.objects.select_for_update(of=("self",)).get(pk=refund.pk)
        if row.asked_by_id_no == by.pk:
            raise RefundRefused("Whoever asked can't decide: another person has to.")
        if approve:
            _pay(row, by=by, at=at)
        else:
            row.state = REFUND.after(RefundState(row.state), RefundAct.REFUSE)
            _decided(row, by, at)
    return row


def write_off(
    *,
    invoice: Invoice,
    amount: Decimal,
    reason: str,
    by: User,
    approved_by: User | None,
    at: datetime,
) -> Decimal:
    """Give up a part of what an invoice owes, in dollars. Return what is left open.

    Raises NeedsSecondPerson, PaymentRefused, RefundRefused above what is open.
    """
    require_amount(amount)
    with transaction.atomic():
        account = lock_account(invoice.account)
        require_second_person(account, amount, by, approved_by)
        item = OpenItem.objects.get(invoice=invoice)
        if amount > item.amount:
            raise RefundRefused(f"{in_dollars(item.amount)} is open; give no more up than that.")
        on = local_day(account, at)
        post(
            provider=account.customer.provider,
            kind=PostingKind.WRITE_OFF,
            day=on,
            key=f"write_off:{invoice.number}:{at.isoformat()}",
            legs=[
                Leg(to=LedgerAccount.WRITE_OFF, amount=amount),
                Leg(
                    to=LedgerAccount.RECEIVABLE,
                    amount=-amount,
                    account=account,
                    invoice_id=invoice.pk,
                ),
            ],
            at=at,
        )
        record(
            account_id=account.pk,
            at=at,
            action="write_off",
            actor=Actor(user_id=by.pk, name=str(by)),
            subject=invoice.number,
            reason=reason,
            after={"amount": str(amount), "approved_by": str(approved_by or "")},
        )
        left: Decimal = OpenItem.objects.get(invoice=invoice).amount
        return left


def _pay(row: Refund, *, by: User, at: datetime) -> None:
    account = row.account
    _require_credit(account, row.amount)
    row.state = REFUND.after(RefundState(row.state), RefundAct.APPROVE)
    row.posting = post(
        provider=account.customer.provider,
        kind=PostingKind.REFUND,
        day=local_day(account, at),
        key=f"refund:{row.public_id}",
        legs=[
            Leg(to=LedgerAccount.CREDIT, amount=row.amount, account=account),
            Leg(to=LedgerAccount.CLEARING, amount=-row.amount, detail="refund"),
        ],
        at=at,
    )
    _decided(row, by, at)
    tell_paid_back(row, at)


def _decided(row: Refund, by: User, at: datetime) -> None:
    row.decided_at, row.decided_by = at, str(by)
    row.save(update_fields=["state", "decided_at", "decided_by", "posting"])
    record(
        account_id=row.account_id,
        at=at,
        action="decide_refund",
        actor=Actor(user_id=by.pk, name=str(by)),
        subject=str(row.public_id),
        after={"state": row.state, "amount": str(row.amount)},
    )


def _require_credit(account: Account, amount: Decimal) -> None:
    credit = credit_of(account)
    if amount > credit:
        raise RefundRefused(f"There is {in_dollars(credit)} of credit; no more can be paid back.")
