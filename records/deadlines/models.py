"""What is due: one row for each duty, with the reason for its date and what was sent about it."""

from __future__ import annotations

from django.db import models

from records.sweeps import Swept

from .states import Stage, Status


class Deadline(Swept):
    """The provider must do `duty` about `subject` by the end of `due_on`."""

    account = models.ForeignKey("parties.Account", on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=80, help_text="Public reference of what it is about.")
    duty = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    due_on = models.DateField(help_text="Last good day, on the customer's calendar.")
    due_at = models.DateTimeField(help_text="The instant at which that day is over.")
    remind_on = models.DateField(help_text="The working day on which the owner is reminded.")
    zone = models.CharField(max_length=40)
    set_at = models.DateTimeField()
    because = models.JSONField(default=list)
    owner_email = models.EmailField(blank=True)
    about = models.CharField(
        max_length=40, help_text="What kind of thing the subject is, in words."
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN)
    done_at = models.DateTimeField(null=True, blank=True)
    next_look_at = models.DateTimeField(null=True, blank=True)
    notice = models.ForeignKey(
        "notices.Notice",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What discharges it once it is given, whichever way.",
    )
    superseded_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="supersedes"
    )

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "duty"],
                condition=models.Q(status=Status.OPEN),
                name="one_open_deadline_per_duty",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_look_at"],
                condition=models.Q(status=Status.OPEN),
                name="deadline_to_look_at",
            ),
            models.Index(
                fields=["notice"],
                condition=models.Q(status__in=[Status.OPEN, Status.MISSED], notice__isnull=False),
                name="deadline_told_by_notice",
            ),
            models.Index(fields=["subject", "due_at"], name="deadline_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.title} by {self.due_on}"


class Reminder(models.Model):
    """What was sent about a deadline; each stage is sent once."""

    deadline = models.ForeignKey(Deadline, on_delete=models.CASCADE, related_name="reminders")
    stage = models.CharField(max_length=8, choices=Stage)
    at = models.DateTimeField()
    notice = models.ForeignKey("notices.Notice", on_delete=models.PROTECT, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deadline", "stage"], name="each_stage_reminded_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.at:%Y-%m-%d}"
