"""Who works here as what, and which senior manager asked for it."""

from __future__ import annotations

import uuid

from django.db import models

from parties.people.states import StaffRole

from .people import User


class StaffGrant(models.Model):
    """A role given to a member of staff. The terms give access only where a manager asked."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="staff_grants")
    role = models.CharField(max_length=15, choices=StaffRole)
    asked_by = models.CharField(
        max_length=150, help_text="The senior manager who asked for this access."
    )
    from_outside = models.BooleanField(
        "may work from outside", default=False, help_text="Only for selected senior staff."
    )
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-given_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=models.Q(ended_at__isnull=True),
                name="role_given_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"


class StaffProof(models.Model):
    """A member of staff without their second factor showed who they are, to somebody senior.

    It stands beside the emailed link once, for a quarter of an hour, and is kept as evidence.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="staff_proofs")
    seen_by = models.CharField(max_length=150, help_text="The senior manager who saw them.")
    evidence = models.CharField(max_length=300, help_text="What they showed.")
    seen_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return f"{self.user}: {self.evidence}"
