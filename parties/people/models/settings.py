"""What a provider set, and who changed it, when and why."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from parties.accounts.models import Provider
from parties.people.states import SettingState


class SettingChange(models.Model):
    """One change of a provider's settings: in force, refused, or waiting for a second person.

    `before` and `after` are the settings' names with their values as text.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="changes")
    about = models.CharField(max_length=60)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=SettingState, default=SettingState.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.provider}: {self.about}"
