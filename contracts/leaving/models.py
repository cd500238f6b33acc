"""Notices that end a service: by whom, from which day they run, when it ends, what that costs."""

from __future__ import annotations

import uuid

from django.db import models

from contracts.supply.models import Service
from contracts.variations.models import PriceChange, TermsChange
from parties.people.models import User
from records.fields import MoneyField
from records.sweeps import Swept

from .states import ALIVE, NoticeForm, NoticeState, Side


class EndNotice(Swept):
    """A notice that ends a service, done by itself on its day; at most one lives per service.

    What it costs is frozen as it was shown: `parts` are charges in dollars, GST included, each
    with its reasons; `unknown` says in words what nobody knew then, and nothing is charged for.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="end_notices")
    side = models.CharField(max_length=10, choices=Side)
    cause = models.CharField(max_length=30, blank=True, help_text="The ground, where one is.")
    because_of = models.ForeignKey(
        PriceChange,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The change of price that lets the customer leave without a fee.",
    )
    because_of_terms = models.ForeignKey(
        TermsChange,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The new terms that let the customer leave without a fee.",
    )
    form = models.CharField(max_length=10, choices=NoticeForm)
    state = models.CharField(max_length=12, choices=NoticeState)
    received_on = models.DateField(help_text="The day from which it runs.")
    asked_on = models.DateField(null=True, blank=True, help_text="The last day asked for.")
    ends_on = models.DateField(help_text="Last day of service.")
    charge = MoneyField(help_text="What ending it costs as far as known, GST included.")
    parts = models.JSONField(default=list, blank=True)
    unknown = models.JSONField(default=list, blank=True)
    because = models.JSONField(default=list, blank=True)
    cut = models.JSONField(
        default=list, blank=True, editable=False, help_text="Supply that was planned beyond."
    )
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    authority = models.CharField(max_length=60, blank=True, help_text="The appointment relied on.")
    said = models.CharField(max_length=300, blank=True, help_text="What was said to it.")
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_why = models.CharField(max_length=300, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "notice to end a service"
        verbose_name_plural = "notices to end a service"
        ordering = ["-given_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["service"],
                condition=models.Q(state__in=ALIVE),
                name="one_living_end_notice",
            ),
            models.CheckConstraint(
                condition=models.Q(charge__gte=0), name="end_charge_not_negative"
            ),
        ]
        indexes = [
            models.Index(
                fields=["ends_on"],
                condition=models.Q(state=NoticeState.RUNNING),
                name="end_notice_to_carry_out",
            )
        ]

    def __str__(self) -> str:
        return f"{self.service} ends on {self.ends_on}"


class TermReminder(models.Model):
    """That a customer was told that a minimum term comes to its end; once for each end."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="term_reminders")
    ends_on = models.DateField(help_text="Last day of the minimum term.")
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "ends_on"], name="term_end_told_once")
        ]

    def __str__(self) -> str:
        return f"{self.service}: the term ends on {self.ends_on}"
