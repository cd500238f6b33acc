"""What a change of price means for one service: its day, its notice, the way out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from contracts.agreements.selectors import (
    Answer,
    ask,
    binding,
    received_on,
    rests_on_default,
)
from contracts.catalogue.selectors import list_prices
from contracts.supply.models import Service, SupplyPeriod
from contracts.supply.selectors import period_on, supplied_price, term_of
from contracts.variations.models import PriceChange, TermsVariation, Variation
from contracts.variations.states import SENT, Keeps, PriceWay, WayOutBy
from parties.accounts.models import Account
from parties.accounts.states import CustomerKind
from terms import rules
from terms.binding import Binding
from terms.calendar import Channel, State, in_words
from terms.clause import Clause, Reason, Source, as_json
from terms.money import ZERO
from terms.rules.variation import Change, Detriment, FixedPrice, WalkAway

ONE_DAY = timedelta(days=1)
Reasons = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Told:
    """When a notice is sent, and on which day it counts as received."""

    on: date
    received_on: date


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a change for many means for one if it is told at a moment.

    It may come from `earliest_on` on; None: the terms leave the notice to the provider, and nobody
    has chosen it. `way_out_until` is the last day on which it opens a way out.
    """

    earliest_on: date | None = None
    effective_on: date | None = None
    notice_required: bool = True
    way_out_by: WayOutBy | None = None
    way_out_until: date | None = None
    because: Reasons

    @property
    def is_kept_for_good(self) -> bool:
        """Whether nothing changes, and so nothing is told."""
        return False


@dataclass(frozen=True, kw_only=True)
class PriceEffect(Effect):
    """What a change of price means for one service if it is told at a moment.

    Prices per unit are in the service's own basis, those a month for all units hold GST, all in
    dollars. `keeps` says that the service keeps its price, until `keeps_until` or for good.
    """

    unit_before: Decimal
    unit_after: Decimal
    monthly_before: Decimal
    monthly_after: Decimal
    keeps: Keeps | None = None
    keeps_until: date | None = None

    @property
    def is_kept_for_good(self) -> bool:
        """Whether nothing changes for the service, and so nothing is told."""
        return self.keeps in (Keeps.AGREED, Keeps.ENDS, Keeps.SAME)

    @property
    def is_too_early(self) -> bool:
        """Whether the day asked for lies before the notice has run."""
        known = self.earliest_on is not None and self.effective_on is not None
        return known and self.effective_on < self.earliest_on  # type: ignore[operator]


def prices_told(change: Variation) -> frozenset[Decimal]:
    """Prices of the plan that are or were in its list, or that all on it were told of.

    Who pays another one has agreed on it for themselves.
    """
    plan = change.plan
    sent = Variation.objects.filter(plan=plan, service__isnull=True, state__in=SENT)
    told = (
        row.amount if row.way == PriceWay.TO else plan.monthly_fee + row.amount for row in sent
    )
    return list_prices(plan) | frozenset(told)


def told_at(
    account: Account, bound: Binding, sent_at: datetime, channel: Channel = Channel.EMAIL
) -> Told:
    """The days of a notice to an account that is sent at a moment."""
    state = State(account.state)
    return Told(
        on=sent_at.astimezone(state.zone).date(),
        received_on=received_on(bound, state, sent_at, channel),
    )


def effect_of(
    change: Variation,
    service: Service,
    *,
    sent_at: datetime,
    not_before: date | None = None,
    told: Told | None = None,
    listed: frozenset[Decimal] | None = None,
) -> PriceEffect:
    """What a change means for a service if its notice is sent at that moment.

    `not_before` is a later day chosen for it alone; `told` are the notice's days where they are
    known better, `listed` what `prices_told` says.
    (CV-VAR-01, VP-VAR-01 to -06, BS-VAR-01 to -06, GL-VAR-02 to -08, RF-TCP-24.)
    """
    zone = State(service.contract.account.state).zone
    bound = binding(service.contract, sent_at.astimezone(zone).date())
    told = told or told_at(service.contract.account, bound, sent_at)
    asked = max(filter(None, (change.effective_on, not_before)))
    period = period_on(service, asked)
    if period is None or _ends_before(service, period, asked):
        return _kept(Keeps.ENDS, service, bound, period)
    after = period.unit_fee + change.amount
    if change.way == PriceWay.TO:
        after = change.amount
        listed = prices_told(change) if listed is None else listed
        if change.service_id is None and period.unit_fee not in listed:
            return _kept(Keeps.AGREED, service, bound, period)
    if after == period.unit_fee:
        return _kept(Keeps.SAME, service, bound, period)
    return _worked_out(change, service, bound, period, max(after, ZERO), told, asked)


def _worked_out(
    change: Variation,
    service: Service,
    bound: Binding,
    period: SupplyPeriod,
    after: Decimal,
    told: Told,
    asked: date,
) -> PriceEffect:
    rises = after > period.unit_fee
    hurts = _hurts(change, rises)
    facts = _facts(change, service, bound, hurts, told)
    fixed_until = _fixed_until(service, bound)
    answer = ask(
        bound,
        rules.variation,
        **facts,
        notice_given_on=told.received_on,
        notice_days=change.notice_days,
        supplier_applies_generally=change.supplier_wide,
        fixed_until=fixed_until,
        service=service.plan.kind,
    )
    earliest: date | None = getattr(answer.result, "effective_on", None)
    needs_notice = bool(getattr(answer.result, "notice_required", True))
    if earliest is None and not needs_notice:
        earliest = told.on
    because = answer.because
    agreed = service.contract.price_fixed_until
    if agreed is not None and (earliest or asked) <= agreed and rises:
        earliest, because = agreed + ONE_DAY, [*because, _agreed_price(service, agreed)]
        fixed_until = agreed
    held = fixed_until is not None and earliest == fixed_until + ONE_DAY and earliest > asked
    way_out = way_out_of(change, bound, facts, told)
    return PriceEffect(
        unit_before=period.unit_fee,
        unit_after=after,
        monthly_before=supplied_price(period, bound),
        monthly_after=supplied_price(_at(period, after), bound),
        keeps=Keeps.FIXED if held else None,
        keeps_until=fixed_until if held else None,
        earliest_on=earliest,
        effective_on=earliest if held else asked,
        notice_required=needs_notice,
        way_out_by=way_out[0],
        way_out_until=way_out[1],
        because=[*because, *(one for one in way_out[2] if one not in because)],
    )


def _hurts(change: Variation, rises: bool) -> Detriment:
    """How far a change hurts: a fall does not, nor a rise that the contract itself brings."""
    return Detriment(change.hurts) if rises and not change.is_yearly else Detriment.NONE


def facts_of(change: PriceChange, bound: Binding, told: Told) -> dict[str, Any]:
    """What the rules ask of a change that was told: what it is, and whom it touches."""
    hurts = _hurts(change.variation, change.unit_after > change.unit_before)
    return _facts(change.variation, change.service, bound, hurts, told)


def _facts(
    change: Variation, service: Service, bound: Binding, hurts: Detriment, told: Told
) -> dict[str, Any]:
    """What both rules ask: the change, and whom it touches."""
    term = term_of(service.contract, service, told.on)
    term_to: date | None = getattr(term.result, "ends_on", None)
    return {
        "kind": Change.PRICE.value,
        "detriment": hurts.value,
        "acl_consumer": is_consumer(service.contract.account, bound),
        "fixed_term": term_to is not None and term_to >= told.on,
        "cause": change.forced_by or None,
        "state": State(service.contract.account.state),
    }


def is_consumer(account: Account, bound: Binding) -> bool:
    """Whether the customer is a consumer by the terms; where they don't say, by the portal."""
    is_person = account.customer.kind == CustomerKind.RESIDENTIAL
    found = ask(bound, rules.acl_consumer, individual=is_person, personal_use="wholly").result
    return is_person if found is None else bool(found.acl_consumer)


def _fixed_until(service: Service, bound: Binding) -> date | None:
    """The last day of a term for which the terms themselves hold a price (GL-VAR-03)."""
    if bound.profile.find(FixedPrice) is None:
        return None
    term = term_of(service.contract, service, bound.standing.as_at)
    last: date | None = getattr(term.result, "ends_on", None)
    return last


def way_out_of(
    change: Variation | TermsVariation, bound: Binding, facts: dict[str, Any], told: Told
) -> tuple[WayOutBy | None, date | None, Reasons]:
    """By what the change lets the customer leave without a fee, until when, and why or why not."""
    answer = _ask_way_out(change, bound, facts, told, offered=False)
    by: WayOutBy | None = None
    if getattr(answer.result, "walk_away", False):
        by = WayOutBy.TERMS if answer.result.until else WayOutBy.LAW
        if rests_on_default(answer.because):
            by = WayOutBy.HOUSE
    elif change.offers_way_out and facts["detriment"] != Detriment.NONE:
        offered = _ask_way_out(change, bound, facts, told, offered=True)
        if getattr(offered.result, "walk_away", False):
            answer, by = offered, WayOutBy.OFFER
    if by is None:
        return None, None, answer.because
    if answer.result.until is not None:
        return by, answer.result.until, answer.because
    until, house = _by_house_days(bound, told)
    return by, until, [*answer.because, *house]


def _ask_way_out(
    change: Variation | TermsVariation,
    bound: Binding,
    facts: dict[str, Any],
    told: Told,
    *,
    offered: bool,
) -> Answer:
    """Whether the first possible day is inside the days of a way out."""
    first = max(told.on, told.received_on)
    return ask(
        bound,
        rules.walk_away_charge,
        **facts,
        notice_given_on=told.on,
        notice_received_on=told.received_on,
        cancelled_on=first,
        leave_notice_on=first,
        usage_to_date=ZERO,
        installation_unpaid=ZERO,
        equipment_unpaid=ZERO,
        equipment_usable_elsewhere=False,
        supplier_applies_generally=change.supplier_wide,
        offered=offered,
    )


def _by_house_days(bound: Binding, told: Told) -> tuple[date | None, Reasons]:
    """How long a way out stays open that the law opens without naming days: our own figure."""
    house = bound.default.find(WalkAway) if bound.default else None
    if house is None:
        return None, []
    until = told.received_on + timedelta(days=house.days)
    step = f"the law names no days; ours are {house.days} from receipt, to {in_words(until)}"
    return until, as_json([house.because(step)])


def _kept(
    keeps: Keeps, service: Service, bound: Binding, period: SupplyPeriod | None
) -> PriceEffect:
    fee = period.unit_fee if period else ZERO
    monthly = supplied_price(period, bound) if period else ZERO
    return PriceEffect(
        unit_before=fee,
        unit_after=fee,
        monthly_before=monthly,
        monthly_after=monthly,
        keeps=keeps,
        notice_required=False,
        because=[],
    )


def _ends_before(service: Service, period: SupplyPeriod, asked: date) -> bool:
    ends = [day for day in (service.ended_on, period.ends_on) if day is not None]
    return any(day < asked for day in ends)


def _at(period: SupplyPeriod, unit_fee: Decimal) -> SupplyPeriod:
    """The same supply at another price, for working out what it costs."""
    return SupplyPeriod(
        quantity=period.quantity, unit_fee=unit_fee, price_basis=period.price_basis
    )


def _agreed_price(service: Service, until: date) -> dict[str, Any]:
    paper = service.contract.agreed_in or service.contract.reference
    clause = Clause(
        document="agreed",
        version=paper,
        id=paper,
        heading=None,
        says=f"Agreed in {paper}: the price stays until {in_words(until)}.",
        source=Source.AGREED,
    )
    return as_json([Reason(clause, (f"from {in_words(until + ONE_DAY)} at the earliest",))])[0]
