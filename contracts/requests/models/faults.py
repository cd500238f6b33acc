"""Faults of services: what was reported, what was told of its cost, who worked on it and when."""

from __future__ import annotations

from django.db import models

from contracts.requests.states import FaultState, Found, Trouble
from contracts.supply.models import Chargeable, Service
from parties.people.models import User
from records.fields import MoneyField
from terms.calendar import Channel

from .outages import Outage

CHANNELS = [(channel.value, channel.value.replace("_", " ").capitalize()) for channel in Channel]


class Fault(models.Model):
    """A fault of one service; no complaint unless somebody says so, or the law does.

    The desk takes it at `taken_at`, at once or when it opens. `estimate` is what was agreed for
    work that the terms let be charged once it was priced, in dollars, GST included.
    """

    reference = models.CharField(max_length=20, unique=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="faults")
    trouble = models.CharField("what is wrong", max_length=8, choices=Trouble)
    what = models.CharField("in their words", max_length=1000)
    since = models.DateTimeField(null=True, blank=True)
    tried = models.CharField("what was tried", max_length=500, blank=True)
    reach = models.CharField("how to reach them", max_length=200, blank=True)
    channel = models.CharField(max_length=12, choices=CHANNELS)
    reported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    authority = models.CharField(max_length=60, blank=True, help_text="The appointment relied on.")
    caller = models.CharField(
        max_length=120, blank=True, help_text="Who told staff, if staff wrote it down."
    )
    reported_at = models.DateTimeField()
    taken_at = models.DateTimeField("taken by the desk from")
    desk_because = models.JSONField(default=list, blank=True)
    cost_because = models.JSONField(default=list, blank=True)
    cost_accepted_at = models.DateTimeField(null=True, blank=True)
    cost_accepted_by = models.CharField(max_length=150, blank=True)
    estimate = MoneyField(null=True, blank=True)
    outage = models.ForeignKey(
        Outage, on_delete=models.PROTECT, null=True, blank=True, related_name="faults"
    )
    complaint = models.CharField(
        "became complaint", max_length=20, blank=True, help_text="Its reference."
    )
    free_under = models.CharField(
        "costs nothing, as agreed in",
        max_length=20,
        blank=True,
        help_text="The complaint in which a visit without charge was agreed.",
    )
    state = models.CharField(max_length=10, choices=FaultState, default=FaultState.REPORTED)
    result = models.CharField(max_length=600, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-reported_at"]
        indexes = [
            models.Index(
                fields=["taken_at"],
                condition=models.Q(state__in=[FaultState.REPORTED, FaultState.WORKING]),
                name="faults_not_over",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.service}"


class FaultWork(models.Model):
    """Work on a fault, from afar or on site, with what it costs, in dollars, GST included."""

    fault = models.ForeignKey(Fault, on_delete=models.PROTECT, related_name="work")
    on_site = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    found = models.CharField(max_length=8, choices=Found)
    words = models.CharField("what was done", max_length=600)
    amount = MoneyField()
    because = models.JSONField(default=list, blank=True)
    chargeable = models.OneToOneField(
        Chargeable, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    noted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        verbose_name = "work on a fault"
        verbose_name_plural = "work on faults"
        ordering = ["fault", "started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["fault", "started_at", "on_site"], name="fault_work_once"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__gt=models.F("started_at")),
                name="fault_work_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gte=0), name="fault_work_cost_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fault.reference} {self.started_at:%Y-%m-%d %H:%M}"
