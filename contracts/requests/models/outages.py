"""Outages that staff declare: whom they hit, what was told and when, when more is owed."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models

from contracts.requests.states import CreditState, OutageState, Reach, Region
from contracts.supply.models import Chargeable, Service
from parties.accounts.models import Provider
from parties.people.models import User
from records.fields import MoneyField
from records.sweeps import Swept


class Outage(Swept):
    """Something that keeps services of one provider from working, or planned work that will.

    It is under way from `began_at`, which lies ahead for planned work. `updates` numbers what was
    said so far; `told_through` is the last number that everybody hit has been told.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=20, unique=True)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="outages")
    what = models.CharField("what does not work", max_length=200)
    is_planned = models.BooleanField("planned work", default=False)
    is_natural_disaster = models.BooleanField("caused by a natural disaster", default=False)
    hits_whole_state = models.BooleanField("hits a whole state or territory", default=False)
    region = models.CharField(max_length=10, choices=Region, default=Region.CITY)
    reach = models.CharField(max_length=8, choices=Reach, default=Reach.OTHER)
    kinds = models.JSONField(
        "kinds of service", default=list, blank=True, help_text="Empty: all kinds."
    )
    postcodes = models.JSONField(default=list, blank=True)
    suburbs = models.JSONField(default=list, blank=True)
    identifiers = models.JSONField("services by number or name", default=list, blank=True)
    began_at = models.DateTimeField("began, or begins")
    expected_at = models.DateTimeField("expected to be over", null=True, blank=True)
    ended_at = models.DateTimeField("over since", null=True, blank=True)
    state = models.CharField(max_length=12, choices=OutageState, default=OutageState.RUNNING)
    because = models.JSONField(default=list, blank=True)
    updates = models.PositiveSmallIntegerField(default=0, editable=False)
    told_through = models.PositiveSmallIntegerField(default=0, editable=False)
    owed_at = models.DateTimeField(
        "next update owed by", null=True, blank=True, help_text="Empty: none is owed."
    )
    declared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()

    class Meta:
        ordering = ["-began_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state=OutageState.ENDED) | models.Q(ended_at__isnull=False),
                name="outage_that_is_over_has_its_end",
            ),
        ]
        indexes = [
            models.Index(
                fields=["provider", "began_at"],
                condition=models.Q(state=OutageState.RUNNING),
                name="outages_not_over",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.what}"

    def is_under_way(self, at: datetime) -> bool:
        """Whether it keeps services from working at an instant."""
        return self.state == OutageState.RUNNING and self.began_at <= at


class OutageUpdate(models.Model):
    """What was said of an outage, once and for all; the first declares it.

    `owed_at` is by when the update was due that this one is, `was_late` that it came after that.
    """

    outage = models.ForeignKey(Outage, on_delete=models.PROTECT, related_name="said")
    number = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=600)
    expected_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    owed_at = models.DateTimeField("was owed by", null=True, blank=True)
    was_late = models.BooleanField(default=False)

    class Meta:
        ordering = ["outage", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["outage", "number"], name="outage_update_once")
        ]

    def __str__(self) -> str:
        return f"{self.outage.reference}, update {self.number}"


class OutageService(Swept):
    """A service that an outage hits; `told` numbers the last update that its customer was sent."""

    outage = models.ForeignKey(Outage, on_delete=models.PROTECT, related_name="hits")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="outages")
    told = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "service hit by an outage"
        verbose_name_plural = "services hit by outages"
        ordering = ["outage", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["outage", "service"], name="outage_hits_service_once")
        ]

    def __str__(self) -> str:
        return f"{self.outage.reference}: {self.service}"


class OutageCredit(models.Model):
    """What is taken off the next bills of all whom an outage hit; a second person approves it.

    `each` is so much for every service, in dollars, GST included; without it each gets the fee of
    the days on which it did not work. `amount` is all together.
    """

    outage = models.ForeignKey(Outage, on_delete=models.PROTECT, related_name="credits")
    each = MoneyField(null=True, blank=True)
    amount = MoneyField(help_text="All together, GST included.")
    services = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=CreditState, default=CreditState.ASKED)
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "credit for an outage"
        verbose_name_plural = "credits for outages"
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["outage"],
                condition=~models.Q(state=CreditState.REFUSED),
                name="one_credit_for_an_outage",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="credit_for_outage_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"Credit for {self.outage}"


class OutageCreditShare(Swept):
    """What one service gets of a credit, in dollars, GST included; empty: not on a bill yet."""

    credit = models.ForeignKey(OutageCredit, on_delete=models.PROTECT, related_name="shares")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField()
    chargeable = models.OneToOneField(
        Chargeable, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "share of a credit for an outage"
        verbose_name_plural = "shares of credits for outages"
        ordering = ["credit", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["credit", "service"], name="outage_credit_share_once")
        ]

    def __str__(self) -> str:
        return f"{self.credit}: {self.service}"
