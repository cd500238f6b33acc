"""Record payments and tie them to invoices."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.invoices.models import Invoice
from billing.payments import selectors as payments
from parties.accounts.models import Account
from records.audit.services import SYSTEM, Actor, record

from .models import Allocation, Payment


def record_payment(
    *,
    account: Account,
    amount: Decimal,
    received_on: date,
    method: str,
    reference: str,
    at: datetime,
    towards: Invoice | None = None,
    actor: Actor = SYSTEM,
) -> Payment:
    """Record money received, once per reference; it pays the chosen invoice, then the oldest."""
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        known = Payment.objects.filter(reference=reference).first()
        if known is not None:
            return known
        payment = Payment.objects.create(
            account=account,
            amount=amount,
            received_on=received_on,
            method=method,
            reference=reference,
        )
        _allocate(payment, towards)
        record(
            account_id=account.pk,
            at=at,
            action="record_payment",
            actor=actor,
            subject=reference,
            after={"amount": str(amount), "method": payment.get_method_display()},
        )
    return payment


def _allocate(payment: Payment, towards: Invoice | None) -> None:
    left = payment.amount
    unpaid = payments.unpaid_invoices(payment.account)
    if towards is not None:
        unpaid.sort(key=lambda one: one.pk != towards.pk)
    rows = []
    for invoice in unpaid:
        part = min(left, invoice.outstanding)
        if part > 0:
            rows.append(Allocation(payment=payment, invoice=invoice, amount=part))
            left -= part
    Allocation.objects.bulk_create(rows)
