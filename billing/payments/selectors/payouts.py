"""Which payout of the gateway a sum in suspense is, and what the payout is of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import QuerySet

from billing.payments.models import OnlinePayment, Payment, Payout, Refund
from billing.payments.states import GIVEN_BACK, PaymentMethod
from terms.calendar import in_words
from terms.money import ZERO, in_dollars

# A bank shows a payout at most so long after, or before, the gateway's day.
LOOKED_FOR, EARLY = timedelta(days=31), timedelta(days=3)
# What has not been found at the bank after so many days is looked for by staff.
FOUND_WITHIN = timedelta(days=5)


@dataclass(frozen=True, kw_only=True)
class PayoutFit:
    """A payout with what in it is booked here, by way to pay, and what is not, in dollars."""

    payout: Payout
    booked: dict[str, Decimal]
    unknown: tuple[str, ...]
    unknown_sum: Decimal

    def named(self) -> list[tuple[str, Decimal]]:
        """What is booked, by the name of its way to pay."""
        return [(PaymentMethod(way).label, amount) for way, amount in self.booked.items()]

    @property
    def what(self) -> str:
        """The payout in words: what came, what was kept, what was paid."""
        row = self.payout
        return (
            f"payout of {in_words(row.day)}: {in_dollars(row.gross)} less fees of "
            f"{in_dollars(row.fees)} is {in_dollars(row.amount)}"
        )

    def problem_with(self, amount: Decimal) -> str:
        """Why an amount is not this payout, in words; empty where it is."""
        if amount != self.payout.amount:
            rest = amount - self.payout.amount
            side = "more" if rest > ZERO else "less"
            return f"It is {in_dollars(abs(rest))} {side} than the {self.what}."
        if not self.unknown:
            return ""
        names = ", ".join(self.unknown[:3])
        return f"{in_dollars(self.unknown_sum)} of the payout is not booked here: {names}."


def payouts_for(payment: Payment) -> list[Payout]:
    """The payouts that a sum in suspense can be, those of the same amount first. One query."""
    rows = Payout.objects.filter(
        provider=payment.provider_id,
        payment__isnull=True,
        day__gte=payment.received_on - LOOKED_FOR,
        day__lte=payment.received_on + EARLY,
    )
    return sorted(rows, key=lambda row: (row.amount != payment.amount, -row.pk))


def payouts_not_found(rows: QuerySet[Payout]) -> QuerySet[Payout]:
    """Payouts that no row of a bank's file was matched to yet."""
    return rows.filter(payment__isnull=True)


def fit_of(payout: Payout) -> PayoutFit:
    """What of a payout is booked here. Three queries.

    Money that came is booked once, money that went back with its refund, money that a bank took
    back with the reversal. What is not is unknown until it is booked.
    """
    names = {part["money"] for part in payout.parts}
    mine = {"account__customer__provider": payout.provider_id, "money__in": names}
    online = {
        row.money: row
        for row in OnlinePayment.objects.filter(**mine, payment__isnull=False).select_related(
            "payment"
        )
    }
    refunds = {
        row.money: row
        for row in Refund.objects.filter(**mine, state__in=GIVEN_BACK).select_related("of")
    }
    booked: dict[str, Decimal] = defaultdict(lambda: ZERO)
    unknown: list[str] = []
    missing = ZERO
    for part in payout.parts:
        gross, name = Decimal(part["gross"]), part["money"]
        paid = refunds[name].of if name in refunds else online.get(name)
        if paid is None or not _is_booked(gross, name, online, refunds):
            unknown.append(name or "something without a name")
            missing += gross
        else:
            booked[paid.method] += gross
    return PayoutFit(
        payout=payout, booked=dict(booked), unknown=tuple(unknown), unknown_sum=missing
    )


def _is_booked(
    gross: Decimal, name: str, online: dict[str, OnlinePayment], refunds: dict[str, Refund]
) -> bool:
    """Whether a part of a payout is what was booked under its name."""
    if name in refunds:
        return bool(gross == -refunds[name].amount)
    row = online[name]
    if gross > ZERO:
        return bool(gross == row.total)
    taken_back = row.payment is not None and row.payment.reversed_on is not None
    return taken_back and bool(gross == -row.total)
