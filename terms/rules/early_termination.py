"""What leaving before the end of a minimum period costs."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from terms import money
from terms.calendar import in_words, months_begun, whole_months
from terms.clause import Reason, Terms, shape
from terms.facts import needed
from terms.profile import Profile
from terms.result import Result, combine
from terms.rules.contract import minimum_end, term_start
from terms.rules.leaving import By, Cause, TerminationForCause
from terms.rules.lines import LineTerms, PriceBasis
from terms.vocabulary import Service

ONE_DAY = timedelta(days=1)


@shape("early_termination.monthly_fees")
class MonthlyFees(Terms):
    """The monthly fees for the whole months left; nothing where the provider ends it uncaused."""


@shape("early_termination.only_customers")
class OnlyCustomers(Terms):
    """The fee is for a customer who leaves or moves away, not for an end by the provider."""


@shape("early_termination.free_for")
class FreeFor(Terms):
    """Causes for which the customer may leave without the charge."""

    causes: tuple[Cause, ...]


@shape("early_termination.ended_under")
class EndedUnder(Terms):
    """The provider's ending costs the charge only for these causes."""

    causes: tuple[Cause, ...]


@shape("early_termination.rest_of_term")
class RestOfTerm(Terms):
    """Ended by the provider for these breaches: what the rest of the term would have cost.

    Where another clause prices the same ending, the smaller of both stands.
    """

    causes: tuple[Cause, ...]


@shape("early_termination.hardware")
class HardwareSubsidy(Terms):
    """What is not yet paid of discounted hardware's full price."""


@shape("early_termination.ported")
class PortedAway(Terms):
    """Moving to another provider repays a subsidy too."""


@shape("early_termination.losses")
class Losses(Terms):
    """Without a monthly commitment: unavoidable third-party sums plus lost profit."""


@shape("early_termination.waived_items")
class WaivedItems(Terms):
    """The value of what was discounted or waived, for the share of the term cut off.

    Only where the provider agrees to the early end: moving away costs nothing for them.
    """


@shape("early_termination.unrecovered")
class Unrecovered(Terms):
    """Provisioning cost not yet recovered, in a straight line by days, the last day used."""


@shape("early_termination.unavoidable")
class Unavoidable(Terms):
    """Further costs that cannot be avoided."""


@shape("early_termination.spend_share")
class SpendShare(Terms):
    """A share of the monthly spend for the months left, part months counted whole.

    The spend is the mean of the last `months_averaged`, or the agreed minimum where that is more.
    """

    percent: Decimal
    months_averaged: int


@shape("early_termination.credits")
class CreditsRepaid(Terms):
    """Rebates, credits and discounts given are repaid."""


@shape("early_termination.whole_service")
class WholeService(Terms):
    """These services, given up whole, cost every monthly fee left instead of all else."""

    services: tuple[Service, ...]


@dataclass(frozen=True, kw_only=True)
class EarlyTermination(Result):
    """What leaving early costs, in dollars; waived items apart.

    `basis` says whether `charge` holds GST; `charge_inc` is the charge with GST either way.
    """

    charge: Decimal | None = combine("lowest")
    waived_items_charge: Decimal | None = combine("lowest")
    basis: PriceBasis | None = None
    charge_inc: Decimal | None = combine("lowest")


@dataclass(frozen=True)
class _Parts:
    provisioning: Decimal
    unavoidable: Decimal
    recent_spend: tuple[Decimal, ...]
    minimum_spend: Decimal
    credits: Decimal


@dataclass(frozen=True)
class _Facts:
    """What is known of the term, and of what leaving it means in money."""

    start: date | None
    ended_on: date | None
    last_day: date | None
    months_remaining: int | None
    minimum_months: int | None
    monthly_fee: Decimal | None
    ended_by: By
    cause: Cause
    provider_in_breach: bool

    @property
    def is_over(self) -> bool:
        """The term was over, or there was none: the last day itself costs nothing."""
        return self.ended_on is not None and (
            self.last_day is None or self.ended_on >= self.last_day
        )

    @property
    def months_left(self) -> int:
        """Whole months from the day after the end to the last day of the term."""
        if self.months_remaining is not None:
            return self.months_remaining
        if self.is_over or self.last_day is None:
            return 0
        return whole_months(needed("ended_on", self.ended_on) + ONE_DAY, self.last_day)


def early_termination(
    profile: Profile,
    *,
    monthly_fee: Decimal | None = None,
    months_remaining: int | None = None,
    contract_start: date | None = None,
    activated_on: date | None = None,
    minimum_months: int | None = None,
    ended_on: date | None = None,
    ended_by: By = By.CUSTOMER,
    cause: Cause = Cause.NONE,
    provider_in_breach: bool = False,
    service: Service | None = None,
    whole_service: bool = False,
    hardware_rrp: Decimal = money.ZERO,
    hardware_paid: Decimal = money.ZERO,
    third_party_costs: Decimal | None = None,
    lost_profit: Decimal | None = None,
    waived_items_value: Decimal | None = None,
    provisioning_cost: Decimal = money.ZERO,
    unavoidable_costs: Decimal = money.ZERO,
    recent_monthly_spend: tuple[Decimal, ...] = (),
    minimum_monthly_spend: Decimal = money.ZERO,
    credits_given: Decimal = money.ZERO,
) -> EarlyTermination:
    """Return what leaving early costs (CV-TRM-03, VP-SUS-13, BS-SUSP-13 to -16, GL-SUSP-13 to
    -17). `ended_on` is the last day of service; a minimum period runs from activation or the
    contract date, as the document says. `cause` is why it ends. The figures are as the document
    prices them, with or without GST; `charge_inc` holds it.
    """
    start = term_start(profile, contract_start, activated_on)
    last_day = start and minimum_end(profile, start, minimum_months, service)
    length = months_remaining, minimum_months
    facts = _Facts(
        start, ended_on, last_day, *length, monthly_fee, ended_by, cause, provider_in_breach
    )
    spend = recent_monthly_spend, minimum_monthly_spend
    parts = _Parts(provisioning_cost, unavoidable_costs, *spend, credits_given)
    whole = whole_service and service is not None
    answer = _free(profile, facts) or _charge(
        profile,
        facts,
        parts,
        whole=service if whole else None,
        hardware=(hardware_rrp, hardware_paid),
        losses=(third_party_costs, lost_profit),
        waived=waived_items_value,
    )
    return _with_basis(profile, answer)


def _with_basis(profile: Profile, answer: EarlyTermination) -> EarlyTermination:
    """Say whether the figure holds GST, and what it is with GST."""
    prices = profile.find(LineTerms)
    if prices is None or answer.charge is None:
        return answer
    if prices.basis == PriceBasis.INC or not answer.charge:
        return replace(answer, basis=prices.basis, charge_inc=answer.charge)
    inc = money.to_cents(answer.charge + money.gst_on(answer.charge))
    step = f"before GST; with GST {money.in_dollars(inc)}"
    return replace(
        answer,
        basis=prices.basis,
        charge_inc=inc,
        because=(*answer.because, prices.because(step)),
    )


def _free(profile: Profile, facts: _Facts) -> EarlyTermination | None:
    """Return that nothing is due, where a clause says so of who ends it and why."""
    free = profile.find(FreeFor)
    if free and facts.ended_by == By.CUSTOMER:
        named = facts.cause.words if facts.cause in free.causes else None
        if facts.provider_in_breach and Cause.PROVIDER_BREACH in free.causes:
            named = Cause.PROVIDER_BREACH.words
        if named:
            return _nothing(free, f"the customer leaves for {named}")
    if facts.ended_by != By.PROVIDER:
        return None
    under, only = profile.find(EndedUnder), profile.find(OnlyCustomers)
    why = "for no cause" if facts.cause == Cause.NONE else f"for {facts.cause.words}"
    if under and facts.cause not in under.causes:
        return _nothing(under, f"the provider ends it {why}: no cause that costs the charge")
    if only:
        return _nothing(only, f"the provider ends it {why}; only a customer who leaves pays it")
    return None


def _charge(
    profile: Profile,
    facts: _Facts,
    parts: _Parts,
    *,
    whole: Service | None,
    hardware: tuple[Decimal, Decimal],
    losses: tuple[Decimal | None, Decimal | None],
    waived: Decimal | None,
) -> EarlyTermination:
    if subsidy := profile.find(HardwareSubsidy):
        answer = _hardware(subsidy, facts, *hardware)
        ported = profile.find(PortedAway)
        if ported and facts.ended_by == By.PORT:
            why = ported.because("moved to another provider")
            answer = replace(answer, because=(*answer.because, why))
        return answer
    given_up = profile.find(WholeService)
    if given_up and whole in given_up.services and facts.ended_by != By.PROVIDER:
        return _monthly_fees(given_up, facts)
    if profile.find(Unrecovered):
        return _or_rest_of_term(profile, facts, parts)
    answer = _fees_left(profile, facts, *losses)
    items = profile.find(WaivedItems)
    if items is None or waived is None:
        return answer
    return _with_waived(items, facts, waived, answer)


def _or_rest_of_term(profile: Profile, facts: _Facts, parts: _Parts) -> EarlyTermination:
    """Return the smaller of two prices for the same ending, where two clauses give one."""
    answer = _four_parts(profile, facts, parts)
    rest = profile.find(RestOfTerm)
    if (
        rest is None
        or facts.ended_by != By.PROVIDER
        or facts.cause not in rest.causes
        or facts.monthly_fee is None
        or facts.is_over
    ):
        return answer
    months = facts.months_remaining
    if months is None:
        ended_on = needed("ended_on", facts.ended_on)
        months = months_begun(ended_on + ONE_DAY, needed("minimum_months", facts.last_day))
    full = money.to_cents(facts.monthly_fee * months)
    priced = f"{months} months × {money.in_dollars(facts.monthly_fee)} = {money.in_dollars(full)}"
    charge = needed("charge", answer.charge)
    if charge <= full:
        return replace(
            answer, because=(*answer.because, rest.because(f"{priced}, which is no less"))
        )
    step = f"{priced}, less than the {money.in_dollars(charge)} of the other clause"
    return EarlyTermination(charge=full, because=(rest.because(step), *answer.because))


def _fees_left(
    profile: Profile, facts: _Facts, costs: Decimal | None, profit: Decimal | None
) -> EarlyTermination:
    losses = profile.find(Losses)
    if losses and facts.monthly_fee is None:
        return _losses(losses, costs, profit)
    terms = profile.of(MonthlyFees)
    for_cause = profile.find(TerminationForCause, name=facts.cause)
    costs_it = for_cause is not None and for_cause.charge
    if facts.ended_by == By.PROVIDER and not costs_it:
        named = f" but {facts.cause.words}" if facts.cause != Cause.NONE else ""
        return _nothing(terms, f"the provider ended it for no cause that costs it{named}")
    return _monthly_fees(terms, facts)


def _monthly_fees(terms: Terms, facts: _Facts) -> EarlyTermination:
    if facts.is_over:
        return _nothing(terms, "no term was cut short")
    fee = needed("monthly_fee", facts.monthly_fee)
    charge = money.to_cents(fee * facts.months_left)
    step = f"{facts.months_left} whole months left × {money.in_dollars(fee)}"
    return EarlyTermination(charge=charge, because=(terms.because(step),))


def _nothing(terms: Terms, step: str) -> EarlyTermination:
    return EarlyTermination(charge=money.ZERO, because=(terms.because(step),))


def _hardware(
    terms: HardwareSubsidy, facts: _Facts, price: Decimal, paid: Decimal
) -> EarlyTermination:
    if facts.last_day is None or facts.is_over:
        return _nothing(terms, "no term was cut short")
    if facts.ended_by == By.PROVIDER:
        return _nothing(terms, "the provider ended it")
    charge = max(money.to_cents(price - paid), money.ZERO)
    steps = (
        f"the term runs to {in_words(facts.last_day)}",
        f"full price {money.in_dollars(price)} less {money.in_dollars(paid)} paid",
    )
    return EarlyTermination(charge=charge, because=(terms.because(*steps),))


def _losses(
    terms: Losses, third_party_costs: Decimal | None, lost_profit: Decimal | None
) -> EarlyTermination:
    costs = needed("third_party_costs", third_party_costs)
    profit = needed("lost_profit", lost_profit)
    step = (
        f"no monthly commitment: {money.in_dollars(costs)} to third parties "
        f"and {money.in_dollars(profit)} of profit"
    )
    return EarlyTermination(charge=money.to_cents(costs + profit), because=(terms.because(step),))


def _with_waived(
    terms: WaivedItems, facts: _Facts, value: Decimal, answer: EarlyTermination
) -> EarlyTermination:
    if facts.ended_by == By.PORT:
        step = "moved away: they are charged only where the provider agreed to an early end"
        return replace(
            answer, waived_items_charge=money.ZERO, because=(*answer.because, terms.because(step))
        )
    months = needed("minimum_months", facts.minimum_months)
    charge = money.to_cents(value * facts.months_left / months)
    step = f"{money.in_dollars(value)} × {facts.months_left} / {months} months"
    return EarlyTermination(
        charge=answer.charge,
        waived_items_charge=charge,
        because=(*answer.because, terms.because(step)),
    )


def _four_parts(profile: Profile, facts: _Facts, parts: _Parts) -> EarlyTermination:
    unrecovered = profile.of(Unrecovered)
    ended_on = needed("ended_on", facts.ended_on)
    last_day = needed("minimum_months", facts.last_day)
    if facts.is_over:
        return _nothing(unrecovered, "no term was cut short")
    start = needed("activated_on", facts.start)
    left, days = (last_day - ended_on).days, (last_day - start).days + 1
    cost = parts.provisioning * left / days
    spent, spend_reason = _spend_share(profile, ended_on, last_day, parts)
    unavoidable, repaid = profile.of(Unavoidable), profile.of(CreditsRepaid)
    because: tuple[Reason, ...] = (
        unrecovered.because(
            f"{money.in_dollars(parts.provisioning)} × {left} / {days} days"
            f" = {money.in_dollars(money.to_cents(cost))}"
        ),
        unavoidable.because(f"plus {money.in_dollars(parts.unavoidable)}"),
        spend_reason,
        repaid.because(f"plus {money.in_dollars(parts.credits)} of credits given"),
    )
    charge = money.to_cents(cost + parts.unavoidable + spent + parts.credits)
    return EarlyTermination(charge=charge, because=because)


def _spend_share(
    profile: Profile, ended_on: date, last_day: date, parts: _Parts
) -> tuple[Decimal, Reason]:
    terms = profile.of(SpendShare)
    recent = parts.recent_spend[-terms.months_averaged :]
    average = sum(recent, money.ZERO) / len(recent) if recent else money.ZERO
    spend = max(average, parts.minimum_spend)
    months = months_begun(ended_on + ONE_DAY, last_day)
    share = money.percent_of(spend, terms.percent) * months
    step = (
        f"plus {terms.percent} % of {money.in_dollars(money.to_cents(spend))} a month"
        f" × {months} months = {money.in_dollars(money.to_cents(share))}"
    )
    return share, terms.because(step)
