"""What will be billed: metered usage and one-off charges."""

from __future__ import annotations

from django.db import models

from parties.accounts.models import Account
from records.fields import MoneyField

from .states import ChargeKind, Gst


class Charge(models.Model):
    """A one-off amount that the next invoice carries; each is billed once."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="charges")
    kind = models.CharField(max_length=12, choices=ChargeKind, default=ChargeKind.ONE_OFF)
    source = models.CharField(max_length=60, help_text="What it stems from; charged once for it.")
    description = models.CharField(max_length=200)
    amount = MoneyField(help_text="GST included where it is taxable.")
    gst = models.CharField(max_length=8, choices=Gst, default=Gst.TAXABLE)
    incurred_on = models.DateField()
    because = models.JSONField(default=list, blank=True)
    line = models.OneToOneField(
        "billing.InvoiceLine",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="charge",
    )

    class Meta:
        ordering = ["incurred_on"]
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "source"], name="charged_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="charge_is_positive"),
        ]

    def __str__(self) -> str:
        return self.description
