"""Prices that rise by themselves each year: which, from when, to how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from contracts.agreements.selectors import ask, binding
from contracts.supply.models import Service
from contracts.supply.selectors import period_on, supplied_price
from contracts.supply.states import ServiceStatus
from contracts.variations.models import IndexFigure, Variation
from contracts.variations.states import FigureState, VariationState
from parties.accounts.models import Provider
from terms import library, rules
from terms.rules.charges import Indexation

# From how long before its day a rise is told, and how long after it one is caught up with.
AHEAD, BEHIND = timedelta(days=60), timedelta(days=300)
# An index of more than a year ago says nothing of this year.
KNOWN_FOR = timedelta(days=366)


@dataclass(frozen=True, kw_only=True)
class YearlyRise:
    """The rise of one service that comes near, or came without being told yet.

    `unit_after` is per unit and month in the service's own basis, `monthly_after` for all units
    with GST; both None while the index is not known: then `at_least` is what all units cost at
    the least.
    """

    service: Service
    applies_on: date
    figure: IndexFigure | None
    unit_after: Decimal | None
    monthly_after: Decimal | None
    at_least: Decimal | None
    because: list[dict[str, Any]]


def rise_of(service: Service, on: date, figure: IndexFigure | None) -> YearlyRise | None:
    """The yearly rise of a service as it stands on a day, with an index (CV-VAR-05, CV-VAR-06)."""
    bound = binding(service.contract, on)
    named = bound.profile.find(Indexation)
    if named is None or named.service != service.plan.kind:
        return None
    started = service.contract.started_on
    year = (on + AHEAD).year - started.year
    for years in (year, year - 1):
        when = ask(bound, rules.indexation_date, contract_start=started, year=years)
        day = getattr(when.result, "applies_on", None)
        if years > 0 and day is not None and on - BEHIND <= day <= on + AHEAD:
            break
    else:
        return None
    period = period_on(service, max(day, on))
    if period is None or (period.ends_on is not None and period.ends_on < day):
        return None
    answer = ask(
        bound,
        rules.indexation,
        service=service.plan.kind,
        monthly_fee=period.unit_fee,
        cpi_percent=figure.percent if figure else None,
    )

    def for_all(fee: Decimal | None) -> Decimal | None:
        if fee is None:
            return None
        basis, quantity = period.price_basis, period.quantity
        return supplied_price(
            type(period)(unit_fee=fee, quantity=quantity, price_basis=basis), bound
        )

    after = answer.result.new_monthly_fee
    return YearlyRise(
        service=service,
        applies_on=day,
        figure=figure,
        unit_after=after,
        monthly_after=for_all(after),
        at_least=for_all(answer.result.at_least),
        because=[*when.because, *answer.because],
    )


def index_known(provider: Provider, on: date) -> IndexFigure | None:
    """The newest figure that two people vouch for, of the last year; None: it is not known."""
    rows = IndexFigure.objects.filter(
        provider=provider,
        state=FigureState.CONFIRMED,
        published_on__range=(on - KNOWN_FOR, on),
    )
    return rows.select_related("entered_by", "decided_by").first()


def rises_to_tell(on: date, provider: Provider | None = None) -> Iterator[YearlyRise]:
    """Rises that come near and that nobody has been told of, with the index as far as known."""
    providers = Provider.objects.all() if provider is None else [provider]
    for one in providers:
        kind = _indexed_kind(one, on)
        if kind is None:
            continue
        figure = index_known(one, on)
        rows = (
            Service.objects.filter(
                plan__provider=one,
                plan__kind=kind,
                status__in=[ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED],
                ended_on__isnull=True,
            )
            .select_related("plan", "contract__account__customer__provider")
            .prefetch_related("periods")
        )
        told = {
            (row.service_id, row.effective_on)
            for row in Variation.objects.filter(
                provider=one, service__isnull=False, is_yearly=True
            ).exclude(state__in=[VariationState.DROPPED, VariationState.REFUSED])
        }
        for service in rows.iterator(500):
            rise = rise_of(service, on, figure)
            if rise is not None and (service.pk, rise.applies_on) not in told:
                yield rise


def waiting_for_index(
    rows: QuerySet[Service], on: date, provider: Provider | None = None
) -> QuerySet[Service]:
    """Those services whose yearly rise comes near, or is late, while the index is not known."""
    waiting = [one.service.pk for one in rises_to_tell(on, provider) if one.figure is None]
    return rows.filter(pk__in=waiting)


def rise_ahead(service: Service, on: date) -> YearlyRise | None:
    """The rise of one service that lies ahead, for its page; None where none comes near."""
    rise = rise_of(service, on, index_known(service.plan.provider, on))
    return rise if rise is not None and rise.applies_on > on else None


def _indexed_kind(provider: Provider, on: date) -> str | None:
    profile = library.load(provider.key, library.in_force(provider.key, on))
    named = profile.find(Indexation)
    return named.service.value if named else None
