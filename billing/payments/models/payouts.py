"""What the gateway pays to the provider's bank in one sum."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from billing.payments.models.received import Payment
from parties.accounts.models import Provider
from records.fields import MoneyField


class Payout(models.Model):
    """A sum that the gateway paid out, as it told: payments, less what went back and its fees.

    The bank's file shows it as one row; matched to that row, what it is of leaves clearing.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="payouts")
    name = models.CharField("the gateway's name", max_length=120)
    day = models.DateField(help_text="The day on which the bank should have it.")
    amount = MoneyField(help_text="Below zero: the gateway took it from our bank account.")
    fees = MoneyField(help_text="What the gateway kept, GST included.")
    parts = models.JSONField(
        default=list,
        help_text="What it is of: the gateway's name of each payment or refund, and dollars.",
    )
    told_at = models.DateTimeField()
    payment = models.OneToOneField(
        Payment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payout",
        verbose_name="at our bank",
        help_text="The row of the bank's file.",
    )
    matched_at = models.DateTimeField(null=True, blank=True)
    matched_by = models.CharField(max_length=150, blank=True)
    matched_why = models.CharField("how one knows", max_length=200, blank=True)

    class Meta:
        ordering = ["-day", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "name"], name="payout_told_once")
        ]
        indexes = [
            models.Index(
                fields=["provider", "day"],
                condition=models.Q(payment__isnull=True),
                name="payouts_to_find",
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.day}: {self.amount}"

    @property
    def gross(self) -> Decimal:
        """What it is of, before fees, in dollars."""
        gross: Decimal = self.amount + self.fees
        return gross
