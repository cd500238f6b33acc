"""Requests to move a service to another address."""

from __future__ import annotations

from django.db import models

from contracts.supply.models import Chargeable, Service
from parties.accounts.models import Account
from parties.people.models import User
from records.fields import MoneyField

from .states import OPEN_MOVE, MoveState


class Relocation(models.Model):
    """A request to move one service; no work begins before both agreed to a quote.

    `quote_ex` is dollars before GST and null until there is a quote: what nobody quoted is not
    free. `because` are the clauses that its price and whether it is possible rest on.
    """

    reference = models.CharField(max_length=20, unique=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="relocations")
    street = models.CharField("street of the new address", max_length=150)
    suburb = models.CharField(max_length=80)
    region = models.CharField(
        "state", max_length=3, choices=Account._meta.get_field("state").choices
    )
    postcode = models.CharField(max_length=4)
    move_on = models.DateField("wanted on")
    said = models.CharField("in their words", max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=MoveState, default=MoveState.ASKED)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    authority = models.CharField(max_length=60, blank=True, help_text="The appointment relied on.")
    caller = models.CharField(
        max_length=120, blank=True, help_text="Who told staff, if staff wrote it down."
    )
    quote_ex = MoneyField("quote before GST", null=True, blank=True)
    quote_inc = MoneyField("quote with GST", null=True, blank=True)
    quoted_for = models.CharField("what the quote is for", max_length=300, blank=True)
    quoted_at = models.DateTimeField(null=True, blank=True)
    quoted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    agreed_at = models.DateTimeField(null=True, blank=True)
    agreed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    done_on = models.DateField("moved on", null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField("why", max_length=300, blank=True)
    because = models.JSONField(default=list, blank=True)
    chargeable = models.OneToOneField(
        Chargeable, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "move of a service"
        verbose_name_plural = "moves of services"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["service"],
                condition=models.Q(state__in=OPEN_MOVE),
                name="one_open_move_of_a_service",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[MoveState.QUOTED, MoveState.AGREED, MoveState.DONE])
                | models.Q(quote_ex__isnull=False, quote_ex__gte=0),
                name="quoted_move_has_its_price",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[MoveState.AGREED, MoveState.DONE])
                | models.Q(agreed_at__isnull=False),
                name="agreed_move_says_since_when",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def line(self) -> str:
        """The new address in one line."""
        return f"{self.street}, {self.suburb} {self.region} {self.postcode}"
