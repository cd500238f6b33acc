"""Hold a contested amount, and end the hold with its complaint."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from billing.invoices.models import Invoice
from billing.ledger.models import OpenItem
from billing.ledger.services import set_held
from parties.accounts.models import Account
from records.audit.services import record
from terms.money import NIL, in_dollars

from .models import Hold
from .states import HoldStatus


class AmountTooHigh(Exception):
    """More was contested than of the invoice is open."""


def hold_amount(*, invoice: Invoice, amount: Decimal, complaint: str, at: datetime) -> Hold | None:
    """Stop collecting a contested amount, in dollars, GST included.

    All that is contested of an invoice is never more than what of it is open: where others
    contest it already, only the rest is held, and None is returned where nothing is left. A
    complaint that holds a part already keeps its hold. Raises AmountTooHigh above what is open.
    """
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=invoice.account_id)
        known = Hold.objects.filter(invoice=invoice, complaint=complaint).first()
        if known is not None:
            return known
        item = OpenItem.objects.get(invoice=invoice)
        if amount > item.amount:
            raise AmountTooHigh(
                f"{in_dollars(item.amount)} of invoice {invoice.number} is open; give no more "
                "than that."
            )
        part = min(amount, item.amount - _held(invoice))
        if part <= NIL:
            return None
        hold = Hold.objects.create(invoice=invoice, amount=part, complaint=complaint, opened_at=at)
        set_held(invoice_id=invoice.pk, amount=_held(invoice))
        record(
            account_id=invoice.account_id,
            at=at,
            action="hold_amount",
            subject=invoice.number,
            after={"amount": str(part), "complaint": complaint},
        )
    return hold


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
            Account.objects.select_for_update(no_key=True).get(pk=hold.invoice.account_id)
            hold.status, hold.ended_at = status, at
            hold.save(update_fields=["status", "ended_at"])
            set_held(invoice_id=hold.invoice_id, amount=_held(hold.invoice))
            record(
                account_id=hold.invoice.account_id,
                at=at,
                action="end_hold",
                subject=hold.invoice.number,
                before={"hold": HoldStatus.OPEN.value},
                after={"hold": status.value, "complaint": complaint},
            )
    return holds


def _held(invoice: Invoice) -> Decimal:
    found = Hold.objects.filter(invoice=invoice, status=HoldStatus.OPEN).aggregate(
        sum=Sum("amount")
    )["sum"]
    return found or NIL
