"""Equipment at services: each piece with its serial number, whose it is, and where."""

from __future__ import annotations

import uuid

from django.db import models

from contracts.supply.models import Service
from parties.accounts.models import Provider
from parties.people.models import User
from records.fields import MoneyField
from records.sweeps import Swept

from .states import Basis, Item, Place


class Equipment(Swept):
    """One piece. `price` and `paid` are of what was bought, in dollars, GST included.

    `charged` is what its loss or damage cost so far, GST included; empty: nothing was charged.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="equipment")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="pieces")
    item = models.CharField(max_length=24, choices=Item)
    label = models.CharField(max_length=80, blank=True, help_text="Where it stands, if it helps.")
    serial = models.CharField("serial number", max_length=60)
    basis = models.CharField("came as", max_length=8, choices=Basis)
    price = MoneyField(null=True, blank=True)
    paid = MoneyField(null=True, blank=True)
    delivered_on = models.DateField()
    place = models.CharField(max_length=8, choices=Place, default=Place.THERE)
    asked_back_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(
        "back by", null=True, blank=True, help_text="Empty: the terms print no day."
    )
    came_back_on = models.DateField(null=True, blank=True)
    charged = MoneyField(null=True, blank=True)
    times_charged = models.PositiveSmallIntegerField(default=0, editable=False)
    because = models.JSONField(default=list, blank=True)
    noted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        verbose_name = "piece of equipment"
        verbose_name_plural = "equipment"
        ordering = ["service", "item", "serial"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "serial"], name="serial_number_once"),
            models.CheckConstraint(
                condition=~models.Q(basis=Basis.PURCHASE) | models.Q(price__isnull=False),
                name="bought_equipment_has_price",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on"],
                condition=models.Q(place=Place.DUE),
                name="equipment_to_come_back",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_item_display()} {self.serial}"
