"""Emails and text messages that reached us, each kept as it came."""

from __future__ import annotations

import uuid

from django.db import models

from complaints.tickets.models import Complaint
from parties.accounts.models import Provider
from parties.people.models import User

from .states import MailState


def place_of(row: InboundMail, name: str) -> str:
    """Where a raw message lies: by a number of its own."""
    return f"mail/{row.received_at:%Y/%m}/{row.public_id}.eml"


class InboundMail(models.Model):
    """One email, or text message, known by its id: handed over twice it is one."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    complaint = models.ForeignKey(
        Complaint, on_delete=models.PROTECT, null=True, blank=True, related_name="mails"
    )
    message_id = models.CharField(max_length=255, unique=True)
    sender = models.CharField("from", max_length=254)
    subject = models.CharField(max_length=250, blank=True)
    text = models.TextField(blank=True, help_text="Its plain text, whole.")
    received_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=MailState)
    why = models.CharField(max_length=300, blank=True, help_text="Why it was set apart or kept.")
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    raw = models.FileField(upload_to=place_of)

    class Meta:
        ordering = ["-received_at"]
        verbose_name = "email or text that came in"
        verbose_name_plural = "emails and texts that came in"
        indexes = [models.Index(fields=["state", "-received_at"], name="mails_by_state")]

    def __str__(self) -> str:
        return f"{self.sender}: {self.subject}"[:120]
