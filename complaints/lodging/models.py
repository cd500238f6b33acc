"""What somebody has typed so far, and the files that came with a complaint."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from complaints.tickets.models import Complaint, Event
from parties.accounts.models import Account
from parties.people.models import User
from records.sweeps import Swept


def place_of(row: Attachment, name: str) -> str:
    """Where a file lies: by its own number alone, so that no name of a customer's is a path."""
    return f"complaints/{row.added_at:%Y/%m}/{row.public_id}"


class Draft(Swept):
    """A complaint that is being written, kept step by step; its own writer alone sees it.

    Once sent it keeps what it became, so that a second click finds that, and no words.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answers: Any = models.JSONField(default=dict, help_text="As typed, by step and field.")
    begun_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="Counted anew whenever something is saved.")
    complaint = models.ForeignKey(
        Complaint, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-begun_at"]
        indexes = [
            models.Index(fields=["account", "by"], name="drafts_of_a_person"),
            models.Index(fields=["expires_at"], name="drafts_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"Draft of {self.by}"


class Attachment(models.Model):
    """A file that came with a complaint, or that is to go with one; it is kept as it came."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    draft = models.ForeignKey(
        Draft, on_delete=models.SET_NULL, null=True, blank=True, related_name="files"
    )
    complaint = models.ForeignKey(
        Complaint, on_delete=models.PROTECT, null=True, blank=True, related_name="files"
    )
    event = models.ForeignKey(
        Event,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="files",
        help_text="What was said with it.",
    )
    name = models.CharField(max_length=120, help_text="As it was called, made harmless.")
    media_type = models.CharField(max_length=40, help_text="By what is in it, not by its name.")
    size = models.PositiveIntegerField(help_text="In bytes.")
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to=place_of)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "sha256"],
                condition=models.Q(complaint__isnull=False),
                name="file_once_in_a_complaint",
            ),
            models.UniqueConstraint(
                fields=["draft", "sha256"],
                condition=models.Q(draft__isnull=False),
                name="file_once_in_a_draft",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Follow(models.Model):
    """By what somebody without a name follows their complaint; only the secret's hash is kept."""

    complaint = models.OneToOneField(
        Complaint, on_delete=models.PROTECT, primary_key=True, related_name="follow"
    )
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)

    def __str__(self) -> str:
        return f"Secret of {self.complaint}"
