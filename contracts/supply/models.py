"""What was agreed: plans, contracts and the services supplied under them."""

from __future__ import annotations

import uuid

from django.db import models

from contracts.agreements.models import Contract
from contracts.catalogue.models import Plan
from parties.people.models import User
from records.fields import MoneyField
from records.sweeps import Swept

from .states import PlanChangeState, ServiceStatus


class Service(models.Model):
    """One thing supplied: a trunk, a link, a number, a host."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="services")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="services")
    label = models.CharField(max_length=80, help_text="What the customer calls it.")
    identifier = models.CharField(max_length=40, help_text="Number, link or host name.")
    quantity = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=ServiceStatus, default=ServiceStatus.ORDERED)
    activated_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True, help_text="Last day of service.")

    class Meta:
        ordering = ["label"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status=ServiceStatus.ORDERED)
                | models.Q(activated_on__isnull=False),
                name="running_service_was_activated",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=ServiceStatus.ENDED) | models.Q(ended_on__isnull=False),
                name="ended_service_has_last_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.identifier})"


class PlanChange(Swept):
    """A request to move a service to another plan, done by itself on its day.

    Prices are for all units a month, GST included.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="plan_changes")
    from_plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    to_plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    monthly_before = MoneyField()
    monthly_after = MoneyField()
    state = models.CharField(max_length=10, choices=PlanChangeState)
    asked_on = models.DateField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    authority = models.CharField(max_length=60, blank=True, help_text="The appointment relied on.")
    takes_effect_on = models.DateField(null=True, blank=True)
    because = models.JSONField(default=list, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_why = models.CharField(max_length=300, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["service"],
                condition=models.Q(state__in=[PlanChangeState.WAITING, PlanChangeState.AGREED]),
                name="one_open_plan_change",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=PlanChangeState.AGREED)
                | models.Q(takes_effect_on__isnull=False),
                name="agreed_plan_change_has_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["takes_effect_on"],
                condition=models.Q(state=PlanChangeState.AGREED),
                name="plan_change_to_apply",
            )
        ]

    def __str__(self) -> str:
        return f"{self.service}: {self.from_plan} → {self.to_plan}"
