"""Who of the staff is away, and who stands in for them."""

from __future__ import annotations

from django.db import models

from .people import User


class Absence(models.Model):
    """Days on which somebody does not work, both included; their queue goes to who stands in."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="absences")
    substitute = models.ForeignKey(User, on_delete=models.PROTECT, related_name="stands_in")
    starts_on = models.DateField("away from")
    ends_on = models.DateField("away until", help_text="The last day away.")
    noted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()
    cancelled_at = models.DateTimeField("back early", null=True, blank=True)
    begun_at = models.DateTimeField(
        null=True, blank=True, help_text="When the reminders went over to who stands in."
    )
    over_at = models.DateTimeField(null=True, blank=True, help_text="When they came back.")

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="absence_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=~models.Q(user=models.F("substitute")), name="nobody_stands_in_for_self"
            ),
        ]
        indexes = [
            models.Index(
                fields=["user", "starts_on"],
                condition=models.Q(over_at__isnull=True),
                name="absences_to_mind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.starts_on:%-d %b} to {self.ends_on:%-d %b %Y}"
