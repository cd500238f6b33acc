"""Credit that is given back as money."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from billing.ledger.models import Posting
from billing.payments.states import PaymentMethod, RefundState, RefundWay
from parties.accounts.models import Account
from records.fields import MoneyField
from records.sweeps import Swept

from .received import OnlinePayment


class Refund(Swept):
    """Credit given back as money: asked for by one, approved by another above the limit.

    By hand it is paid once it is approved. Through the gateway it goes back to what an online
    payment was paid with: on its way until the gateway says that it arrived, or did not.
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
    def destination(self) -> str:
        """Where the money goes, as letters and pages say it; empty where people know it."""
        if self.of is None:
            return ""
        thing = "bank account" if self.of.method == PaymentMethod.DIRECT_DEBIT else "card"
        return f"the {thing} that paid {self.of.reference}"
