"""Money received, and what it and other credit pays."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import Q

from billing.invoices.models import CreditNote, Invoice, InvoiceLine
from billing.ledger.models import Posting
from billing.payments.states import (
    DateFormat,
    Delimiter,
    OnlineState,
    PaymentMethod,
    Point,
    RequestKind,
    RequestState,
)
from parties.accounts.models import Account, Provider
from parties.people.models import User
from records.fields import MoneyField
from terms.vocabulary import Card, Method


class Payment(models.Model):
    """Money received, for an account or not yet known for which.

    Two payments that are alike in every respect are told apart by `occurrence`: the first, the
    second of a bank's file. The desk refuses what is alike; a file counts both.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="payments")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="payments"
    )
    amount = MoneyField()
    received_on = models.DateField()
    method = models.CharField(max_length=14, choices=PaymentMethod)
    reference = models.CharField(max_length=60)
    occurrence = models.PositiveSmallIntegerField(default=1)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=150, blank=True)
    towards = models.ForeignKey(
        Invoice,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The invoice that the customer named.",
    )
    posting = models.OneToOneField(
        Posting, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reversed_on = models.DateField(null=True, blank=True)
    reversed_why = models.CharField(max_length=200, blank=True)
    unmatched_why = models.CharField(
        "why it waits", max_length=200, blank=True, help_text="What hindered matching it."
    )

    class Meta:
        ordering = ["-received_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_is_positive"),
            models.UniqueConstraint(
                fields=[
                    "account",
                    "method",
                    "reference",
                    "received_on",
                    "amount",
                    "occurrence",
                ],
                condition=Q(account__isnull=False),
                name="payment_once",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-received_on"], name="payment_newest_first"),
            models.Index(
                fields=["provider", "received_on"],
                condition=Q(account__isnull=True),
                name="payments_unmatched",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} on {self.received_on}"


class BankFormat(models.Model):
    """How a bank writes its CSV files: which column says what, and how."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="bank_formats")
    name = models.CharField(max_length=60, help_text="Bank and account, as the desk says it.")
    delimiter = models.CharField(max_length=3, choices=Delimiter, default=Delimiter.COMMA)
    date_format = models.CharField(max_length=10, choices=DateFormat, default=DateFormat.DAY_FIRST)
    point = models.CharField("decimal sign", max_length=1, choices=Point, default=Point.POINT)
    date_column = models.CharField(max_length=60, default="Date")
    amount_column = models.CharField(
        max_length=60, default="Amount", help_text="Money that came in; below zero: went out."
    )
    reference_column = models.CharField(max_length=60, default="Reference")
    debit_column = models.CharField(
        max_length=60, blank=True, help_text="Where money that went out has its own column."
    )
    kind_column = models.CharField(
        max_length=60, blank=True, help_text="Says BPAY, cheque, direct debit and so on."
    )
    currency_column = models.CharField(max_length=60, blank=True)
    bank_id_column = models.CharField(
        max_length=60, blank=True, help_text="The bank's own number of the row."
    )
    balance_column = models.CharField(
        max_length=60,
        blank=True,
        help_text="The running balance; like the bank's number it tells alike rows of "
        "overlapping files apart.",
    )
    method = models.CharField(
        "way to pay",
        max_length=14,
        choices=PaymentMethod,
        default=PaymentMethod.EFT,
        help_text="Of rows that do not say.",
    )

    class Meta:
        ordering = ["provider", "name"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "name"], name="bank_format_once")
        ]

    def __str__(self) -> str:
        return self.name


class BankImport(models.Model):
    """A bank's file: tried first, then imported; what became of its rows."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="bank_imports")
    format = models.ForeignKey(BankFormat, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("file", max_length=120)
    content = models.BinaryField(
        blank=True, editable=False, help_text="Kept until it is imported."
    )
    uploaded_at = models.DateTimeField()
    uploaded_by = models.CharField(max_length=150)
    imported_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict, help_text="Rows by what became of them.")
    refused = models.JSONField(default=list, help_text="Row, what is wrong, its cells.")

    class Meta:
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.name


class ImportedRow(models.Model):
    """A row of a bank's file that became a payment; the same row is never taken twice."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(
        max_length=64, help_text="SHA-256 of day, amount, reference, the bank's number, balance."
    )
    occurrence = models.PositiveSmallIntegerField(help_text="Of rows of one file that are alike.")
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="imported_row")
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "key", "occurrence"], name="bank_row_once")
        ]

    def __str__(self) -> str:
        return f"Row of {self.payment}"


class Allocation(models.Model):
    """What part of a payment or credit note pays an invoice. Undone by a date, never removed."""

    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="allocations"
    )
    credit_note = models.ForeignKey(
        CreditNote, on_delete=models.PROTECT, null=True, blank=True, related_name="allocations"
    )
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="allocations")
    amount = MoneyField()
    applied_on = models.DateField()
    undone_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["applied_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="allocation_is_positive"),
            models.CheckConstraint(
                condition=Q(payment__isnull=False) ^ Q(credit_note__isnull=False),
                name="allocation_has_one_source",
            ),
        ]
        indexes = [models.Index(fields=["invoice"], name="allocations_of_invoice")]

    def __str__(self) -> str:
        return f"{self.amount} to {self.invoice}"


class MoneyRequest(models.Model):
    """A part of a bill to give back or give up: asked by one, approved by another if large."""

    kind = models.CharField(max_length=11, choices=RequestKind)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="requests")
    line = models.ForeignKey(
        InvoiceLine,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: a part of the whole bill.",
    )
    amount = MoneyField(help_text="GST included.")
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=7, choices=RequestState, default=RequestState.ASKED)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    credit_note = models.OneToOneField(
        CreditNote, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="request_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.amount} for {self.invoice}"


class ChargeAdvice(models.Model):
    """A notice that really went out and named what is added if an invoice stays unpaid."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="advised")
    advised_on = models.DateField()
    notice = models.ForeignKey(
        "notices.Notice", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["advised_on"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "advised_on"], name="advised_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.invoice} advised on {self.advised_on}"


# What can be paid with in the portal; a bank debit stands beside the cards, as in price lists.
IN_PORTAL = [
    (Card.VISA.value, "Visa"),
    (Card.MASTERCARD.value, "Mastercard"),
    (Card.AMEX.value, "American Express"),
    (Card.DIRECT_DEBIT.value, "Bank account"),
]
# How money comes past the portal; the terms may need the provider's agreement to it, too.
PAST_PORTAL = [(Method.BPAY.value, "BPAY"), (Method.EFT.value, "Bank transfer")]


class PaymentOption(models.Model):
    """What a provider has published about one way to pay.

    Whether it is taken, and what may be added, is decided by terms and law; where the terms leave
    it to the provider, this row is its word.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="pay_options")
    card = models.CharField("paid with", max_length=12, choices=[*IN_PORTAL, *PAST_PORTAL])
    is_offered = models.BooleanField(
        "we take it",
        default=True,
        help_text="Where the terms need our agreement, this is it; unticked it is not offered.",
    )
    surcharge_percent = models.DecimalField(
        max_digits=4,
        decimal_places=2,
        default=0,
        help_text="As published, GST included. No more is charged than terms and law allow.",
    )
    cost_percent = models.DecimalField(
        max_digits=4,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="What taking it really costs us: the most that may be added.",
    )

    class Meta:
        ordering = ["provider", "card"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "card"], name="pay_option_once"),
            models.CheckConstraint(
                condition=Q(surcharge_percent__gte=0), name="surcharge_is_no_discount"
            ),
            models.CheckConstraint(
                condition=Q(surcharge_percent=0) | Q(cost_percent__isnull=False),
                name="surcharge_knows_its_cost",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_card_display()} at {self.provider}"


class OnlinePayment(models.Model):
    """A payment that somebody makes in the portal, on the gateway's own page.

    Card and bank numbers are entered there and never known here. Only once the gateway says that
    the money is there is it a `Payment`.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="online_payments")
    key = models.UUIDField(help_text="Of the form that was sent: sent twice, it is one payment.")
    amount = MoneyField(help_text="What pays bills.")
    surcharge = MoneyField(default=0, help_text="Added for the card, GST included.")
    method = models.CharField(max_length=14, choices=PaymentMethod)
    cards = models.CharField(max_length=60, help_text="What may be paid with.")
    towards = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    because = models.JSONField(default=list, help_text="Why it is taken, and at which surcharge.")
    state = models.CharField(
        max_length=11, choices=OnlineState, default=OnlineState.STARTED, editable=False
    )
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    session = models.CharField(max_length=120, blank=True, help_text="The gateway's own name.")
    address = models.URLField(max_length=2000, blank=True, help_text="The gateway's page.")
    money = models.CharField(
        max_length=120, blank=True, help_text="What the gateway calls the money itself."
    )
    finished_at = models.DateTimeField(
        null=True, blank=True, help_text="When the payer had done their part."
    )
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When it came or failed.")
    why = models.CharField("why not", max_length=200, blank=True)
    asked_at = models.DateTimeField(
        null=True, blank=True, help_text="When we last asked the gateway by ourselves."
    )
    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="online"
    )
    kept = models.ForeignKey(
        "billing.Mandate",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="paid_once",
        verbose_name="with the kept card",
        help_text="Nobody typed a card: the gateway was asked for the one that it keeps.",
    )

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="online_payment_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, surcharge__gte=0), name="online_payment_is_positive"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["succeeded", "taken_back"]) | Q(payment__isnull=False),
                name="received_online_is_booked",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-started_at"], name="online_newest_first"),
            models.Index(
                fields=["started_at"],
                condition=Q(state__in=["started", "in_progress"]),
                name="online_under_way",
            ),
            models.Index(fields=["session"], name="online_by_session"),
            models.Index(fields=["money"], name="online_by_money"),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.amount}"

    @property
    def reference(self) -> str:
        """What the payer and the bank's statement call it."""
        return f"P-{self.public_id.hex[:10].upper()}"

    @property
    def total(self) -> Decimal:
        """What is taken from the payer, in dollars."""
        total: Decimal = self.amount + self.surcharge
        return total


class GatewayEvent(models.Model):
    """Something that a gateway said; heard once, however often it is said.

    `problem` says what keeps it from being acted on: staff find it on a worklist.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    event = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    said_at = models.DateTimeField()
    heard_at = models.DateTimeField()
    money = models.CharField(max_length=120, blank=True)
    amount = MoneyField(null=True, blank=True)
    why = models.CharField(max_length=200, blank=True)
    online = models.ForeignKey(
        OnlinePayment, on_delete=models.PROTECT, null=True, blank=True, related_name="events"
    )
    problem = models.CharField(max_length=200, blank=True)
    solved_at = models.DateTimeField(null=True, blank=True)
    solved_by = models.CharField(max_length=150, blank=True)
    solution = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-heard_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event"], name="gateway_event_once")
        ]
        indexes = [
            models.Index(
                fields=["provider", "money"],
                condition=Q(solved_at__isnull=True) & ~Q(problem=""),
                name="gateway_events_to_solve",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event}"
