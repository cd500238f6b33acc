"""Money received, and which invoices it pays."""

from __future__ import annotations

import uuid

from django.db import models

from billing.invoices.models import Invoice
from parties.accounts.models import Account
from records.fields import MoneyField

from .states import PaymentMethod


class Payment(models.Model):
    """Money received for an account."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payments")
    amount = MoneyField()
    received_on = models.DateField()
    method = models.CharField(max_length=14, choices=PaymentMethod)
    reference = models.CharField(max_length=60, unique=True)

    class Meta:
        ordering = ["-received_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_is_positive")
        ]

    def __str__(self) -> str:
        return f"{self.amount} on {self.received_on}"


class Allocation(models.Model):
    """The part of a payment that pays an invoice."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="allocations")
    amount = MoneyField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "invoice"], name="allocated_once"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="allocation_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.payment} to {self.invoice}"
