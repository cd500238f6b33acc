"""Work that the network does for a service: asked for, done or failed."""

from __future__ import annotations

import uuid

from django.db import models

from contracts.supply.models import Service
from contracts.supply.states import SuspensionCause

from .states import WorkKind, WorkState


class WorkOrder(models.Model):
    """What the network is asked to do for one service, and what it said.

    The network says so by a signed message, or staff for it. One of a kind is open at a time.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="work_orders")
    kind = models.CharField("what", max_length=8, choices=WorkKind)
    cause = models.CharField(
        max_length=20, choices=SuspensionCause, blank=True, help_text="Why it stands still."
    )
    state = models.CharField(max_length=9, choices=WorkState, default=WorkState.ASKED)
    why = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150)
    happened_at = models.DateTimeField(
        "done on", null=True, blank=True, help_text="When the network did it: charges follow it."
    )
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When we heard of it.")
    ended_by = models.CharField("who said so", max_length=150, blank=True)
    problem = models.CharField("why not", max_length=200, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "kind"],
                condition=models.Q(state__in=["asked", "failed"]),
                name="one_open_work_of_a_kind",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done") | models.Q(happened_at__isnull=False),
                name="work_done_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"],
                condition=models.Q(state__in=["asked", "failed"]),
                name="work_to_do",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.service}"
