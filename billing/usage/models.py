"""What will be billed: metered usage and one-off charges."""

from __future__ import annotations

from django.db import models

from contracts.supply.models import Service
from records.fields import RateField


class UsageRecord(models.Model):
    """A call or a message, as metered; priced by the terms when it is billed."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="usage")
    kind = models.CharField(max_length=20)
    called = models.CharField("number called", max_length=20, blank=True)
    started_at = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    rate_per_minute = RateField("rate per minute, without GST")
    line = models.ForeignKey(
        "billing.InvoiceLine",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="usage",
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["service", "started_at"],
                condition=models.Q(line__isnull=True),
                name="usage_to_bill",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.seconds} s on {self.started_at:%Y-%m-%d}"
