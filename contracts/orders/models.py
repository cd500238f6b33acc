"""Orders: what is offered, what was confirmed one by one, numbers to move in, withdrawals."""

from __future__ import annotations

from django.db import models

from contracts.catalogue.models import Plan
from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.people.models import User
from records.documents.models import Document
from records.fields import MoneyField, RateField
from records.sweeps import Swept

from .states import MONTHS_MOST, Basis, OrderState, Outcome, PortState, TickKind


class Order(Swept):
    """What a provider offers to supply, until it works or is given up.

    From the offer on nothing in it changes: its lines, its total over the term in dollars, the
    version of the terms. `because` are the clauses that its sums and its version rest on.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="orders")
    reference = models.CharField(max_length=20, unique=True)
    quotation = models.CharField(
        "called", max_length=60, blank=True, help_text="The quotation's own number, if it has one."
    )
    state = models.CharField(max_length=10, choices=OrderState, default=OrderState.DRAFT)
    deposit = MoneyField(
        "deposit before delivery", null=True, blank=True, help_text="Stated in the order."
    )
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    offered_at = models.DateTimeField(null=True, blank=True)
    offered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    open_until = models.DateField(
        "last day to accept", null=True, blank=True, help_text="It lapses after it."
    )
    version = models.CharField(
        "version of the terms", max_length=40, blank=True, help_text="Bound by the offer's day."
    )
    total_ex = MoneyField("total over the term, ex GST", null=True, blank=True)
    total_inc = MoneyField("total over the term, inc GST", null=True, blank=True)
    monthly_inc = MoneyField("a month, inc GST", null=True, blank=True)
    summary = models.ForeignKey(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    because = models.JSONField(default=list, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_as = models.CharField("name typed on accepting", max_length=150, blank=True)
    authority = models.CharField(max_length=60, blank=True, help_text="The appointment relied on.")
    work_began_on = models.DateField("work began on", null=True, blank=True)
    work_done = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_why = models.CharField("why it ended", max_length=300, blank=True)

    class Meta:
        ordering = ["-drafted_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(offered_at__isnull=True)
                | models.Q(open_until__isnull=False, total_inc__isnull=False),
                name="offer_has_last_day_and_total",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[OrderState.ACCEPTED, OrderState.DONE])
                | models.Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="accepted_order_says_by_whom",
            ),
        ]
        indexes = [
            models.Index(
                fields=["open_until"],
                condition=models.Q(state=OrderState.OFFERED),
                name="order_offers_open",
            )
        ]

    def __str__(self) -> str:
        return self.reference


class OrderLine(models.Model):
    """One thing in an order: a plan supplied each month, or an item charged once.

    `unit_fee` is dollars per unit and month and `once` dollars in all, both in `basis`; a line
    without a plan is charged once only. `months` empty: the order form leaves the term blank.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    label = models.CharField(max_length=80)
    identifier = models.CharField(max_length=40, blank=True)
    quantity = models.PositiveSmallIntegerField(default=1)
    unit_fee = RateField(null=True, blank=True)
    basis = models.CharField(max_length=3, choices=Basis, blank=True)
    months = models.PositiveSmallIntegerField(null=True, blank=True)
    once = MoneyField(null=True, blank=True)
    vendor = models.CharField(max_length=60, blank=True, help_text="As the quotation names it.")
    provisioned_on = models.DateField(null=True, blank=True)
    service = models.OneToOneField(
        Service, on_delete=models.PROTECT, null=True, blank=True, related_name="order_line"
    )
    dropped_at = models.DateTimeField(null=True, blank=True)
    dropped_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(plan__isnull=False, unit_fee__isnull=False)
                | models.Q(plan__isnull=True, unit_fee__isnull=True, once__isnull=False),
                name="order_line_has_a_price",
            ),
            models.CheckConstraint(
                condition=models.Q(months__isnull=True)
                | models.Q(months__gte=1, months__lte=MONTHS_MOST),
                name="order_line_months",
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=1), name="order_line_quantity"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class OrderTick(models.Model):
    """Something that is confirmed by itself before an order is accepted, and when it was."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="ticks")
    kind = models.CharField(max_length=12, choices=TickKind)
    about = models.CharField(max_length=60, blank=True, help_text="Which vendor.")
    words = models.CharField(max_length=500)
    link = models.CharField(max_length=300, blank=True)
    because = models.JSONField(default=list, blank=True)
    ticked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "kind", "about"], name="order_tick_once")
        ]

    def __str__(self) -> str:
        return self.words


class CapacityCheck(models.Model):
    """Whether a customer can pay what an order commits to, as staff found out (RF-TCP-25)."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="capacity_checks")
    value = MoneyField(help_text="What was committed to over the term, GST included.")
    finding = models.CharField(max_length=10, choices=Outcome)
    reasons = models.CharField(max_length=500)
    because = models.JSONField(default=list, blank=True)
    checked_at = models.DateTimeField()
    checked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "check of capacity to pay"
        verbose_name_plural = "checks of capacity to pay"
        ordering = ["-checked_at"]

    def __str__(self) -> str:
        return f"{self.order}: {self.get_finding_display()}"


class PortIn(models.Model):
    """Numbers that move in with an order; the cut-over is not before `not_before`.

    `not_before` empty: no advice was sent yet, or the terms name no day.
    """

    line = models.OneToOneField(OrderLine, on_delete=models.PROTECT, related_name="port")
    numbers = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=PortState, default=PortState.TO_SEND)
    advice_sent_at = models.DateTimeField(null=True, blank=True)
    resubmitted_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateField(null=True, blank=True)
    because = models.JSONField(default=list, blank=True)
    rejected_at = models.DateTimeField(null=True, blank=True)
    rejected_why = models.CharField(max_length=200, blank=True)
    requested_at = models.DateTimeField("cut-over asked for", null=True, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "move of numbers to us"
        verbose_name_plural = "moves of numbers to us"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.numbers} ({self.get_state_display()})"


class Withdrawal(models.Model):
    """An order taken back before anything worked, and what that costs.

    `min_ex` and `max_ex` are the terms' range in dollars before GST; empty: they name no fee.
    `amount_ex` is what staff worked out, with its breakdown; nothing is charged before.
    """

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="withdrawal")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    min_ex = MoneyField(null=True, blank=True)
    max_ex = MoneyField(null=True, blank=True)
    because = models.JSONField(default=list, blank=True)
    amount_ex = MoneyField(null=True, blank=True)
    breakdown = models.CharField(max_length=600, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "withdrawn order"
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.order} withdrawn"
