"""Leave to draw bills from a bank account, what is drawn under it, and the files of the bank."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from billing.invoices.models import Invoice
from billing.payments.states import (
    DebitFileState,
    DrawState,
    MandateState,
    ReturnCode,
)
from parties.accounts.models import Account, Provider
from parties.people.models import User
from records.documents.models import Document
from records.fields import MoneyField
from records.sweeps import Swept

from .received import Payment


class Mandate(Swept):
    """Somebody's leave to draw an account's bills from a bank account.

    The number of the bank account is sealed: it is opened for the bank's file alone, and people,
    staff too, see how it ends.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=20, unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="mandates")
    payer_name = models.CharField("name of the bank account", max_length=32)
    bsb = models.CharField("BSB", max_length=7)
    sealed_number = models.TextField(editable=False)
    number_end = models.CharField("number ends", max_length=3)
    draw_day = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Of the month; empty: on the day by which to pay."
    )
    later_draw_day = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="From the day below on; 0: on the day by which to pay."
    )
    later_from = models.DateField(null=True, blank=True)
    signed_as = models.CharField(max_length=150)
    capacity = models.CharField(
        "signs as", max_length=60, blank=True, help_text="For a company: director, secretary …"
    )
    second_signed_as = models.CharField(
        "second signatory", max_length=150, blank=True, help_text="Where the account needs two."
    )
    agreed_at = models.DateTimeField()
    agreed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    because = models.JSONField(default=list)
    document = models.OneToOneField(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(
        max_length=6, choices=MandateState, default=MandateState.ACTIVE, editable=False
    )
    misses = models.PositiveSmallIntegerField(
        "sent back in a row", default=0, help_text="By the bank, since one was last paid."
    )
    reason = models.CharField(
        "why paused or ended", max_length=200, blank=True, help_text="The customer reads it."
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-agreed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=~Q(state="ended"), name="one_mandate_an_account"
            ),
            models.CheckConstraint(
                condition=Q(draw_day__isnull=True) | Q(draw_day__gte=1, draw_day__lte=31),
                name="draw_day_in_each_month",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: account ending {self.number_end}"


class DebitFile(models.Model):
    """Direct debits for one bank on one day; what it holds is made anew and proved by its hash."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="debit_files")
    day = models.DateField("the bank's day")
    state = models.CharField(
        max_length=7, choices=DebitFileState, default=DebitFileState.ASKED, editable=False
    )
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    count = models.PositiveIntegerField("debits", default=0)
    total = MoneyField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the file as sent.")
    heading = models.JSONField(
        default=dict, editable=False, help_text="The provider's own data as sent."
    )

    class Meta:
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.provider} {self.day}"


class Draw(Swept):
    """What of a bill is to be, or was, drawn from a bank account on a day."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(
        max_length=18, unique=True, help_text="What the payer's statement and the bank call it."
    )
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="draws")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="draws")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="draws")
    amount = MoneyField()
    on = models.DateField("day")
    because = models.JSONField(default=list)
    state = models.CharField(
        max_length=8, choices=DrawState, default=DrawState.PLANNED, editable=False
    )
    planned_at = models.DateTimeField()
    file = models.ForeignKey(
        DebitFile, on_delete=models.PROTECT, null=True, blank=True, related_name="draws"
    )
    stop_asked_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when it has to be stopped at the bank."
    )
    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="draw"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField("the bank's reason", max_length=1, choices=ReturnCode, blank=True)
    reason = models.CharField("why not", max_length=200, blank=True)

    class Meta:
        ordering = ["on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="draw_is_positive"),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(state__in=["planned", "in_file", "sent"]),
                name="one_draw_a_bill_at_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["in_file", "sent", "paid"]) | Q(file__isnull=False),
                name="drawn_by_a_file",
            ),
        ]
        indexes = [
            models.Index(
                fields=["on"],
                condition=Q(state__in=["planned", "in_file", "sent"]),
                name="draws_to_come",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.amount} on {self.on}"


class DebitReturns(models.Model):
    """A bank's list of debits that it sent back; the same list is never taken twice."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    count = models.PositiveIntegerField("debits")
    total = MoneyField()

    class Meta:
        ordering = ["-taken_at"]
        verbose_name_plural = "debit returns"
        constraints = [models.UniqueConstraint(fields=["provider", "sha256"], name="returns_once")]

    def __str__(self) -> str:
        return f"{self.count} debits sent back"
