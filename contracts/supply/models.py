"""What was agreed: plans, contracts and the services supplied under them."""

from __future__ import annotations

import uuid

from django.db import models

from contracts.agreements.models import Contract
from contracts.catalogue.models import Plan
from parties.accounts.models import Account
from parties.people.models import User
from records.fields import MoneyField, RateField
from records.sweeps import Swept

from .states import (
    ChargeableKind,
    GstCode,
    PlanChangeState,
    ServiceStatus,
    SuspensionCause,
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
    numbers_left_on = models.DateField(
        null=True, blank=True, help_text="Its numbers moved to another provider; it goes on."
    )
    ready_notified_on = models.DateField(
        null=True, blank=True, help_text="The customer was told that it can be used."
    )
    first_used_on = models.DateField(null=True, blank=True)
    billed_through = models.DateField(
        null=True, blank=True, help_text="The last day that has been billed; empty: none yet."
    )
    recheck_from = models.DateField(
        null=True, blank=True, help_text="From here on, billed days may no longer fit the supply."
    )
    billing_start_confirmed = models.BooleanField(
        default=True, help_text="Off until staff confirm from which day on to bill."
    )

    renewed_months = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="By which its minimum term was renewed."
    )

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

    @property
    def term_months(self) -> int | None:
        """The months of its minimum term, a renewal included; None: the contract names none.

        A renewal follows the first term without a gap, so both together end where the new one
        does.
        """
        months: int | None = self.contract.minimum_months
        return None if months is None else months + self.renewed_months


class SupplyPeriod(models.Model):
    """Days on which a service was supplied alike: which plan, how many, at which price.

    The periods of a service follow each other without gap or overlap until its last day; a
    suspension is a period of its own, of whole days, its first and last included.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="periods")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    unit_fee = RateField(help_text="Per unit and month, in the basis named.")
    price_basis = models.CharField(
        max_length=3, blank=True, help_text="ex or inc; empty: as the price list."
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True, help_text="Last day; empty: goes on.")
    suspended = models.CharField(
        max_length=20, choices=SuspensionCause, blank=True, help_text="Why; empty: supplied."
    )
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ["service", "starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["service", "starts_on"], name="period_starts_once"),
            models.UniqueConstraint(
                fields=["service"],
                condition=models.Q(ends_on__isnull=True),
                name="one_open_supply_period",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="supply_ends_after_start",
            ),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="supplied_quantity"),
            models.CheckConstraint(condition=models.Q(unit_fee__gte=0), name="fee_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.service} from {self.starts_on}"


class Chargeable(models.Model):
    """A one-off amount that somebody agreed to or the terms add; the next invoice carries it.

    Written by whoever agrees a fee, billed once by charging; `source` says what it stems from, and
    the same source is never charged twice.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="chargeables")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True)
    kind = models.CharField(max_length=14, choices=ChargeableKind, default=ChargeableKind.ONE_OFF)
    source = models.CharField(max_length=60)
    description = models.CharField(max_length=200)
    amount = MoneyField(help_text="GST included where it is taxable; below zero is a discount.")
    gst = models.CharField(max_length=8, choices=GstCode, default=GstCode.TAXABLE)
    incurred_on = models.DateField()
    noted_at = models.DateTimeField(null=True, blank=True)
    because = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = "one-off charge"
        ordering = ["incurred_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "source"], name="chargeable_once"),
        ]

    def __str__(self) -> str:
        return self.description


class Discount(models.Model):
    """A share of a service's fee that is not charged for its days, with a last day."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="discounts")
    label = models.CharField(max_length=100, help_text="As the customer reads it.")
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    starts_on = models.DateField()
    ends_on = models.DateField()
    because = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["service", "starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percent__gt=0, percent__lte=100), name="discount_is_a_share"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="discount_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.label


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
