"""Where somebody whose safety is at stake is reached, and nowhere else."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from parties.accounts.models import Account
from parties.correspondence.states import SafeChannel
from parties.people.models import User


class SafeContact(models.Model):
    """The channel, place and hours that every message to this person obeys (RF-DFV-01).

    No need is to be shown and no story is kept (RF-DFV-02). Codes and links that act go there only
    once place and person are proven: until then they go where they went before.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=5, choices=SafeChannel)
    address = models.CharField(max_length=200)
    opens = models.TimeField(null=True, blank=True, help_text="Not before this hour.")
    closes = models.TimeField(null=True, blank=True, help_text="Not after this hour.")
    safety_threat = models.BooleanField(default=False, help_text="They say safety is threatened.")
    carries_secrets = models.BooleanField(
        default=False, help_text="Codes and links that act go here: it was confirmed from here."
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    code_hash = models.CharField(max_length=64, blank=True)
    code_until = models.DateTimeField(null=True, blank=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    set_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-set_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "user"],
                condition=Q(ended_at__isnull=True),
                name="one_safe_contact_each",
            ),
            models.UniqueConstraint(
                fields=["account", "user"],
                condition=Q(carries_secrets=True),
                name="one_place_for_secrets_each",
            ),
        ]

    def __str__(self) -> str:
        return f"Safe contact {self.pk}"
