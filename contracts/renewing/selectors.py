"""What renewing a minimum term would bring, and which renewals stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet

from contracts.agreements.selectors import ask, binding
from contracts.renewing.models import TermRenewal
from contracts.renewing.states import STANDS, RenewalState
from contracts.supply.models import Service
from contracts.supply.selectors import period_on, supplied_price, term_of
from contracts.supply.states import ServiceStatus
from terms import rules
from terms.binding import Binding
from terms.calendar import in_words, months_on, whole_months
from terms.money import ZERO
from terms.rules.contract import ContractRenewal

ONE_DAY = timedelta(days=1)
# The terms name no first day for renewing: a rule of ours, so that nobody binds themselves years
# ahead to a price that may change until then.
OPENS_BEFORE = timedelta(days=120)


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """What renewing at the end of a term would bring, beside going on or leaving (CV-CON-06).

    `ends_on` is the last day of the term that would follow; None: none is promised.
    `handsets_replaced`: with new handsets for all. Going on keeps the fee.
    """

    ends_on: date | None
    handsets_replaced: bool
    because: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class RenewalOffer:
    """Renewing a service's term, as asked on a day; amounts in dollars, GST included.

    `opens_on` is the first day on which it can be renewed, `term_ends_on` the last. `assessed`:
    capacity to pay is looked at first (RF-TCP-25). `refusal` says why it can't be done now.
    """

    service: Service
    term_ends_on: date
    opens_on: date
    starts_on: date
    ends_on: date
    months: int
    monthly: Decimal
    total: Decimal
    handsets_replaced: bool
    assessed: bool
    refusal: str
    because: list[dict[str, Any]]


def renewal_of(service: Service, bound: Binding, ends_on: date | None) -> Renewal | None:
    """What renewing would bring; None where the terms speak of none for this service.

    The terms promise it at the end of the first term, so not once more after a renewal.
    """
    months = service.contract.minimum_months
    named = bound.profile.find(ContractRenewal, service=service.plan.kind)
    if named is None or ends_on is None or not months or service.renewed_months:
        return None
    answer = ask(
        bound,
        rules.contract_renewal,
        start_on=months_on(ends_on + ONE_DAY, -months),
        minimum_months=months,
        choice="renew",
    )
    return Renewal(
        ends_on=answer.result.new_ends_on,
        handsets_replaced=bool(answer.result.handsets_replaced),
        because=answer.because,
    )


def renewal_offer(service: Service, on: date) -> RenewalOffer | None:
    """Renewing as a page shows it on a day; None where the terms promise none (CV-CON-06)."""
    bound = binding(service.contract, on)
    term_ends_on: date | None = getattr(
        term_of(service.contract, service, on).result, "ends_on", None
    )
    found = renewal_of(service, bound, term_ends_on)
    if found is None or found.ends_on is None or term_ends_on is None:
        return None
    starts_on = term_ends_on + ONE_DAY
    months = whole_months(starts_on, found.ends_on)
    period = period_on(service, starts_on)
    monthly = ZERO if period is None else supplied_price(period, bound)
    total = monthly * months
    assessed = ask(bound, rules.capacity_assessment, contract_value=total)
    is_assessed = bool(getattr(assessed.result, "required", False))
    return RenewalOffer(
        service=service,
        term_ends_on=term_ends_on,
        opens_on=term_ends_on - OPENS_BEFORE,
        starts_on=starts_on,
        ends_on=found.ends_on,
        months=months,
        monthly=monthly,
        total=total,
        handsets_replaced=found.handsets_replaced,
        assessed=is_assessed,
        refusal=_refusal(service, term_ends_on, on),
        because=[*found.because, *(assessed.because if is_assessed else [])],
    )


def _refusal(service: Service, term_ends_on: date, on: date) -> str:
    if service.status not in (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED):
        return "This service does not run: there is nothing to renew."
    if service.ended_on is not None:
        return f"It ends on {in_words(service.ended_on)}. To renew it, take the notice back first."
    if on > term_ends_on:
        return (
            f"The term ended on {in_words(term_ends_on)} and goes on from month to month. For "
            "another term ask us for an offer."
        )
    opens_on = term_ends_on - OPENS_BEFORE
    if on < opens_on:
        return (
            f"You can renew it from {in_words(opens_on)} to {in_words(term_ends_on)}. That first "
            "day is a rule of ours; your terms name none."
        )
    return ""


def standing_renewal(service: Service) -> TermRenewal | None:
    """The renewal that waits or was agreed to. One query."""
    return service.renewals.filter(state__in=STANDS).first()


def may_take_back(row: TermRenewal, on: date) -> bool:
    """Whether a renewal can be taken back: until the day before the new term, unless brought.

    The terms forbid it nowhere; what was renewed takes effect with the new term.
    """
    return row.state in STANDS and on < row.starts_on and row.handsets_on is None


def handsets_to_bring(rows: QuerySet[TermRenewal]) -> QuerySet[TermRenewal]:
    """Renewals whose new handsets were not brought yet, of services that go on."""
    return rows.filter(
        state=RenewalState.AGREED, brings_handsets=True, handsets_on__isnull=True
    ).exclude(service__ended_on__lt=F("starts_on"))
