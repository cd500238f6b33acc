"""Bars of phone services, and new SIMs in place of lost ones."""

from __future__ import annotations

from django.db import models

from contracts.supply.models import Service
from parties.people.models import User

from .states import OPEN_BAR, BarKind, BarState, SimForm, SwapState


class Bar(models.Model):
    """A bar of one kind on one service, from the moment it was asked for."""

    reference = models.CharField(max_length=20, unique=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="bars")
    kind = models.CharField("what is barred", max_length=8, choices=BarKind)
    state = models.CharField(max_length=8, choices=BarState, default=BarState.ASKED)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    authority = models.CharField(max_length=60, blank=True, help_text="The appointment relied on.")
    caller = models.CharField(
        max_length=120, blank=True, help_text="Who told staff, if staff wrote it down."
    )
    barred_at = models.DateTimeField(null=True, blank=True)
    barred_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lift_asked_at = models.DateTimeField("asked to open", null=True, blank=True)
    lift_asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField("open again", null=True, blank=True)
    lifted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "bar of a phone"
        verbose_name_plural = "bars of phones"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "kind"],
                condition=models.Q(state__in=OPEN_BAR),
                name="one_open_bar_of_a_kind",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=BarState.LIFTED) | models.Q(lifted_at__isnull=False),
                name="lifted_bar_says_when",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class SimSwap(models.Model):
    """A new SIM for a mobile service; the old one ends when the new one works."""

    reference = models.CharField(max_length=20, unique=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="sim_swaps")
    form = models.CharField("as", max_length=4, choices=SimForm)
    state = models.CharField(max_length=9, choices=SwapState, default=SwapState.ASKED)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    authority = models.CharField(max_length=60, blank=True, help_text="The appointment relied on.")
    identity_check = models.CharField(
        max_length=60, blank=True, help_text="The check of identity that was passed."
    )
    caller = models.CharField(
        max_length=120, blank=True, help_text="Who told staff, if staff wrote it down."
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_why = models.CharField("number of the new SIM, or why not", max_length=200, blank=True)

    class Meta:
        verbose_name = "new SIM"
        verbose_name_plural = "new SIMs"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["service"],
                condition=models.Q(state=SwapState.ASKED),
                name="one_open_sim_swap",
            )
        ]

    def __str__(self) -> str:
        return self.reference
