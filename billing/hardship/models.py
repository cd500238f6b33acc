"""More time to pay, requests for help, and arrangements with their instalments."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from billing.invoices.models import Invoice
from parties.accounts.models import Account
from parties.people.models import User
from records.documents.models import Document
from records.fields import MoneyField
from records.sweeps import Swept

from .states import ArrangementState, Every, HelpState


class Extension(models.Model):
    """More time to pay that a customer took at once, without anybody's decision."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="extensions")
    asked_at = models.DateTimeField()
    asked_on = models.DateField(help_text="By the customer's clock.")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    until = models.DateField(help_text="The last day on which payment is on time.")
    amount = MoneyField(help_text="What was open and not contested of the bills that it covers.")
    invoices = models.ManyToManyField(Invoice, related_name="extensions")

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gte=models.F("asked_on")), name="extension_ends_after_asking"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} until {self.until}"


class HelpRequest(Swept):
    """Somebody can't pay and asks for help; the law sets a day for the answer."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=20, unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="help_requests")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, blank=True, help_text="As what they asked.")
    kinds = models.JSONField(default=list, blank=True, help_text="The kinds of help wished for.")
    can_pay = MoneyField(null=True, blank=True, help_text="Each time, in dollars.")
    every = models.CharField(max_length=10, choices=Every, blank=True)
    first_on = models.DateField(null=True, blank=True, help_text="The first day to pay.")
    months = models.PositiveSmallIntegerField(
        default=2, help_text="For how long help is needed, as they see it."
    )
    words = models.TextField("in their words", blank=True)
    state = models.CharField(max_length=10, choices=HelpState, default=HelpState.ASKED)
    complete_on = models.DateField(help_text="Since when we know enough to decide.")
    decide_by = models.DateField(null=True, blank=True)
    answer_by = models.DateField(
        null=True, blank=True, help_text="Until when what we asked or offered stays open."
    )
    because = models.JSONField(default=list, blank=True)
    assigned_to = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)
    reasons = models.TextField(blank=True, help_text="What the customer was told.")

    class Meta:
        ordering = ["-asked_at"]
        verbose_name = "request for help with paying"
        verbose_name_plural = "requests for help with paying"
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state__in=[HelpState.ASKED, HelpState.WAITING, HelpState.OFFERED]),
                name="one_open_help_request",
            )
        ]

    def __str__(self) -> str:
        return self.reference


class Arrangement(Swept):
    """What was offered or agreed so that somebody can pay; while it is kept nothing is chased."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="arrangements")
    request = models.ForeignKey(HelpRequest, on_delete=models.PROTECT, related_name="arrangements")
    state = models.CharField(
        max_length=10, choices=ArrangementState, default=ArrangementState.OFFERED
    )
    amount = MoneyField(help_text="What is to be paid in all, after what is taken off.")
    waived = MoneyField(default=0, help_text="Taken off when it is accepted.")
    invoices = models.ManyToManyField(Invoice, related_name="arrangements")
    other_help = models.TextField(blank=True, help_text="What else is done, in plain words.")
    offered_at = models.DateTimeField()
    offered_by = models.CharField(max_length=150)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.CharField(max_length=150, blank=True)
    signed_as = models.CharField(max_length=150, blank=True, help_text="The name typed to sign.")
    review_since = models.DateField(null=True, blank=True, help_text="When a review was offered.")
    review_until = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-offered_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state__in=[ArrangementState.IN_FORCE, ArrangementState.REVIEW]),
                name="one_arrangement_in_force",
            ),
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state=ArrangementState.OFFERED),
                name="one_arrangement_offered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request.reference}: {self.get_state_display()}"


class Instalment(models.Model):
    """A part of an arrangement that is paid by a day."""

    arrangement = models.ForeignKey(
        Arrangement, on_delete=models.CASCADE, related_name="instalments"
    )
    due_on = models.DateField(help_text="As paid: moved off days on which no bank works.")
    asked_for = models.DateField(help_text="The day that the customer chose.")
    amount = MoneyField()

    class Meta:
        ordering = ["arrangement", "due_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="instalment_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} by {self.due_on}"
