"""Changes of prices and of terms: drafted, told, in force on a day; a row for each touched."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models

from contracts.agreements.models import Contract
from contracts.catalogue.models import Plan
from contracts.supply.models import Service
from parties.accounts.models import Provider
from parties.people.models import User
from records.fields import MoneyField, RateField
from records.notices.models import Notice
from records.sweeps import Swept

from .states import (
    OPEN,
    ChangeState,
    FigureState,
    Forced,
    Harm,
    Hurts,
    Keeps,
    PriceWay,
    VariationState,
    WayOutBy,
)

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class ChangeForMany(Swept):
    """What a change for many is, whatever it changes: who drafted it, why, and who decided.

    `effective_on` is the day that is wanted; `worked_through` the last one for which it was worked
    out what it does, `worked_at` when it was for all.
    """

    effective_on = models.DateField("from", help_text="For nobody sooner.")
    forced_by = models.CharField(max_length=12, choices=Forced, blank=True)
    supplier_wide = models.BooleanField(
        default=False, help_text="The supplier makes all its resellers change."
    )
    offers_way_out = models.BooleanField(
        "we offer a way out",
        default=False,
        help_text="Leaving free is offered where the terms only allow it.",
    )
    notice_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Where the terms ask for reasonable notice: how long."
    )
    notice_why = models.CharField(
        "why so many days",
        max_length=300,
        blank=True,
        help_text="Why that is reasonable. It is kept.",
    )
    state = models.CharField(max_length=10, choices=VariationState, default=VariationState.DRAFT)
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    worked_through = models.BigIntegerField(default=0, editable=False)
    worked_at = models.DateTimeField("worked out at", null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_why = models.CharField(max_length=300, blank=True)

    if TYPE_CHECKING:
        provider: models.ForeignKey[Provider, Provider]
        changes: RelatedManager[Any]

    class Meta:
        abstract = True


class ChangeOfOne(Swept):
    """What a change for many does to one: its day, the way out, and how it was told.

    The days are as they were told.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=10, choices=ChangeState, default=ChangeState.WAITING)
    not_before = models.DateField(
        null=True, blank=True, help_text="A later day chosen for this one alone."
    )
    earliest_on = models.DateField(
        null=True, blank=True, help_text="By the notice; empty: the terms leave it open."
    )
    effective_on = models.DateField("from", null=True, blank=True)
    notice_required = models.BooleanField(default=True)
    way_out_by = models.CharField("leave free by", max_length=5, choices=WayOutBy, blank=True)
    way_out_until = models.DateField("leave free until", null=True, blank=True)
    because = models.JSONField(default=list, blank=True)
    notice = models.ForeignKey(
        Notice, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    told_on = models.DateField(null=True, blank=True, help_text="The date of the notice.")
    received_on = models.DateField(null=True, blank=True, help_text="As the terms deem it.")
    applied_at = models.DateTimeField(null=True, blank=True)

    if TYPE_CHECKING:
        variation: models.ForeignKey[Any, Any]

    class Meta:
        abstract = True


class Variation(ChangeForMany):
    """A change of what a plan, or one service alone, costs per unit and month.

    `amount` is the new price, or what is added to each price (below zero: taken off), in dollars
    in the GST basis of the prices that it changes. `worked_through` is the last service for which
    its effect was worked out, `worked_at` when all were.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="variations")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="variations")
    service = models.ForeignKey(
        Service,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="variations",
        help_text="Only this one; empty: all on the plan.",
    )
    way = models.CharField(max_length=2, choices=PriceWay)
    amount = RateField()
    hurts = models.CharField("a rise hurts", max_length=10, choices=Hurts, default=Hurts.MATERIAL)
    is_yearly = models.BooleanField(
        default=False, help_text="A rise that the terms themselves bring each year."
    )
    says = models.CharField("why", max_length=300, help_text="As the customers read it.")
    listed_at = models.DateTimeField(
        "in the price list since",
        null=True,
        blank=True,
        help_text="When the price list took the new price.",
    )

    class Meta:
        verbose_name = "price change"
        ordering = ["-drafted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "way", "amount", "effective_on"],
                condition=models.Q(state__in=OPEN, service__isnull=True),
                name="drafted_once_for_a_plan",
            ),
            models.UniqueConstraint(
                fields=["service", "way", "amount", "effective_on"],
                condition=models.Q(state__in=OPEN, service__isnull=False),
                name="drafted_once_for_a_service",
            ),
            models.CheckConstraint(
                condition=models.Q(notice_days__isnull=True) | ~models.Q(notice_why=""),
                name="chosen_notice_has_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["state"], name="variations_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.service or self.plan} from {self.effective_on}"


class PriceChange(ChangeOfOne):
    """What a change does to one service: both prices, its day, the way out, how it was told.

    `unit_before` and `unit_after` are per unit and month in the basis of the service's price;
    `monthly_before` and `monthly_after` for all units, GST included. All are as they were told.
    """

    variation = models.ForeignKey(Variation, on_delete=models.PROTECT, related_name="changes")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="price_changes")
    keeps = models.CharField("keeps its price", max_length=6, choices=Keeps, blank=True)
    keeps_until = models.DateField(
        null=True, blank=True, help_text="Where it keeps it for a time."
    )
    unit_before = RateField()
    unit_after = RateField()
    monthly_before = MoneyField()
    monthly_after = MoneyField()

    class Meta:
        verbose_name = "price change of a service"
        verbose_name_plural = "price changes of services"
        ordering = ["variation", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["variation", "service"], name="varied_once"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["told", "planned", "applied"])
                | models.Q(notice__isnull=False, effective_on__isnull=False),
                name="no_price_without_a_notice",
            ),
        ]
        indexes = [
            models.Index(fields=["variation", "state"], name="price_changes_by_state"),
            models.Index(
                fields=["state", "effective_on"],
                condition=models.Q(state__in=["told", "planned"]),
                name="price_changes_to_apply",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} from {self.effective_on}"

    @property
    def difference(self) -> Decimal:
        """What is paid more a month (below zero: less), in dollars, GST included."""
        more: Decimal = self.monthly_after - self.monthly_before
        return more


class TermsVariation(ChangeForMany):
    """A newer version of a provider's terms, for contracts that pin an older one.

    `effective_on` is the first day that is wanted: each contract is bound on that day, or later as
    its own notice needs. `worked_through` is the last contract for which that was worked out,
    `worked_at` when all were.
    """

    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, related_name="terms_variations"
    )
    version = models.CharField("new version", max_length=40)
    harms = models.CharField("whom it hurts", max_length=10, choices=Harm)
    says = models.CharField("what changes", max_length=1000, help_text="As the customers read it.")

    class Meta:
        verbose_name = "new version of the terms"
        verbose_name_plural = "new versions of the terms"
        ordering = ["-drafted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "version"],
                condition=models.Q(state__in=OPEN),
                name="terms_drafted_once",
            ),
            models.CheckConstraint(
                condition=models.Q(notice_days__isnull=True) | ~models.Q(notice_why=""),
                name="chosen_terms_notice_has_reason",
            ),
        ]
        indexes = [models.Index(fields=["state"], name="terms_variations_by_state")]

    def __str__(self) -> str:
        return f"{self.provider} {self.version} from {self.effective_on}"


class TermsChange(ChangeOfOne):
    """What a newer version of the terms does to one contract: its day, the way out, its notice."""

    variation = models.ForeignKey(TermsVariation, on_delete=models.PROTECT, related_name="changes")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="terms_changes")
    version_before = models.CharField("old version", max_length=40)

    class Meta:
        verbose_name = "new terms of a contract"
        verbose_name_plural = "new terms of contracts"
        ordering = ["variation", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["variation", "contract"], name="new_terms_once"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["told", "planned", "applied"])
                | models.Q(notice__isnull=False, effective_on__isnull=False),
                name="no_terms_without_a_notice",
            ),
        ]
        indexes = [
            models.Index(fields=["variation", "state"], name="terms_changes_by_state"),
            models.Index(
                fields=["state", "effective_on"],
                condition=models.Q(state__in=["told", "planned"]),
                name="terms_changes_to_apply",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract}: {self.variation.version} from {self.effective_on}"


class IndexFigure(models.Model):
    """By how many per cent the consumer price index rose in a year, as it was published.

    Only a figure that a second person confirmed counts; without one the index is not known.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="index_figures")
    period = models.CharField(max_length=80, help_text="Which year: to the December quarter 2026.")
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    published_on = models.DateField()
    source = models.CharField(max_length=200, help_text="Where it is published.")
    state = models.CharField(max_length=10, choices=FigureState, default=FigureState.ASKED)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-published_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "period"],
                condition=~models.Q(state=FigureState.REFUSED),
                name="index_figure_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.percent} % {self.period}"
