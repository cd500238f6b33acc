"""Proofs of identity before high-risk steps, and changes of contact details that can be undone."""

from __future__ import annotations

import uuid

from django.db import models

from parties.accounts.models import Account
from parties.people.models import User
from parties.security.states import CHECKED_FOR, Factor


class IdentityCheck(models.Model):
    """One proof by a second factor, or the attempt at one; kept as proof (RF-ID-07).

    A code is stored only as a keyed hash. `asked_by` is a member of staff on the phone, or empty
    where the person asked themselves.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="identity_checks")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="identity_checks")
    purpose = models.CharField(max_length=40, choices=CHECKED_FOR)
    about = models.CharField(max_length=300, blank=True, help_text="What exactly it was for.")
    factor = models.CharField(max_length=15, choices=Factor)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sent_to = models.CharField(max_length=254, blank=True, help_text="An email or a phone number.")
    code_hash = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    passed_at = models.DateTimeField(null=True, blank=True)
    evidence = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["person", "-asked_at"], name="check_newest_first")]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_factor_display()} for {self.get_purpose_display()}"


class ContactChange(models.Model):
    """Contact details as they were and became; the old contact point may undo it for a while."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="contact_changes")
    before = models.JSONField()
    after = models.JSONField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    authority = models.CharField(max_length=60, blank=True)
    changed_at = models.DateTimeField()
    token_hash = models.CharField(max_length=64, unique=True)
    undo_until = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-changed_at"]

    def __str__(self) -> str:
        return f"{self.account.number}: {', '.join(self.after)}"


class EmailChange(models.Model):
    """A log-in's email address as it was and became; the old address may undo it for a while."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="email_changes")
    before = models.EmailField()
    after = models.EmailField()
    changed_at = models.DateTimeField()
    token_hash = models.CharField(max_length=64, unique=True)
    undo_until = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-changed_at"]

    def __str__(self) -> str:
        return f"{self.user}: email address changed"
