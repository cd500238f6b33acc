"""Contested amounts, which nobody chases while they are looked into."""

from __future__ import annotations

from django.db import models

from billing.invoices.models import Invoice
from records.fields import MoneyField

from .states import HoldStatus


class Hold(models.Model):
    """A part of an invoice that a complaint contests."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="holds")
    amount = MoneyField()
    complaint = models.CharField(max_length=20, help_text="Reference of the complaint.")
    status = models.CharField(max_length=10, choices=HoldStatus, default=HoldStatus.OPEN)
    is_private = models.BooleanField(
        default=False, help_text="Its complaint is about somebody's safety: shown to nobody."
    )
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "complaint"],
                condition=models.Q(status=HoldStatus.OPEN),
                name="held_once_at_a_time",
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="hold_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.invoice}"
