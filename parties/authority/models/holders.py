"""Proofs of identity before high-risk steps, and changes of contact details that can be undone."""

from __future__ import annotations

from django.db import models

from parties.accounts.models import Account
from parties.authority.states import HolderEventKind
from parties.people.models import User


class HolderEvent(models.Model):
    """What happened to an account holder, since when, by which evidence."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holder_events")
    kind = models.CharField(max_length=12, choices=HolderEventKind)
    since = models.DateField()
    evidence = models.CharField(max_length=300)
    old_holder = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    new_holder_email = models.EmailField(blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    because = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-recorded_at"]

    def __str__(self) -> str:
        return f"{self.account.number}: {self.get_kind_display()} since {self.since}"
