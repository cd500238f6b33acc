"""Credit that is given back as money."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from billing.ledger.models import Posting
from billing.payments.states import DebitFileState, PaymentMethod, RefundState, RefundWay
from parties.accounts.models import Account, Provider
from parties.people.models import User
from records.fields import MoneyField
from records.sweeps import Swept

from .received import OnlinePayment


class RefundAccount(models.Model):
    """The bank account to which an account's refunds can be paid, as somebody gave it.

    Its number is sealed: it is opened for the bank's file alone, and people, staff too, see how it
    ends. Another one takes its place; nothing is changed in a row.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="refund_accounts")
    payee_name = models.CharField("name of the bank account", max_length=32)
    bsb = models.CharField("BSB", max_length=7)
    sealed_number = models.TextField(editable=False)
    number_end = models.CharField("number ends", max_length=4)
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-given_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(ended_at__isnull=True),
                name="one_refund_account_at_once",
            )
        ]

    def __str__(self) -> str:
        return f"the bank account ending {self.number_end}"


class RefundFile(models.Model):
    """Refunds for one bank on one day; what it holds is made anew and proved by its hash."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="refund_files")
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
    count = models.PositiveIntegerField("refunds", default=0)
    total = MoneyField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the file as sent.")
    heading = models.JSONField(
        default=dict, editable=False, help_text="The provider's own data as sent."
    )
    lines = models.JSONField(
        default=list, editable=False, help_text="What was sent: refund, try, dollars, account."
    )

    class Meta:
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.provider} {self.day}"


class Refund(Swept):
    """Credit given back as money: asked for by one, approved by another above the limit.

    By hand it is paid once it is approved. Through the gateway it goes back to what an online
    payment was paid with: on its way until the gateway says that it arrived, or did not. By a file
    it goes to the bank account that the customer gave: on its way until the bank's day is over.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="refunds")
    key = models.UUIDField(
        null=True,
        blank=True,
        editable=False,
        help_text="Of the form that was sent: sent twice, it is one refund.",
    )
    amount = MoneyField()
    reason = models.CharField(max_length=300)
    way = models.CharField("how", max_length=8, choices=RefundWay, default=RefundWay.BY_HAND)
    of = models.ForeignKey(
        OnlinePayment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        verbose_name="of the payment",
        help_text="That was made in the portal, and whose card or bank account gets it back.",
    )
    to = models.ForeignKey(
        RefundAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        verbose_name="to the bank account",
    )
    file = models.ForeignKey(
        RefundFile, on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    state = models.CharField(max_length=8, choices=RefundState, default=RefundState.ASKED)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150)
    asked_by_id_no = models.PositiveBigIntegerField(help_text="Who asked, to tell two apart.")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)
    posting = models.OneToOneField(
        Posting, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    tries = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="How often it has been put on its way."
    )
    money = models.CharField(
        max_length=120, blank=True, help_text="What the gateway calls the refund."
    )
    gateway_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(
        null=True, blank=True, help_text="When it arrived, or turned out not to."
    )
    why = models.CharField("why not", max_length=200, blank=True)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_positive"),
            models.UniqueConstraint(fields=["account", "key"], name="refund_once"),
            models.CheckConstraint(
                condition=Q(way="gateway", of__isnull=False)
                | (~Q(way="gateway") & Q(of__isnull=True)),
                name="refund_of_a_payment_by_its_gateway",
            ),
            models.CheckConstraint(
                condition=Q(way="file", to__isnull=False)
                | (~Q(way="file") & Q(to__isnull=True, file__isnull=True)),
                name="refund_to_a_bank_account_by_file",
            ),
        ]
        indexes = [
            models.Index(
                fields=["gateway_asked_at"],
                condition=Q(state="going"),
                name="refunds_on_their_way",
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount} back to {self.account}"

    @property
    def reference(self) -> str:
        """What the gateway gets to know of it: another one for each try."""
        return f"{self.public_id}-{self.tries}"

    @property
    def bank_reference(self) -> str:
        """What the bank and the payee's statement call it: another one for each try."""
        return f"RF{self.pk:010d}{self.tries:03d}"

    @property
    def is_sent(self) -> bool:
        """Whether a file that holds it has gone to the bank."""
        return self.file is not None and self.file.state == DebitFileState.SENT

    @property
    def destination(self) -> str:
        """Where the money goes, as letters and pages say it; empty where people know it."""
        if self.to is not None:
            return str(self.to)
        if self.of is None:
            return ""
        thing = "bank account" if self.of.method == PaymentMethod.DIRECT_DEBIT else "card"
        return f"the {thing} that paid {self.of.reference}"
