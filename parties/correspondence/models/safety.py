"""Where somebody whose safety is at stake is reached, and nowhere else."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from parties.accounts.models import Account
from parties.correspondence.states import SafeChannel
from parties.people.models import User


class SafeContact(models.Model):
    """The channel, place and hours that every message to this person obeys (RF-DFV-01).

    No proof is asked and no story is kept (RF-DFV-02).
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=5, choices=SafeChannel)
    address = models.CharField(max_length=200)
    opens = models.TimeField(null=True, blank=True, help_text="Not before this hour.")
    closes = models.TimeField(null=True, blank=True, help_text="Not after this hour.")
    safety_threat = models.BooleanField(default=False, help_text="They say safety is threatened.")
    set_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-set_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "user"],
                condition=Q(ended_at__isnull=True),
                name="one_safe_contact_each",
            )
        ]

    def __str__(self) -> str:
        return f"Safe contact {self.pk}"
