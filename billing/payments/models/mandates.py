"""Leave to draw bills from a bank account, what is drawn under it, and the files of the bank."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import Q

from billing.invoices.models import Invoice
from billing.payments.states import (
    CardRequestState,
    DebitFileState,
    DrawState,
    MandateKind,
    MandateState,
    ReturnCode,
)
from parties.accounts.models import Account, Provider
from parties.people.models import User
from records.documents.models import Document
from records.fields import MoneyField
from records.sweeps import Swept

from .received import IN_PORTAL, OnlinePayment, Payment


class Mandate(Swept):
    """Somebody's leave to draw an account's bills from a bank account or a card.

    The number of a bank account is sealed: it is opened for the bank's file alone, and people,
    staff too, see how it ends. A card is known at the gateway alone, here by the gateway's token.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=20, unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="mandates")
    kind = models.CharField(
        "drawn from", max_length=4, choices=MandateKind, default=MandateKind.BANK, editable=False
    )
    payer_name = models.CharField("name of the bank account", max_length=32, blank=True)
    bsb = models.CharField("BSB", max_length=7, blank=True)
    sealed_number = models.TextField(editable=False, blank=True)
    number_end = models.CharField("number ends", max_length=4)
    card = models.CharField(max_length=12, choices=IN_PORTAL, blank=True)
    valid_to = models.DateField("card valid to", null=True, blank=True)
    token = models.CharField(
        max_length=120, blank=True, editable=False, help_text="What the gateway calls the card."
    )
    payer = models.CharField(
        max_length=120, blank=True, editable=False, help_text="What it calls who pays."
    )
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
    warned_at = models.DateTimeField(
        "told that the card runs out", null=True, blank=True, editable=False
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
            models.CheckConstraint(
                condition=Q(kind="bank", card="", token="")
                | Q(kind="card", sealed_number="", state="ended")
                | (Q(kind="card", sealed_number="") & ~Q(token="")),
                name="mandate_is_of_one_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.source.removeprefix('the ')}"

    @property
    def is_card(self) -> bool:
        return self.kind == MandateKind.CARD

    @property
    def source(self) -> str:
        """From what is drawn, as letters and pages say it."""
        if self.is_card:
            return f"the {self.get_card_display()} ending {self.number_end}"
        return f"the bank account ending {self.number_end}"

    @property
    def called(self) -> str:
        """What drawing from it is called at the beginning of a sentence."""
        return "Automatic card payments" if self.is_card else "Direct debits"


class CardRequest(models.Model):
    """Somebody's wish to let bills be paid by a card, signed; the gateway asks for the card.

    Once the gateway keeps a card that is taken, the wish becomes a mandate.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="card_requests")
    key = models.UUIDField(help_text="Of the form that was sent: sent twice, it is one wish.")
    cards = models.CharField(max_length=60, help_text="What was offered.")
    draw_day = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Of the month; empty: on the day by which to pay."
    )
    signed_as = models.CharField(max_length=150)
    capacity = models.CharField("signs as", max_length=60, blank=True)
    proof = models.CharField("identity check", max_length=40, blank=True)
    because = models.JSONField(default=list)
    words = models.JSONField(default=list, help_text="What was read and signed.")
    state = models.CharField(
        max_length=7,
        choices=CardRequestState,
        default=CardRequestState.STARTED,
        editable=False,
    )
    why = models.CharField("why not", max_length=200, blank=True)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    session = models.CharField(max_length=120, blank=True, help_text="The gateway's own name.")
    address = models.URLField(max_length=2000, blank=True, help_text="The gateway's page.")
    asked_at = models.DateTimeField(
        null=True, blank=True, help_text="When we last asked the gateway by ourselves."
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    mandate = models.OneToOneField(
        Mandate, on_delete=models.PROTECT, null=True, blank=True, related_name="card_request"
    )

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="card_request_once"),
            models.CheckConstraint(
                condition=~Q(state="kept") | Q(mandate__isnull=False),
                name="card_that_is_kept_may_be_drawn",
            ),
        ]
        indexes = [
            models.Index(
                fields=["started_at"],
                condition=Q(state="started"),
                name="card_requests_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"Card for {self.account}"


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
    deposit = models.OneToOneField(
        Payment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="debit_file",
        help_text="What the bank paid for it in one sum.",
    )
    deposit_matched_at = models.DateTimeField(null=True, blank=True)
    deposit_matched_by = models.CharField(max_length=150, blank=True)
    deposit_matched_why = models.CharField("how one knows", max_length=200, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.provider} {self.day}"


class Draw(Swept):
    """What of a bill is to be, or was, drawn from a bank account or card on a day."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(
        max_length=18, unique=True, help_text="What the payer's statement and the bank call it."
    )
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="draws")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="draws")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="draws")
    amount = MoneyField(help_text="What pays the bill.")
    surcharge = MoneyField(default=0, help_text="Added for the card, GST included, as was told.")
    on = models.DateField("day")
    because = models.JSONField(default=list)
    state = models.CharField(
        max_length=8, choices=DrawState, default=DrawState.PLANNED, editable=False
    )
    planned_at = models.DateTimeField()
    file = models.ForeignKey(
        DebitFile, on_delete=models.PROTECT, null=True, blank=True, related_name="draws"
    )
    online = models.OneToOneField(
        OnlinePayment, on_delete=models.PROTECT, null=True, blank=True, related_name="draw"
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
            models.CheckConstraint(
                condition=Q(amount__gt=0, surcharge__gte=0), name="draw_is_positive"
            ),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(state__in=["planned", "in_file", "sent"]),
                name="one_draw_a_bill_at_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["in_file", "sent", "paid"])
                | Q(file__isnull=False, online__isnull=True)
                | Q(file__isnull=True, online__isnull=False, state__in=["sent", "paid"]),
                name="drawn_by_a_file_or_card",
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

    @property
    def total(self) -> Decimal:
        """What is taken from the payer, in dollars."""
        total: Decimal = self.amount + self.surcharge
        return total


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
