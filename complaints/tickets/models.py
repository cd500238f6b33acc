"""Complaints and their history."""

from __future__ import annotations

from django.db import models

from billing.invoices.models import Invoice
from parties.accounts.models import Account
from parties.people.models import User
from records.fields import MoneyField
from records.sweeps import Swept
from terms.calendar import Channel

from .states import Act, State, Topic

CHANNELS = [(channel.value, channel.value.replace("_", " ").capitalize()) for channel in Channel]


class Complaint(Swept):
    """What someone is unhappy about, from receipt to the end."""

    reference = models.CharField(max_length=20, unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="complaints")
    lodged_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, help_text="The lodger's standing then.")
    channel = models.CharField(max_length=12, choices=CHANNELS)
    received_at = models.DateTimeField()
    topic = models.CharField(max_length=10, choices=Topic)
    description = models.TextField()
    wanted = models.TextField("outcome wanted", blank=True)
    hardship_related = models.BooleanField(default=False)
    disconnection_without_process = models.BooleanField(default=False)
    priority_assistance = models.BooleanField(default=False)
    safety_threat = models.BooleanField(default=False)
    is_urgent = models.BooleanField("urgent", default=False)
    urgent_because = models.JSONField(default=list, blank=True)
    disputed_invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="complaints"
    )
    disputed_amount = MoneyField(null=True, blank=True)
    state = models.CharField(max_length=22, choices=State, default=State.RECEIVED)
    assigned_to = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="complaints_in_hand"
    )
    version = models.CharField(max_length=40, help_text="Of the terms that bound the account.")
    closed_at = models.DateTimeField(null=True, blank=True)
    acknowledgement = models.ForeignKey(
        "notices.Notice",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        ordering = ["-received_at"]
        indexes = [
            models.Index(fields=["account", "-received_at"], name="complaint_newest_first"),
            models.Index(fields=["state", "received_at"], name="complaint_by_state"),
        ]

    def __str__(self) -> str:
        return self.reference


class Event(models.Model):
    """One step or message in a complaint; never edited."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    act = models.CharField(
        max_length=20, choices=[*Act.choices, ("lodge", "Lodged"), ("message", "Message")]
    )
    text = models.TextField(blank=True)
    for_staff_only = models.BooleanField(default=False)
    because = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.complaint}: {self.act}"
