"""The three-monthly study of complaints (RF-CMP-16)."""

from __future__ import annotations

from typing import Any

from django.db import models

from parties.accounts.models import Provider
from parties.people.models import User


class Study(models.Model):
    """What a manager found in the complaints of a quarter, and what is changed because of it.

    `figures` are those that they saw, as rows of what, of which, how many; they stay as they were,
    also when complaints are erased later.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    first = models.DateField("first day")
    last = models.DateField("last day")
    figures: Any = models.JSONField(default=list)
    found = models.TextField("what shows")
    changes = models.TextField("what is changed, by whom and until when")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("studied at")
    because: Any = models.JSONField(default=list)

    class Meta:
        ordering = ["-first", "provider"]
        verbose_name_plural = "studies of complaints"
        constraints = [
            models.UniqueConstraint(fields=["provider", "first"], name="studied_once_a_quarter")
        ]

    def __str__(self) -> str:
        return f"{self.provider}, {self.first:%b %Y} to {self.last:%b %Y}"
