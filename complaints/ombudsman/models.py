"""Complaints that the ombudsman has taken up."""

from __future__ import annotations

import uuid

from django.db import models

from complaints.tickets.models import Complaint
from parties.people.models import User
from records.sweeps import Swept

from .states import Kind, Level, Outcome, PackState


class Referral(models.Model):
    """One letter of the ombudsman that we have to answer, and what came of it."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="referrals")
    level = models.PositiveSmallIntegerField(choices=Level)
    kind = models.CharField(max_length=30, choices=Kind, default=Kind.STANDARD)
    their_reference = models.CharField("the ombudsman's reference", max_length=40, blank=True)
    received_at = models.DateTimeField()
    answer_by = models.DateField(null=True, blank=True)
    because = models.JSONField(default=list, blank=True)
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)

    class Meta:
        ordering = ["received_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint"],
                condition=models.Q(ended_at__isnull=True),
                name="one_open_referral",
            ),
            models.UniqueConstraint(
                fields=["complaint", "level", "received_at"], name="referred_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.complaint}: level {self.level}"


class EvidencePack(Swept):
    """All that shows how a complaint was handled, in one file that proves itself."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    complaint = models.ForeignKey(
        Complaint, on_delete=models.PROTECT, related_name="evidence_packs"
    )
    with_notes = models.BooleanField(default=False, help_text="Notes among staff are in it.")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=PackState, default=PackState.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    file = models.FileField(upload_to="evidence/%Y/%m/", blank=True)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint"],
                condition=models.Q(state=PackState.WAITING),
                name="one_pack_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"Evidence of {self.complaint}"
