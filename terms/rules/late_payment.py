"""What paying late costs."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from terms import money
from terms.calendar import State, in_words
from terms.clause import Reason, Terms, shape
from terms.facts import needed
from terms.profile import Profile
from terms.result import Result, combine


class Elected(StrEnum):
    """Which of two charges for paying late the provider chose for a bill."""

    INTEREST = "interest"
    LATE_FEE = "late_fee"


@shape("late_fee.flat")
class FlatLateFee(Terms):
    """One fee in dollars, GST included, once an invoice is unpaid after `grace_days`."""

    grace_days: int
    fee: Decimal


@shape("late_fee.permitted")
class PermittedLateFee(Terms):
    """A fee is allowed but the document prints no amount, so none is charged by itself."""


@shape("late_fee.compounding")
class CompoundingLateFee(Terms):
    """Per cent a month, spread over the year and compounded daily from the due date.

    `minimum` dollars are charged instead where that is more.
    """

    percent_a_month: Decimal
    minimum: Decimal


@shape("late_fee.elected")
class ElectedLateFee(Terms):
    """Interest from the bill date or a late fee, one of them for each bill.

    Interest is the statutory rate plus `margin_percent` a year.
    """

    margin_percent: Decimal


@shape("late_fee.cost_only")
class CostOnly(Terms):
    """Charges for chasing money only repay what it cost, and only if they were told before."""


@dataclass(frozen=True, kw_only=True)
class LateFee(Result):
    """What paying late costs, in dollars. `fee` None: allowed, but the amount is not printed."""

    may_charge: bool | None = combine("all")
    fee: Decimal | None = combine("lowest")
    interest: Decimal | None = combine("lowest")


def late_fee(
    profile: Profile,
    *,
    balance: Decimal,
    due_date: date,
    paid_on: date,
    tcp: bool = False,
    state: State | None = None,
    bill_date: date | None = None,
    elected: Elected | None = None,
    penalty_rate_percent: Decimal | None = None,
    late_fee_amount: Decimal | None = None,
    actual_cost: Decimal | None = None,
    charge_advised: bool = False,
) -> LateFee:
    """Return what leaving `balance` unpaid until `paid_on` costs.

    `penalty_rate_percent` is the statutory yearly rate; `actual_cost` what chasing really cost
    (CV-PAY-04, VP-PAY-06, BS-PAY-08, BS-PAY-10, GL-PAY-06).
    """
    if flat := profile.find(FlatLateFee):
        return _flat_late_fee(flat, balance, due_date, paid_on)
    if compounding := profile.find(CompoundingLateFee):
        return _compounded_late_fee(compounding, balance, due_date, paid_on)
    lateness = _lateness(due_date, paid_on)
    terms = profile.find(PermittedLateFee) or profile.of(ElectedLateFee)
    if paid_on <= due_date or balance <= 0:
        return _no_late_fee(terms, lateness)
    if isinstance(terms, PermittedLateFee):
        return LateFee(may_charge=True, interest=money.ZERO, because=(terms.because(lateness),))
    if needed("elected", elected) == Elected.INTEREST:
        rate = needed("penalty_rate_percent", penalty_rate_percent) + terms.margin_percent
        days = (paid_on - needed("bill_date", bill_date)).days
        charge = money.to_cents(money.percent_of(balance, rate) * days / 365)
        step = (
            f"{money.in_dollars(balance)} × {rate} % × {days} days / 365"
            f" = {money.in_dollars(charge)}"
        )
    else:
        charge = money.to_cents(needed("late_fee_amount", late_fee_amount))
        step = f"the late fee that was chosen: {money.in_dollars(charge)}"
    why: tuple[Reason, ...] = (terms.because(lateness, step),)
    if cost_only := profile.find(CostOnly, tcp=tcp):
        charge, capped = at_cost(cost_only, charge, actual_cost, charge_advised)
        why = (*why, capped)
    fee, interest = (money.ZERO, charge) if elected == Elected.INTEREST else (charge, money.ZERO)
    return LateFee(may_charge=charge > 0, fee=fee, interest=interest, because=why)


def at_cost(
    terms: CostOnly, charge: Decimal, actual_cost: Decimal | None, advised: bool
) -> tuple[Decimal, Reason]:
    """Return a charge cut to its cost, nil if it was not told beforehand (BS-PAY-10)."""
    if not advised:
        return money.ZERO, terms.because("the charge was not told beforehand, so nothing")
    cost = money.to_cents(actual_cost or money.ZERO)
    return min(charge, cost), terms.because(f"no more than the cost of {money.in_dollars(cost)}")


def _lateness(due_date: date, paid_on: date) -> str:
    if paid_on <= due_date:
        return f"paid by the due date, {in_words(due_date)}"
    return f"due {in_words(due_date)}, unpaid until {in_words(paid_on)}"


def _no_late_fee(terms: Terms, step: str) -> LateFee:
    return LateFee(
        may_charge=False, fee=money.ZERO, interest=money.ZERO, because=(terms.because(step),)
    )


def _flat_late_fee(terms: FlatLateFee, balance: Decimal, due_date: date, paid_on: date) -> LateFee:
    last = due_date + timedelta(days=terms.grace_days)
    if paid_on <= last or balance <= 0:
        return _no_late_fee(terms, f"no fee until {in_words(last)} is over")
    return LateFee(
        may_charge=True,
        fee=terms.fee,
        interest=money.ZERO,
        because=(
            terms.because(
                f"day {terms.grace_days} after the due date was {in_words(last)}",
                f"unpaid until {in_words(paid_on)}: one fee of {money.in_dollars(terms.fee)}",
            ),
        ),
    )


def _compounded_late_fee(
    terms: CompoundingLateFee, balance: Decimal, due_date: date, paid_on: date
) -> LateFee:
    days = (paid_on - due_date).days
    if days <= 0 or balance <= 0:
        return _no_late_fee(terms, _lateness(due_date, paid_on))
    daily = daily_rate(terms.percent_a_month)
    interest = money.to_cents(money.compounded(balance, daily, days))
    steps = (
        f"{days} days late at {terms.percent_a_month} % × 12 / 365 a day, compounded",
        f"on {money.in_dollars(balance)} that is {money.in_dollars(interest)}",
    )
    if interest > terms.minimum:
        return LateFee(
            may_charge=True, fee=money.ZERO, interest=interest, because=(terms.because(*steps),)
        )
    step = f"less than the minimum, so {money.in_dollars(terms.minimum)}"
    return LateFee(
        may_charge=True,
        fee=terms.minimum,
        interest=money.ZERO,
        because=(terms.because(*steps, step),),
    )


def daily_rate(percent_a_month: Decimal) -> Decimal:
    """Return a monthly percentage as the fraction for one day of any year (GL-AMB-04)."""
    return percent_a_month * 12 / 100 / 365
