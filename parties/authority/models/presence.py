"""A customer who is there with their advocate, for one thing and for a short time."""

from __future__ import annotations

import uuid

from django.db import models

from parties.accounts.models import Account
from parties.authority.states import PresenceState
from parties.people.models import User
from terms.facts import Action

from .appointments import Appointment


class Presence(models.Model):
    """An advocate asks for one thing; the customer confirms it live, and it is done at once.

    `act` says what is asked, `facts` with which details and `words` exactly that in a sentence.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="presences")
    advocate = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=40)
    action = models.CharField(max_length=30, choices=[(one.value, one.value) for one in Action])
    facts = models.JSONField(default=dict)
    words = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=PresenceState, default=PresenceState.ASKED)
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="After this it counts no longer.")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    code = models.ForeignKey(
        "parties.IdentityCheck", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    through = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="on the phone with",
        help_text="The member of staff who had both on the line, or empty on their own screens.",
    )
    without = models.CharField(
        "went on without an identity check because", max_length=250, blank=True
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["account", "ends_at"], name="presence_of_account")]

    def __str__(self) -> str:
        return f"{self.advocate}: {self.words}"
