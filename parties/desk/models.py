"""Calls that staff take about an account: who called, as what, about which step, how it ended."""

from __future__ import annotations

import uuid

from django.db import models

from parties.accounts.models import Account
from parties.authority.models import Appointment
from parties.authority.states import POWERS
from parties.people.models import User


class Call(models.Model):
    """Somebody calls about an account. What staff do meanwhile is done for them.

    It holds until `ends_at` at most; somebody without an appointment has no standing.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="calls")
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    caller = models.CharField("who is calling", max_length=150, help_text="As known or told then.")
    step = models.CharField(
        "what about", max_length=30, choices=[(one.value, says) for one, says in POWERS.items()]
    )
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name="taken by"
    )
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="After this it counts no longer.")
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=250, blank=True)

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["by"],
                condition=models.Q(ended_at__isnull=True),
                name="one_call_at_a_time",
            )
        ]
        indexes = [models.Index(fields=["account", "-started_at"], name="call_newest_first")]

    def __str__(self) -> str:
        return f"{self.caller} about {self.account.number}: {self.get_step_display().lower()}"

    @property
    def for_whom(self) -> str:
        """The caller with their standing, as the account's history names them."""
        role = self.appointment.get_role_display().lower() if self.appointment else ""
        return f"{self.caller}, {role or 'who has no standing on the account'}"
