"""Questions about credit that goes back as money."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from billing.payments.models import OnlinePayment, Refund
from billing.payments.states import GIVEN_BACK, OnlineState, RefundState
from parties.accounts.models import Account
from records.fields import MoneyField
from terms.money import ZERO


def refunds(account: Account) -> QuerySet[Refund]:
    """What of the account's credit went back as money or is on its way, newest first.

    With it what did not arrive, while nobody has decided how it goes on.
    """
    shown = (*GIVEN_BACK, RefundState.FAILED)
    rows = Refund.objects.filter(account=account, state__in=shown).select_related("of")
    return rows.order_by("-decided_at")


def refundable(account: Account) -> list[tuple[OnlinePayment, Decimal]]:
    """The payments made in the portal whose gateway can give something back, and how much of each.

    Dollars, newest first. A surcharge stays what the card cost.
    """
    given = Sum("refunds__amount", filter=Q(refunds__state__in=GIVEN_BACK))
    rows = (
        OnlinePayment.objects.filter(
            account=account, state=OnlineState.SUCCEEDED, payment__reversed_on__isnull=True
        )
        .exclude(money="")
        .annotate(given=Coalesce(given, ZERO, output_field=MoneyField()))
        .order_by("-started_at", "-pk")
    )
    return [(row, row.amount - row.given) for row in rows if row.amount > row.given]


def left_to_give_back(payment: OnlinePayment) -> Decimal:
    """How much of a payment its gateway can still give back, in dollars."""
    return next((left for row, left in refundable(payment.account) if row.pk == payment.pk), ZERO)
