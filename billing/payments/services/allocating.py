"""Tie credit to invoices, and untie it again."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db.models import Sum

from billing.invoices.models import CreditNote
from billing.ledger.models import OpenItem
from billing.ledger.selectors import open_items
from billing.ledger.services import Leg, post
from billing.ledger.states import LedgerAccount, PostingKind
from billing.payments.models import Allocation, Payment
from billing.payments.selectors import free_credit
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from terms import rules
from terms.money import ZERO
from terms.rules.payment import Balance


def apply_credit(*, account: Account, on: date, at: datetime) -> list[Allocation]:
    """Let credit pay what is open and not contested, oldest money and oldest invoice first.

    The caller holds the account's lock.
    """
    made: list[Allocation] = []
    bound = None
    for source, part in unspent_money(account):
        free = {
            item.invoice_id: item for item in open_items(account) if item.amount - item.held > ZERO
        }
        if not free:
            break
        named = _named(source)
        if named in free:
            take = min(part, free[named].amount - free[named].held)
            made.append(_allocate(source, free.pop(named), take, on, at))
            part -= take
        if part <= ZERO or not free:
            continue
        bound = bound or binding(account, on)
        answer = bound.decide(
            rules.payment_allocation,
            balances=tuple(
                Balance(
                    invoice=str(item.invoice_id),
                    date=item.invoice.issue_date,
                    amount=item.amount - item.held,
                )
                for item in free.values()
            ),
            payment=part,
        )
        for applied in answer.applied:
            made.append(_allocate(source, free[int(applied.invoice)], applied.amount, on, at))
    return made


def allocate_note(*, note: CreditNote, item: OpenItem, on: date, at: datetime) -> None:
    """Let a credit note pay the invoice that it corrects, up to what of it is open."""
    part = min(note.total_inc, item.amount)
    if part > ZERO:
        _allocate(note, item, part, on, at)


def unspent_money(account: Account) -> list[tuple[Payment | CreditNote, Decimal]]:
    """Payments and credit notes with what of them, in dollars, is still credit; oldest first.

    What was paid back, or waits to be, is gone from the oldest: later money never stands in for
    it, or it would pay with an earlier day than its own and go on paying after it was reversed.
    """
    credit = free_credit(account)
    if credit <= ZERO:
        return []
    found: list[tuple[date, int, Payment | CreditNote, Decimal]] = []
    payments = Payment.objects.filter(account=account, reversed_on__isnull=True)
    for payment in payments.order_by("received_on", "pk"):
        found.append((payment.received_on, payment.pk, payment, payment.amount))
    for note in CreditNote.objects.filter(account=account).order_by("issue_date", "pk"):
        found.append((note.issue_date, note.pk, note, note.total_inc))
    used = _used(account)
    rows = [
        (source, amount - used.get((type(source).__name__, source.pk), ZERO))
        for _, _, source, amount in sorted(found, key=lambda row: row[:2])
    ]
    gone = sum((rest for _, rest in rows), ZERO) - credit
    left: list[tuple[Payment | CreditNote, Decimal]] = []
    for source, rest in rows:
        missing = min(max(gone, ZERO), rest)
        gone -= missing
        if rest > missing:
            left.append((source, rest - missing))
    return left


def _used(account: Account) -> dict[tuple[str, int], Decimal]:
    live = Allocation.objects.filter(invoice__account=account, undone_on__isnull=True).order_by()
    used: dict[tuple[str, int], Decimal] = {}
    for name, column in (("Payment", "payment"), ("CreditNote", "credit_note")):
        rows = live.filter(**{f"{column}__isnull": False}).values(column)
        for row in rows.annotate(sum=Sum("amount")):
            used[name, row[column]] = row["sum"]
    return used


def _named(source: Payment | CreditNote) -> int | None:
    return source.towards_id if isinstance(source, Payment) else source.invoice_id


def _allocate(
    source: Payment | CreditNote, item: OpenItem, amount: Decimal, on: date, at: datetime
) -> Allocation:
    account = item.account
    row = Allocation.objects.create(
        payment=source if isinstance(source, Payment) else None,
        credit_note=source if isinstance(source, CreditNote) else None,
        invoice_id=item.invoice_id,
        amount=amount,
        applied_on=on,
    )
    post(
        provider=account.customer.provider,
        kind=PostingKind.ALLOCATION,
        day=on,
        key=f"allocation:{row.pk}",
        legs=[
            Leg(to=LedgerAccount.CREDIT, amount=amount, account=account),
            Leg(
                to=LedgerAccount.RECEIVABLE,
                amount=-amount,
                account=account,
                invoice_id=item.invoice_id,
            ),
        ],
        at=at,
    )
    return row


def undo_allocation(allocation: Allocation, on: date, at: datetime) -> None:
    account = allocation.invoice.account
    post(
        provider=account.customer.provider,
        kind=PostingKind.REVERSAL,
        day=on,
        key=f"allocation:{allocation.pk}:undone",
        legs=[
            Leg(to=LedgerAccount.CREDIT, amount=-allocation.amount, account=account),
            Leg(
                to=LedgerAccount.RECEIVABLE,
                amount=allocation.amount,
                account=account,
                invoice_id=allocation.invoice_id,
            ),
        ],
        at=at,
    )
    allocation.undone_on = on
    allocation.save(update_fields=["undone_on"])


def untie_later_money(payment: Payment, *, on: date, at: datetime) -> None:
    """Let money that was received earlier, but is booked only now, pay in its turn.

    What later money paid without being meant for it is untied, to be applied again in order of
    receipt.
    """
    later = Allocation.objects.filter(
        payment__account=payment.account,
        payment__received_on__gt=payment.received_on,
        payment__towards__isnull=True,
        undone_on__isnull=True,
    )
    for row in later.select_related("invoice__account__customer__provider"):
        undo_allocation(row, on, at)
