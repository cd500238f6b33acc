"""What a person wants done with their data: preferences, requests and downloads."""

from __future__ import annotations

from django.db import models

from parties.accounts.models import Account
from parties.correspondence.states import PreferenceKind
from parties.people.models import User


class Preference(models.Model):
    """A choice about an account. The newest of a kind holds; the earlier ones are its history."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="preferences")
    kind = models.CharField(max_length=10, choices=PreferenceKind)
    value = models.CharField(max_length=20)
    chosen_at = models.DateTimeField()
    chosen_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-chosen_at", "-pk"]
        indexes = [
            models.Index(fields=["account", "kind", "-chosen_at"], name="preference_newest_first")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.value}"
