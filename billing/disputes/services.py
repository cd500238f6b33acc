"""Hold a contested amount, and end the hold with its complaint."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet, Sum

from billing.invoices.models import Invoice
from billing.ledger.models import OpenItem
from billing.ledger.services import set_contested
from parties.accounts.services import lock_account
from records.audit.services import record
from terms.money import ZERO, in_dollars

from .models import Hold
from .states import HoldStatus


class AmountTooHigh(Exception):
    """More was contested than of the invoice is open."""


def hold_amount(
    *,
    invoice: Invoice,
    amount: Decimal,
    complaint: str,
    at: datetime,
    is_private: bool = False,
) -> Hold:
    """Stop collecting a contested amount, in dollars, GST included.

    However many contest it, no more is held than is open. A complaint that holds a part already
    keeps its hold; one whose hold has ended, and that is open again, makes a new one.
    `is_private` keeps it, and what is recorded of it, from everybody who sees the account. Raises
    AmountTooHigh above what is open.
    """
    with transaction.atomic():
        lock_account(invoice.account_id)
        known = Hold.objects.filter(
            invoice=invoice, complaint=complaint, status=HoldStatus.OPEN
        ).first()
        if known is not None:
            return known
        item = OpenItem.objects.get(invoice=invoice)
        if amount > item.amount:
            raise AmountTooHigh(
                f"{in_dollars(item.amount)} of invoice {invoice.number} is open; give no more "
                "than that."
            )
        hold = Hold.objects.create(
            invoice=invoice,
            amount=amount,
            complaint=complaint,
            opened_at=at,
            is_private=is_private,
        )
        _keep_held(invoice)
        record(
            account_id=invoice.account_id,
            at=at,
            action="hold_amount",
            # What shares its subject with a private entry is hidden: not the whole bill.
            subject="" if is_private else invoice.number,
            after={"amount": str(amount), "complaint": complaint, "invoice": invoice.number},
            is_private=is_private,
        )
    return hold


def keep_private(*, complaint: str, at: datetime) -> int:
    """Keep from everybody what a complaint contests, once somebody's safety hangs on it.

    No page shows it from now on; it is collected from nobody all the same. Return how many holds.
    """
    with transaction.atomic():
        rows = list(
            Hold.objects.select_for_update(of=("self",))
            .filter(complaint=complaint, is_private=False)
            .select_related("invoice")
        )
        for hold in rows:
            lock_account(hold.invoice.account_id)
            hold.is_private = True
            hold.save(update_fields=["is_private"])
            _keep_held(hold.invoice)
            record(
                account_id=hold.invoice.account_id,
                at=at,
                action="hold_amount",
                after={"amount": str(hold.amount), "complaint": complaint},
                is_private=True,
            )
    return len(rows)


def end_hold(*, complaint: str, upheld: bool, at: datetime) -> list[Hold]:
    """End what a complaint holds and return it; a credit for what was upheld is its caller's."""
    status = HoldStatus.UPHELD if upheld else HoldStatus.DISMISSED
    with transaction.atomic():
        holds = list(
            Hold.objects.select_for_update(of=("self",))
            .filter(complaint=complaint, status=HoldStatus.OPEN)
            .select_related("invoice__account")
        )
        for hold in holds:
            lock_account(hold.invoice.account_id)
            hold.status, hold.ended_at = status, at
            hold.save(update_fields=["status", "ended_at"])
            _keep_held(hold.invoice)
            record(
                account_id=hold.invoice.account_id,
                at=at,
                action="end_hold",
                subject="" if hold.is_private else hold.invoice.number,
                is_private=hold.is_private,
                before={"hold": HoldStatus.OPEN.value},
                after={"hold": status.value, "complaint": complaint},
            )
    return holds


def _keep_held(invoice: Invoice) -> None:
    set_contested(
        invoice_id=invoice.pk,
        amount=_held(invoice),
        shown=_held(invoice, Hold.objects.filter(is_private=False)),
    )


def _held(invoice: Invoice, holds: QuerySet[Hold] | None = None) -> Decimal:
    rows = Hold.objects.all() if holds is None else holds
    found = rows.filter(invoice=invoice, status=HoldStatus.OPEN).aggregate(sum=Sum("amount"))
    return found["sum"] or ZERO
