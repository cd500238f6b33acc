"""Which days of which service have been billed, at which price; and what was not billed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from contracts.catalogue.models import Plan
from contracts.supply.models import Chargeable, Discount, Service
from parties.accounts.models import Account
from parties.people.models import User
from records.fields import MoneyField, RateField

from .states import ChargeState, ChargeWhat, NotBilledReason


class BilledPeriod(models.Model):
    """Days of a service that a line has billed, at one price.

    When days are given back, `credited_from` is set once: the days before stay billed. Live days
    (from `starts_on` to the day before `credited_from`, or to `ends_on`) never overlap.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="billed_periods")
    line = models.ForeignKey(
        "billing.InvoiceLine", on_delete=models.PROTECT, related_name="billed_periods", null=True
    )
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    unit_fee = RateField()
    price_basis = models.CharField(max_length=3, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    of_days = models.PositiveSmallIntegerField(help_text="Days of the billing period it lies in.")
    credited_from = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["service", "starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="billed_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(credited_from__isnull=True)
                | Q(credited_from__gte=F("starts_on"), credited_from__lte=F("ends_on")),
                name="credited_within_billed",
            ),
        ]
        indexes = [models.Index(fields=["service", "ends_on"], name="billed_by_service")]

    def __str__(self) -> str:
        return f"{self.service} {self.starts_on} to {self.ends_on}"


class NotBilled(models.Model):
    """Something that is owed and can't be billed, for staff to see; nothing vanishes unseen."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="not_billed")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True)
    chargeable = models.OneToOneField(
        Chargeable, on_delete=models.PROTECT, null=True, blank=True, related_name="not_billed"
    )
    reason = models.CharField(max_length=10, choices=NotBilledReason)
    what = models.CharField(max_length=250)
    starts_on = models.DateField()
    ends_on = models.DateField()
    because = models.JSONField(default=list, blank=True)
    noted_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "charge that can't be billed"
        verbose_name_plural = "charges that can't be billed"
        ordering = ["-noted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "reason", "starts_on"],
                condition=Q(chargeable__isnull=True),
                name="days_not_billed_once",
            )
        ]

    def __str__(self) -> str:
        return self.what


class ChargeRequest(models.Model):
    """What a member of staff puts on the next bill or takes off it; another approves much.

    A discount has its share and its days; its `amount` is what it is worth over them, about.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="charge_requests")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True)
    what = models.CharField(max_length=8, choices=ChargeWhat)
    subject = models.CharField(
        max_length=40, blank=True, help_text="What it is charged for once and not again."
    )
    kind = models.CharField(max_length=14, help_text="What kind of one-off charge it becomes.")
    description = models.CharField(max_length=200, help_text="As the bill says it.")
    amount = MoneyField(help_text="GST included; what is taken off is above zero here too.")
    gst = models.CharField(max_length=8)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    starts_on = models.DateField(help_text="The day on which it arose, or a discount's first.")
    ends_on = models.DateField(null=True, blank=True, help_text="A discount's last day.")
    reason = models.CharField(max_length=300)
    because = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=7, choices=ChargeState, default=ChargeState.ASKED)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    chargeable = models.OneToOneField(
        Chargeable, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    discount = models.OneToOneField(
        Discount, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "charge or discount by staff"
        verbose_name_plural = "charges and discounts by staff"
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="charge_request_is_positive"),
            models.CheckConstraint(
                condition=~Q(what=ChargeWhat.DISCOUNT)
                | Q(percent__isnull=False, ends_on__isnull=False, service__isnull=False),
                name="discount_has_share_and_end",
            ),
            models.UniqueConstraint(
                fields=["account", "what", "subject"],
                condition=~Q(subject="") & ~Q(state=ChargeState.REFUSED),
                name="charged_once_for_a_subject",
            ),
        ]

    def __str__(self) -> str:
        return self.description
