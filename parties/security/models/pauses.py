"""High-risk steps on an account, stopped by whoever was told of one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from parties.accounts.models import Account
from parties.people.models import User
from parties.security.states import HighRisk


class StopLink(models.Model):
    """The way to stop a high-risk step, in what told of it; only the token's hash is kept."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    step = models.CharField(max_length=40, choices=HighRisk)
    token_hash = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.account.number}: {self.get_step_display()}"


class Pause(models.Model):
    """From a moment on, no high-risk step works on the account, until staff lift it (RF-ID-06)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="pauses")
    step = models.CharField("stopped", max_length=40, choices=HighRisk)
    person = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", help_text="In whose name it was asked."
    )
    since = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    why = models.CharField("why it was lifted", max_length=250, blank=True)

    class Meta:
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(lifted_at__isnull=True), name="one_pause_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account.number}: {self.get_step_display()}"
