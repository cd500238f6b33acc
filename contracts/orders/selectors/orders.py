"""Orders of an account, and what waits for whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import (
    CharField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)

from contracts.agreements.selectors import ask
from contracts.orders.models import Order, PortIn
from contracts.orders.states import SHOWN, OrderState, PortState
from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account
from terms import rules
from terms.money import ZERO

from .figures import bound_of, live_lines


@dataclass(frozen=True, kw_only=True)
class WithdrawalCost:
    """What taking an order back costs: a range in dollars before GST; None: no fee."""

    min_ex: Decimal | None
    max_ex: Decimal | None
    because: list[dict[str, Any]]


def orders_of(account: Account) -> QuerySet[Order]:
    """The orders that a customer knows of, the newest first."""
    return Order.objects.filter(account=account, state__in=SHOWN)


def order_by_reference(account: Account, reference: str) -> Order | None:
    """One order of the account with what its page needs, or None."""
    found = whole(orders_of(account)).filter(reference=reference).first()
    if found is not None:
        found.account = account
    return found


def whole(rows: QuerySet[Order]) -> QuerySet[Order]:
    """Orders with their lines, ticks and moves, in a fixed few queries."""
    return rows.select_related(
        "account__customer__provider", "accepted_by", "summary", "withdrawal"
    ).prefetch_related("lines__plan", "lines__port", "lines__service", "ticks", "capacity_checks")


def paper_of() -> Subquery:
    """The reference of the order that a contract came from, asked along with the contract.

    A second contract of an order bears its reference and a number.
    """
    rows = Order.objects.filter(account=OuterRef("account"), accepted_at__isnull=False)
    contract = ExpressionWrapper(OuterRef("reference"), output_field=CharField())
    named = rows.alias(contract=contract)
    return Subquery(named.filter(contract__startswith=F("reference")).values("reference")[:1])


def offers_open(account: Any, on: date) -> Exists:
    """Whether an offer waits for the customer, to be asked along with a row of the account."""
    return Exists(_offers(account, on))


def has_offer(account: Account, on: date) -> bool:
    """Whether an offer waits for the customer. One query."""
    return _offers(account, on).exists()


def _offers(account: Any, on: date) -> QuerySet[Order]:
    return Order.objects.filter(account=account, state=OrderState.OFFERED, open_until__gte=on)


def to_lapse(at: date) -> QuerySet[Order]:
    """Offers whose last day is over somewhere in Australia."""
    return Order.objects.filter(state=OrderState.OFFERED, open_until__lt=at)


def moves_to_send(rows: QuerySet[PortIn]) -> QuerySet[PortIn]:
    """Moves of accepted orders that wait for us: to send, or to send again."""
    return rows.filter(
        state__in=[PortState.TO_SEND, PortState.REJECTED],
        line__order__state=OrderState.ACCEPTED,
        line__dropped_at__isnull=True,
    )


def withdrawn_unsettled(rows: QuerySet[Order]) -> QuerySet[Order]:
    """Withdrawn orders whose cost nobody has worked out yet."""
    return rows.filter(withdrawal__settled_at__isnull=True, withdrawal__min_ex__isnull=False)


def withdrawal_cost(order: Order, on: date) -> WithdrawalCost:
    """What taking an order back costs as it stands (rule withdrawal_cost, CV-TRM-04)."""
    answer = ask(
        bound_of(order, on),
        rules.withdrawal_cost,
        activated=works_partly(order),
        work_started=order.work_began_on is not None,
    )
    found = answer.result
    if found is None or not found.applies:
        return WithdrawalCost(min_ex=None, max_ex=None, because=answer.because)
    return WithdrawalCost(min_ex=found.min_ex, max_ex=found.max_ex, because=answer.because)


def works_partly(order: Order) -> bool:
    """Whether anything of an order works already."""
    return any(one.service_id is not None for one in live_lines(order))


def may_deliver(order: Order, on: date, *, held: Decimal) -> tuple[bool, list[dict[str, Any]]]:
    """Whether delivery may begin: a stated deposit is paid first (rule deposit, CV-CON-07).

    `held` is what of deposits is held for the account, in dollars. Where the terms say nothing of
    deposits, one that the order states holds as it was agreed.
    """
    answer = ask(bound_of(order, on), rules.deposit, paid=held, required=order.deposit)
    allowed = getattr(answer.result, "may_deliver", None)
    if allowed is None:
        allowed = order.deposit is None or held >= order.deposit
    return allowed, answer.because


def committed_by_orders(
    account: Account, authorities: Iterable[str], *, without: Order
) -> Decimal:
    """What orders accepted under these appointments commit a month, in dollars, GST included.

    Those whose services have all ended count no more. One query.
    """
    ended = Service.objects.filter(order_line__order=OuterRef("pk"))
    rows = Order.objects.filter(
        account=account,
        authority__in=list(authorities),
        state__in=[OrderState.ACCEPTED, OrderState.DONE],
    ).exclude(pk=without.pk)
    alive = Q(state=OrderState.ACCEPTED) | Exists(ended.exclude(status=ServiceStatus.ENDED))
    sums = rows.filter(alive).aggregate(sum=Sum("monthly_inc"))
    return sums["sum"] or ZERO


def is_open(order: Order, on: date) -> bool:
    """Whether the customer can still answer an offer."""
    last = order.open_until
    return order.state == OrderState.OFFERED and last is not None and on <= last
