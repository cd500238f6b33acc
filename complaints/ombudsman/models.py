"""Complaints that the ombudsman has taken up."""

from __future__ import annotations

from django.db import models

from complaints.tickets.models import Complaint
from parties.people.models import User

from .states import Kind, Level, Outcome


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
