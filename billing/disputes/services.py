"""Hold a contested amount, and end the hold with its complaint."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.invoices.models import Invoice
from records.audit.services import record

from .models import Hold
from .states import HoldStatus


class AmountTooHigh(Exception):
    """More was contested than the invoice charges."""


def hold_amount(
    *,
    invoice: Invoice,
    amount: Decimal,
    complaint: str,
    at: datetime,
    is_private: bool = False,
) -> Hold:
    """Stop collecting a contested amount. Raises AmountTooHigh above the invoice's total.

    `is_private` keeps it, and what is recorded of it, from everybody who sees the account.
    """
    if amount > invoice.total_inc:
        raise AmountTooHigh(
            f"Invoice {invoice.number} is for {invoice.total_inc}; no more can be disputed."
        )
    with transaction.atomic():
        hold = Hold.objects.create(
            invoice=invoice,
            amount=amount,
            complaint=complaint,
            opened_at=at,
            is_private=is_private,
        )
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


def end_hold(*, complaint: str, upheld: bool, at: datetime) -> int:
    """End what a complaint holds; return how many holds there were."""
    status = HoldStatus.UPHELD if upheld else HoldStatus.DISMISSED
    with transaction.atomic():
        holds = list(
            Hold.objects.select_for_update(of=("self",))
            .filter(complaint=complaint, status=HoldStatus.OPEN)
            .select_related("invoice")
        )
        for hold in holds:
            hold.status, hold.ended_at = status, at
            hold.save(update_fields=["status", "ended_at"])
            record(
                account_id=hold.invoice.account_id,
                at=at,
                action="end_hold",
                subject="" if hold.is_private else hold.invoice.number,
                is_private=hold.is_private,
                before={"hold": HoldStatus.OPEN.value},
                after={"hold": status.value, "complaint": complaint},
            )
    return len(holds)
