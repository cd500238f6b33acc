"""Questions about credit that goes back as money."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from billing.ledger.selectors import credit_of
from billing.payments.models import OnlinePayment, Refund, RefundAccount
from billing.payments.states import (
    GIVEN_BACK,
    WAITING_REFUNDS,
    OnlineState,
    RefundState,
    RefundWay,
)
from parties.accounts.models import Account, Provider
from records.fields import MoneyField
from terms.money import ZERO


def refunds(account: Account) -> QuerySet[Refund]:
    """What of the account's credit went back as money or is on its way, newest first.

    With it what did not arrive, also once it was decided to leave it: a letter leads there.
    """
    shown = Q(state__in=(*GIVEN_BACK, RefundState.FAILED))
    left = Q(state=RefundState.REFUSED, tries__gt=0)
    rows = Refund.objects.filter(shown | left, account=account).select_related("of")
    return rows.order_by("-decided_at")


def kept_for_refunds(account: Account) -> Decimal:
    """How much of the account's credit waits to go back as money, in dollars.

    Asked for and not decided, or sent and not arrived: no bill takes it meanwhile.
    """
    rows = Refund.objects.filter(account=account, state__in=WAITING_REFUNDS)
    kept: Decimal = rows.aggregate(sum=Sum("amount"))["sum"] or ZERO
    return kept


def free_credit(account: Account) -> Decimal:
    """How much of the account's credit can pay a bill or be asked back, in dollars.

    Below zero after money was taken back that had gone out again.
    """
    return credit_of(account) - kept_for_refunds(account)


def refund_account_of(account: Account) -> RefundAccount | None:
    """The bank account to which the account's refunds can be paid; None: none was given."""
    rows = RefundAccount.objects.filter(account=account, ended_at__isnull=True)
    return rows.select_related("given_by", "account__customer__provider").first()


def refunds_for_a_file(rows: QuerySet[Refund]) -> QuerySet[Refund]:
    """Refunds that wait to be put in a file for the bank."""
    return rows.filter(state=RefundState.GOING, way=RefundWay.FILE, file__isnull=True)


def refunds_to_send(provider: Provider) -> QuerySet[Refund]:
    """A provider's refunds that wait for a file, account by account."""
    rows = refunds_for_a_file(Refund.objects.filter(account__customer__provider=provider))
    return rows.select_related("account").order_by("account_id", "pk")


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
        .select_related("account__customer__provider")
        .annotate(given=Coalesce(given, ZERO, output_field=MoneyField()))
        .order_by("-started_at", "-pk")
    )
    return [(row, row.amount - row.given) for row in rows if row.amount > row.given]


def left_to_give_back(payment: OnlinePayment) -> Decimal:
    """How much of a payment its gateway can still give back, in dollars."""
    return next((left for row, left in refundable(payment.account) if row.pk == payment.pk), ZERO)
