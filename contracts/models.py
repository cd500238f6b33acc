"""What was agreed: plans, contracts and the services supplied under them."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.db import models

from parties.models import Account, Provider, User
from records.fields import MoneyField, RateField
from records.sweeps import Swept
from terms import library

from .states import PlanChangeState, ServiceKind, ServiceStatus


class Plan(models.Model):
    """A published offer. Its price is in the provider's own GST basis, which its terms name."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="plans")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=ServiceKind)
    monthly_fee = RateField(help_text="In the GST basis of the provider's price list.")
    call_rate = RateField(
        "call rate per minute, without GST", null=True, blank=True, help_text="Per minute."
    )
    minimum_months = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Empty for month to month."
    )
    includes = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["provider", "kind", "name"]
        constraints = [models.UniqueConstraint(fields=["provider", "code"], name="plan_code_once")]

    def __str__(self) -> str:
        return self.name


class Contract(models.Model):
    """One agreement, under the version of the terms that it pins."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="contracts")
    reference = models.CharField(max_length=20, unique=True)
    version = models.CharField(max_length=40, help_text="Of the provider's terms.")
    started_on = models.DateField()
    minimum_months = models.PositiveSmallIntegerField(null=True, blank=True)
    agreed = models.JSONField(
        default=dict,
        blank=True,
        help_text="Figures agreed for this contract in place of the terms': shape → values.",
    )
    agreed_in = models.CharField(
        max_length=100, blank=True, help_text="The quotation that holds them."
    )

    class Meta:
        ordering = ["-started_on"]

    def __str__(self) -> str:
        return self.reference

    def clean(self) -> None:
        if self.account_id is None:
            return
        document = self.account.customer.provider.key
        if self.version not in library.versions(document):
            raise ValidationError(
                {"version": f"“{self.version}” is no published version of {document}."}
            )


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
