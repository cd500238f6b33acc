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
from terms.rules.contract import minimum_end
from terms.rules.leaving import By, Cause, TerminationForCause

ONE_DAY = timedelta(days=1)


@shape("early_termination.monthly_fees")
class MonthlyFees(Terms):
    """The monthly fees for the whole months left; nothing where the provider ends it uncaused."""


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
    """The value of what was discounted or waived, for the share of the term cut off."""


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

    services: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EarlyTermination(Result):
    """What leaving early costs, in dollars; waived items apart."""

    charge: Decimal | None = combine("lowest")
    waived_items_charge: Decimal | None = combine("lowest")


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
    service: str | None = None,
    whole_service: bool = False,
    hardware_rrp: Decimal = money.NIL,
    hardware_paid: Decimal = money.NIL,
    third_party_costs: Decimal | None = None,
    lost_profit: Decimal | None = None,
    waived_items_value: Decimal | None = None,
    provisioning_cost: Decimal = money.NIL,
    unavoidable_costs: Decimal = money.NIL,
    recent_monthly_spend: tuple[Decimal, ...] = (),
    minimum_monthly_spend: Decimal = money.NIL,
    credits_given: Decimal = money.NIL,
) -> EarlyTermination:
    """Return what leaving early costs (CV-TRM-03, VP-SUS-13, BS-SUSP-13 to -16, GL-SUSP-13 to
    -17). `ended_on` is the last day of service; a minimum period runs from activation where known.
    """
    start = activated_on or contract_start
    last_day = start and minimum_end(profile, start, minimum_months, service)
    length = months_remaining, minimum_months
    facts = _Facts(start, ended_on, last_day, *length, monthly_fee, ended_by, cause)
    if hardware := profile.find(HardwareSubsidy):
        answer = _hardware(hardware, facts, hardware_rrp, hardware_paid)
        ported = profile.find(PortedAway)
        if ported and ended_by is By.PORT:
            why = ported.because("moved to another provider")
            answer = replace(answer, because=(*answer.because, why))
        return answer
    whole = profile.find(WholeService)
    if whole and whole_service and service in whole.services:
        return _monthly_fees(whole, facts)
    if profile.find(Unrecovered):
        spend = recent_monthly_spend, minimum_monthly_spend
        parts = _Parts(provisioning_cost, unavoidable_costs, *spend, credits_given)
        return _four_parts(profile, facts, parts)
    answer = _fees_left(profile, facts, third_party_costs, lost_profit)
    waived = profile.find(WaivedItems)
    if waived is None or waived_items_value is None:
        return answer
    return _with_waived(waived, facts, waived_items_value, answer)


def _fees_left(
    profile: Profile, facts: _Facts, costs: Decimal | None, profit: Decimal | None
) -> EarlyTermination:
    losses = profile.find(Losses)
    if losses and facts.monthly_fee is None:
        return _losses(losses, costs, profit)
    terms = profile.of(MonthlyFees)
    for_cause = profile.find(TerminationForCause, name=facts.cause)
    if facts.ended_by is By.PROVIDER and for_cause is None:
        return _nothing(terms, "the provider ended it for no cause of the customer's")
    return _monthly_fees(terms, facts)


def _monthly_fees(terms: Terms, facts: _Facts) -> EarlyTermination:
    if facts.is_over:
        return _nothing(terms, "no term was cut short")
    fee = needed("monthly_fee", facts.monthly_fee)
    charge = money.to_cents(fee * facts.months_left)
    step = f"{facts.months_left} whole months left × {money.in_dollars(fee)}"
    return EarlyTermination(charge=charge, because=(terms.because(step),))


def _nothing(terms: Terms, step: str) -> EarlyTermination:
    return EarlyTermination(charge=money.NIL, because=(terms.because(step),))


def _hardware(
    terms: HardwareSubsidy, facts: _Facts, price: Decimal, paid: Decimal
) -> EarlyTermination:
    if facts.last_day is None or facts.is_over:
        return _nothing(terms, "no term was cut short")
    if facts.ended_by is By.PROVIDER:
        return _nothing(terms, "the provider ended it")
    charge = max(money.to_cents(price - paid), money.NIL)
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
    months = needed("minimum_months", facts.minimum_months)
    charge = money.to_cents(value * facts.months_left / months)
    step = f"{money.in_dollars(value)} × {facts.months_left} / {months} months"
    return EarlyTermination(
        charge=answer.charge,
        waived_items_charge=charge,
        because=(*answer.because, terms.because(step)),
    )


@dataclass(frozen=True)
class _Parts:
    provisioning: Decimal
    unavoidable: Decimal
    recent_spend: tuple[Decimal, ...]
    minimum_spend: Decimal
    credits: Decimal


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
    average = sum(recent, money.NIL) / len(recent) if recent else money.NIL
    spend = max(average, parts.minimum_spend)
    months = months_begun(ended_on + ONE_DAY, last_day)
    share = money.percent_of(spend, terms.percent) * months
    step = (
        f"plus {terms.percent} % of {money.in_dollars(money.to_cents(spend))} a month"
        f" × {months} months = {money.in_dollars(money.to_cents(share))}"
    )
    return share, terms.because(step)
