"""What calls, data, support and changes of price cost."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from terms import money
from terms.calendar import SATURDAY, in_words, months_on
from terms.clause import Terms, shape
from terms.facts import BadFacts, needed
from terms.money import Rounding
from terms.profile import Profile
from terms.result import Result, combine
from terms.vocabulary import Listed, Service

ONE_DAY = timedelta(days=1)
A_MINUTE = 60
MB_IN_GB = 1000


class When(StrEnum):
    """Which of two rates for support applies."""

    BUSINESS = "business"
    AFTER_HOURS = "after_hours"


@dataclass(frozen=True, kw_only=True)
class Charge(Result):
    """A charge in dollars without GST."""

    amount_ex: Decimal | None = combine("lowest")


@dataclass(frozen=True, kw_only=True)
class CallCharge(Result):
    """A call alone, in dollars without GST; `to_add_ex` is its part of a line of several calls."""

    amount_ex: Decimal | None = None
    to_add_ex: Decimal | None = None


@shape("call_charge")
class CallTerms(Terms):
    """How a call's time becomes money; may be for some kinds of call only.

    Time is counted in steps of `step_seconds`, at least `minimum_seconds` if there is such.
    With `added_exactly` calls that share a line are added before anything is rounded.
    """

    step_seconds: int
    rounding: Rounding
    minimum_seconds: int | None = None
    kinds: tuple[str, ...] = ()
    added_exactly: bool = False


def call_charge(
    profile: Profile,
    *,
    kind: Listed,
    seconds: int,
    rate_per_minute: Decimal,
    flagfall: Decimal = money.ZERO,
) -> CallCharge:
    """Return what an answered call costs (CV-BIL-13, VP-BIL-03, GL-BILL-02).

    A call that was never answered has no seconds and costs nothing (GL-AMB-15). Raise TermsSilent
    for a kind of call whose rates the document leaves open.
    """
    terms = profile.of(CallTerms)
    if terms.kinds and kind not in terms.kinds:
        raise profile.silent("call_charge", beyond=True)
    if seconds <= 0:
        nothing = terms.because("never answered")
        return CallCharge(amount_ex=money.ZERO, to_add_ex=money.ZERO, because=(nothing,))
    steps_taken = -(-seconds // terms.step_seconds)
    billed = max(steps_taken * terms.step_seconds, terms.minimum_seconds or 0)
    exact = rate_per_minute * billed / A_MINUTE + flagfall
    amount = money.to_cents(exact, terms.rounding)
    steps = [
        f"{seconds} seconds are billed as {billed}",
        f"{billed} / {A_MINUTE} × {money.in_dollars(rate_per_minute)} = {_charged(terms, exact)}",
    ]
    if flagfall:
        steps.insert(1, f"plus {money.in_dollars(flagfall)} for the connection")
    return CallCharge(
        amount_ex=amount,
        to_add_ex=exact if terms.added_exactly else amount,
        because=(terms.because(*steps),),
    )


def _charged(terms: CallTerms, exact: Decimal) -> str:
    amount = f"{money.in_dollars(money.to_cents(exact, terms.rounding))}, {terms.rounding.words}"
    if not terms.added_exactly:
        return amount
    return f"{money.in_dollars(exact)} beside other calls, alone {amount}"


class Unit(StrEnum):
    """What a rate for data is charged by; decimal units."""

    MB = "mb"
    GB = "gb"


@shape("data_excess")
class DataExcess(Terms):
    """Dollars without GST for each unit over the allowance; named for the services it is for.

    With `whole_units` a unit that was only begun is free.
    """

    rate: Decimal
    unit: Unit
    whole_units: bool = False


@shape("data_excess.uploads")
class Uploads(Terms):
    """Uploads may be charged where they are more than downloads; no rate is printed."""


@dataclass(frozen=True, kw_only=True)
class DataCharge(Charge):
    """What data over the allowance costs, and whether uploads may be charged besides."""

    uploads_chargeable: bool | None = combine("all")


def data_excess(
    profile: Profile,
    *,
    service: Service,
    allowance_gb: Decimal | None = None,
    used_gb: Decimal | None = None,
    allowance_mb: Decimal | None = None,
    used_mb: Decimal | None = None,
    uploaded_gb: Decimal | None = None,
) -> DataCharge:
    """Return what data over the allowance costs (CV-DAT-01 to -04, GL-BILL-03).

    What is used is downloaded; where `uploaded_gb` is more than that, a document may keep back the
    right to charge for it, without a rate.
    """
    rates = (profile.find(DataExcess, name=each) for each in service.families)
    terms = next((rate for rate in rates if rate), None) or profile.of(DataExcess, name=service)
    over_mb = _megabytes(used_mb, used_gb, "used_mb") - _megabytes(
        allowance_mb, allowance_gb, "allowance_mb"
    )
    over = max(over_mb, Decimal(0)) / (MB_IN_GB if terms.unit == Unit.GB else 1)
    if terms.whole_units:
        over = Decimal(int(over))
    amount = money.to_cents(over * terms.rate)
    step = (
        f"{over.normalize():f} {terms.unit.value.upper()} over × {money.in_dollars(terms.rate)}"
        f" = {money.in_dollars(amount)}"
    )
    answer = DataCharge(amount_ex=amount, because=(terms.because(step),))
    uploads = profile.find(Uploads, service=service)
    if uploads is None or uploaded_gb is None:
        return answer
    more = uploaded_gb * MB_IN_GB > _megabytes(used_mb, used_gb, "used_mb")
    step = f"uploads are {'more' if more else 'no more'} than downloads; no rate is printed"
    return replace(
        answer, uploads_chargeable=more, because=(*answer.because, uploads.because(step))
    )


def _megabytes(mb: Decimal | None, gb: Decimal | None, name: str) -> Decimal:
    return gb * MB_IN_GB if gb is not None else needed(name, mb)


@shape("support_fee.first_hour")
class FirstHour(Terms):
    """Named remote, business or after_hours: dollars for a first hour, then by the hour."""

    first_hour: Decimal
    then_an_hour: Decimal


@shape("support_fee.hourly")
class Hourly(Terms):
    """Named for a kind of support: dollars an hour."""

    an_hour: Decimal


@shape("support_fee.after_hours")
class AfterHours(Terms):
    """Hourly support costs so many times as much outside business hours."""

    times: Decimal


def support_fee(
    profile: Profile, *, kind: Listed, hours: Decimal, when: When, callout: bool = False
) -> Charge:
    """Return what support costs (CV-FEE-01 to CV-FEE-06). Part hours count in proportion."""
    if hourly := profile.find(Hourly, name=kind):
        uplift = profile.of(AfterHours) if when == When.AFTER_HOURS else None
        times = uplift.times if uplift else Decimal(1)
        amount = money.to_cents(hours * hourly.an_hour * times)
        step = f"{hours} h × {money.in_dollars(hourly.an_hour)}"
        because = [hourly.because(step)]
        if uplift:
            because.append(uplift.because(f"outside business hours: × {times}"))
        return Charge(amount_ex=amount, because=tuple(because))
    if profile.find(FirstHour, name="remote") is None:
        raise profile.silent("support_fee")
    if kind != "no_fault_found":
        raise BadFacts(("kind",), f"{kind!r} is no kind of support that has a price here")
    first = profile.of(FirstHour, name=when.value if callout else "remote")
    beyond = max(hours - 1, Decimal(0))
    amount = money.to_cents(first.first_hour + beyond * first.then_an_hour)
    step = (
        f"first hour {money.in_dollars(first.first_hour)}, "
        f"then {beyond} h × {money.in_dollars(first.then_an_hour)}"
    )
    return Charge(amount_ex=amount, because=(first.because(step),))


@shape("support_rate_band")
class BusinessHours(Terms):
    """Monday to Friday from `opens` to `closes`, both inside, holidays not excepted."""

    opens: time
    closes: time


@dataclass(frozen=True, kw_only=True)
class RateBand(Result):
    """Which rate for support applies."""

    when: When | None = None


def support_rate_band(profile: Profile, *, at: datetime) -> RateBand:
    """Return which rate applies at an instant, on the desk's clock (CV-NOT-02)."""
    terms = profile.of(BusinessHours)
    here = at.astimezone(ZoneInfo(profile.desk_zone))
    inside = here.weekday() < SATURDAY and terms.opens <= here.time() <= terms.closes
    step = f"{here:%a %H:%M}, business hours are {terms.opens:%H:%M} to {terms.closes:%H:%M}"
    when = When.BUSINESS if inside else When.AFTER_HOURS
    return RateBand(when=when, because=(terms.because(step),))


@shape("indexation")
class Indexation(Terms):
    """A service's yearly rise: the consumer price index or `floor_percent`, whichever is more."""

    service: Service
    floor_percent: Decimal


@dataclass(frozen=True, kw_only=True)
class NewFee(Result):
    """The monthly fee after the rise, in dollars.

    While the index is not known the fee is None, and `at_least` what it will not fall below.
    """

    new_monthly_fee: Decimal | None = combine("lowest")
    at_least: Decimal | None = combine("lowest")


def indexation(
    profile: Profile,
    *,
    service: Service,
    monthly_fee: Decimal,
    cpi_percent: Decimal | None = None,
) -> NewFee:
    """Return the fee after the yearly rise (CV-VAR-05); no other service rises by itself."""
    terms = profile.of(Indexation)
    if service != terms.service:
        step = f"only {terms.service.words} rises each year"
        return NewFee(new_monthly_fee=monthly_fee, because=(terms.because(step),))
    if cpi_percent is None:
        least = monthly_fee + money.percent_of(monthly_fee, terms.floor_percent)
        step = f"the index is not known: at least {terms.floor_percent} %"
        return NewFee(at_least=money.to_cents(least), because=(terms.because(step),))
    percent = max(cpi_percent, terms.floor_percent)
    fee = money.to_cents(monthly_fee + money.percent_of(monthly_fee, percent))
    step = f"{money.in_dollars(monthly_fee)} and {percent} % is {money.in_dollars(fee)}"
    return NewFee(new_monthly_fee=fee, because=(terms.because(step),))


@shape("indexation_date")
class Anniversary(Terms):
    """The rise comes on the day of the contract's start, each year."""


@dataclass(frozen=True, kw_only=True)
class IndexationDate(Result):
    """The first day of the new fee."""

    applies_on: date | None = combine("longest")


def indexation_date(profile: Profile, *, contract_start: date, year: int) -> IndexationDate:
    """Return when the rise of a contract's `year` (1 is the first) applies (CV-VAR-06)."""
    terms = profile.of(Anniversary)
    day = months_on(contract_start, 12 * year)
    if day.day != contract_start.day:
        day += ONE_DAY
    step = f"{year} {'year' if year == 1 else 'years'} after {in_words(contract_start)}"
    return IndexationDate(applies_on=day, because=(terms.because(step),))


@shape("price_review")
class PriceReview(Terms):
    """No more than one change of price in each agreed interval."""


@dataclass(frozen=True, kw_only=True)
class NextReview(Result):
    """The first day on which the price may change again."""

    next_change_from: date | None = combine("longest")


def price_review(profile: Profile, *, last_changed_on: date, interval_months: int) -> NextReview:
    """Return when a reviewed price may change again (GL-VAR-04)."""
    terms = profile.of(PriceReview)
    day = months_on(last_changed_on, interval_months)
    step = f"{interval_months} months after {in_words(last_changed_on)}"
    return NextReview(next_change_from=day, because=(terms.because(step),))


@shape("promotion")
class Promotion(Terms):
    """A promotion is not used together with another unless that was agreed."""


@dataclass(frozen=True, kw_only=True)
class PromotionAnswer(Result):
    """Whether a promotion may be used."""

    may_use: bool | None = combine("any")


def promotion(profile: Profile, *, beside_another: bool, agreed: bool = False) -> PromotionAnswer:
    """Return whether a promotion may be used on a service (VP-VAR-08)."""
    terms = profile.of(Promotion)
    may = not beside_another or agreed
    step = "the only one" if not beside_another else "beside another one, "
    if beside_another:
        step += "as was agreed" if agreed else "which was not agreed"
    return PromotionAnswer(may_use=may, because=(terms.because(step),))


@shape("bundle_break")
class BundleBreak(Terms):
    """Dropping any service of a bundle lets the rest be billed undiscounted."""


@dataclass(frozen=True)
class BundledService:
    """A service of a bundle and its monthly fee alone, in dollars."""

    service: str
    standalone_fee: Decimal


@dataclass(frozen=True, kw_only=True)
class Remaining(Result):
    """What is charged a month for what is left, in dollars."""

    remaining_monthly: Decimal | None = combine("lowest")


def bundle_break(
    profile: Profile,
    *,
    bundle_fee: Decimal,
    services: tuple[BundledService, ...],
    dropped: tuple[str, ...],
) -> Remaining:
    """Return the monthly total once services are dropped from a bundle (BS-CON-15)."""
    terms = profile.of(BundleBreak)
    if not dropped:
        return Remaining(remaining_monthly=bundle_fee, because=(terms.because("still whole"),))
    kept = [each for each in services if each.service not in dropped]
    steps = [f"{each.service} alone: {money.in_dollars(each.standalone_fee)}" for each in kept]
    left = money.total(each.standalone_fee for each in kept)
    return Remaining(remaining_monthly=left, because=(terms.because(*steps),))
