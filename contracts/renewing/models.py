"""Renewals of a minimum term, as they were shown, agreed to and carried out."""

from __future__ import annotations

import uuid

from django.db import models

from contracts.supply.models import Service
from parties.people.models import User
from records.fields import MoneyField

from .states import STANDS, RenewalState


class TermRenewal(models.Model):
    """Another minimum term of a service that follows the one of now without a gap.

    `monthly` is what is paid a month for all units and `total` over the new term, in dollars, GST
    included, both as they were shown.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="renewals")
    state = models.CharField(max_length=10, choices=RenewalState)
    months = models.PositiveSmallIntegerField()
    starts_on = models.DateField("new term from")
    ends_on = models.DateField("new term to", help_text="Last day of the new minimum term.")
    monthly = MoneyField()
    total = MoneyField(help_text="Over the new term, GST included.")
    brings_handsets = models.BooleanField("new handsets", default=False)
    because = models.JSONField(default=list, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    authority = models.CharField(max_length=60, blank=True, help_text="The appointment relied on.")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_why = models.CharField(max_length=300, blank=True)
    handsets_on = models.DateField(
        "handsets brought on", null=True, blank=True, help_text="When the new ones were brought."
    )

    class Meta:
        verbose_name = "renewal of a minimum term"
        verbose_name_plural = "renewals of minimum terms"
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["service"],
                condition=models.Q(state__in=STANDS),
                name="one_standing_renewal",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gt=models.F("starts_on")),
                name="renewal_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} to {self.ends_on}"
