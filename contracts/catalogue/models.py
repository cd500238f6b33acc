"""What was agreed: plans, contracts and the services supplied under them."""

from __future__ import annotations

from django.core.validators import URLValidator
from django.db import models

from parties.accounts.models import Provider
from parties.people.models import User
from records.fields import RateField
from records.sweeps import Swept

from .states import LIST_OPEN, ListKind, ListState, ServiceKind


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
    every_months = models.PositiveSmallIntegerField(
        default=1, help_text="1 monthly, 3 quarterly, 12 yearly; the fee stays that of a month."
    )
    is_listed = models.BooleanField(
        "offered",
        default=True,
        help_text="New orders and changes of plan can choose it; who has it keeps it.",
    )

    class Meta:
        ordering = ["provider", "kind", "name"]
        constraints = [models.UniqueConstraint(fields=["provider", "code"], name="plan_code_once")]

    def __str__(self) -> str:
        return self.name


class FormerPrice(models.Model):
    """What a plan cost in the list until a day; the plan itself holds the price of now."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="former_prices")
    monthly_fee = RateField(help_text="In the GST basis of the provider's price list.")
    replaced_on = models.DateField(help_text="The first day of the price that followed.")

    class Meta:
        ordering = ["plan", "-replaced_on"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "replaced_on"], name="list_price_changes_once")
        ]

    def __str__(self) -> str:
        return f"{self.plan} until {self.replaced_on}"


class ListChange(Swept):
    """What the price list offers from a day on: a new plan, another price, one plan less.

    It binds new orders alone: a service that runs keeps its plan and its price.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="list_changes")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="list_changes")
    kind = models.CharField("what", max_length=5, choices=ListKind)
    on = models.DateField("from", help_text="The first day on which the list says so.")
    monthly_fee = RateField(
        null=True, blank=True, help_text="In the GST basis of the provider's price list."
    )
    why = models.CharField(max_length=300)
    state = models.CharField(max_length=8, choices=ListState, default=ListState.ASKED)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_why = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField("in the list since", null=True, blank=True)

    class Meta:
        verbose_name = "change of the price list"
        verbose_name_plural = "changes of the price list"
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "kind", "on"],
                condition=models.Q(state__in=LIST_OPEN),
                name="list_change_entered_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind=ListKind.END, monthly_fee__isnull=True)
                | (~models.Q(kind=ListKind.END) & models.Q(monthly_fee__gte=0)),
                name="list_change_has_its_price",
            ),
        ]
        indexes = [
            models.Index(
                fields=["on"],
                condition=models.Q(state="agreed"),
                name="list_changes_to_carry",
            )
        ]

    def __str__(self) -> str:
        return f"{self.plan}: {self.get_kind_display()}"


class VendorLink(models.Model):
    """Where a vendor's own terms can be read, for a provider whose terms let these bind too."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="vendor_links")
    vendor = models.CharField(max_length=60, help_text="As the terms or quotations name it.")
    link = models.CharField(
        "address of its terms", max_length=300, validators=[URLValidator(schemes=["https"])]
    )

    class Meta:
        verbose_name = "link to a vendor's terms"
        verbose_name_plural = "links to vendors' terms"
        ordering = ["provider", "vendor"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "vendor"], name="vendor_linked_once")
        ]

    def __str__(self) -> str:
        return self.vendor
