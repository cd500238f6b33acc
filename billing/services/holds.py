"""Hold a contested amount, and end the hold with its complaint."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.models import Hold, Invoice
from billing.states import HoldStatus
from records.audit.services import record


class AmountTooHigh(Exception):
    """More was contested than the invoice charges."""


def hold_amount(*, invoice: Invoice, amount: Decimal, complaint: str, at: datetime) -> Hold:
    """Stop collecting a contested amount. Raises AmountTooHigh above the invoice's total."""
    if amount > invoice.total_inc:
        raise AmountTooHigh(
            f"Invoice {invoice.number} is for {invoice.total_inc}; no more can be disputed."
        )
    with transaction.atomic():
        hold = Hold.objects.create(
            invoice=invoice, amount=amount, complaint=complaint, opened_at=at
        )
        record(
            account_id=invoice.account_id,
            at=at,
            action="hold_amount",
            subject=invoice.number,
            after={"amount": str(amount), "complaint": complaint},
        )
    return hold


def end_hold(*, complaint: str, upheld: bool, at: datetime) -> int:
    """End what a complaint holds; return how many holds there were."""
    status = HoldStatus.UPHELD if upheld else HoldStatus.DISMISSED
    return Hold.objects.filter(complaint=complaint, status=HoldStatus.OPEN).update(
        status=status, ended_at=at
    )
