"""A service's minimum term: until when, how much of it has gone, what follows."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from contracts.agreements.selectors import binding, rests_on_default
from contracts.renewing.selectors import Renewal, RenewalOffer, renewal_of
from contracts.supply.models import Service, SupplyPeriod
from contracts.supply.selectors import period_on, supplied_price, term_of
from contracts.supply.states import ServiceStatus
from terms.binding import Binding
from terms.calendar import months_on

from .costs import Cost, cost_of

ONE_DAY = timedelta(days=1)
# No document reminds earlier than this before a term ends.
LOOKS_AHEAD = timedelta(days=200)
# Between the contract's day and the service's first.
APART = timedelta(days=93)


@dataclass(frozen=True, kw_only=True)
class TermCard:
    """One service's minimum term on a day. `percent` is how much of it has gone.

    `by_default`: the terms say nothing of it. `follows`: it goes on from month to month.
    `next_price` is the next change that is planned: its day, and what is then paid a month for
    all units, in dollars, GST included.
    """

    service: Service
    ends_on: date | None
    is_over: bool
    days_left: int
    percent: int | None
    follows: bool
    remind_on: date | None
    by_default: bool
    next_price: tuple[date, Decimal] | None
    because: list[dict[str, Any]]
    renewal: Renewal | None = None


def term_card(service: Service, on: date) -> TermCard:
    """The service's minimum term as it stands on a day (CV-CON-03, VP-CON-05, -06, BS-CON-05)."""
    contract = service.contract
    bound = binding(contract, on)
    answer = term_of(contract, service, on)
    ends_on: date | None = getattr(answer.result, "ends_on", None)
    return TermCard(
        service=service,
        ends_on=ends_on,
        is_over=ends_on is not None and ends_on < on,
        days_left=max((ends_on - on).days, 0) if ends_on else 0,
        percent=_percent(ends_on, service.term_months, on),
        follows=getattr(answer.result, "rolls_to", None) is not None,
        remind_on=getattr(answer.result, "reminder_on", None),
        by_default=rests_on_default(answer.because),
        next_price=_next_price(service, bound, on),
        because=answer.because,
        renewal=renewal_of(service, bound, ends_on),
    )


def terms_to_remind_of(on: date) -> Iterator[TermCard]:
    """Terms whose reminder is due by the next day, not over, and that nobody was told of."""
    lengths = (
        Service.objects.filter(contract__minimum_months__isnull=False)
        .order_by()
        .values_list("contract__minimum_months", "renewed_months")
        .distinct()
    )
    for agreed, renewed in lengths:
        months = int(agreed or 0) + renewed
        first = months_on(on, -months) - APART
        last = months_on(on + LOOKS_AHEAD, -months) + APART
        rows = (
            Service.objects.filter(
                status__in=[ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED],
                ended_on__isnull=True,
                contract__minimum_months=agreed,
                renewed_months=renewed,
                activated_on__range=(first, last),
            )
            .select_related("plan", "contract__account__customer__provider")
            .prefetch_related("term_reminders", "periods")
        )
        for service in rows.iterator(500):
            card = term_card(service, on)
            told = {row.ends_on for row in service.term_reminders.all()}
            is_due = card.remind_on is not None and card.remind_on <= on + ONE_DAY
            if is_due and not card.is_over and card.ends_on not in told:
                yield card


def _percent(ends_on: date | None, months: int | None, on: date) -> int | None:
    if ends_on is None or not months:
        return None
    starts_on = months_on(ends_on + ONE_DAY, -months)
    whole = (ends_on - starts_on).days + 1
    return min(max(100 * (on - starts_on).days // whole, 0), 100)


def _next_price(service: Service, bound: Binding, on: date) -> tuple[date, Decimal] | None:
    """The next day on which another price is planned, and that price."""
    rows = sorted(service.periods.all(), key=lambda row: row.starts_on)
    now = period_on(service, on)
    for row in rows:
        if now and row.starts_on > on and _price(row) != _price(now):
            return row.starts_on, supplied_price(row, bound)
    return None


def _price(row: SupplyPeriod) -> tuple[Any, int]:
    return row.unit_fee, row.quantity


def cost_if_renewed(offer: RenewalOffer, *, on: date) -> Cost:
    """What leaving on the first day of a renewed term would cost, the most there is."""
    renewed = copy(offer.service)
    renewed.renewed_months += offer.months
    return cost_of(renewed, binding(renewed.contract, on), ends_on=offer.starts_on)
