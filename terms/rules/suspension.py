"""Cutting a service off: when, after which notice, and what it costs meanwhile."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from terms.calendar import Calendar, Count, State, Walk, in_words, months_on
from terms.clause import Reason, Terms, shape
from terms.facts import needed
from terms.money import NIL, in_dollars, to_cents
from terms.profile import Profile
from terms.result import Result, combine
from terms.rules._roll import rolled


class SuspensionException(StrEnum):
    """Grounds on which no warning is needed."""

    CREDIT_RISK = "credit_risk"
    FRAUD = "fraud"
    NOMINATED_LIMIT = "nominated_limit"


@shape("suspension.after_notice")
class AfterNotice(Terms):
    """Suspension for arrears from the day after the last day of a notice.

    The customer has all `days`; with `next_working_day` the act waits for the next one. The notice
    runs from the later of it and the due date, or (`after_due`) must itself come after that date.
    """

    days: int
    counted_in: Count
    next_working_day: bool = False
    after_due: bool = False


@shape("suspension.notice_states_date")
class NoticeStatesDate(Terms):
    """Suspension once the time is over that a notice given after the due date allowed."""


@shape("suspension")
class WithoutNotice(Terms):
    """Suspension from the day after the due date, without any notice."""


@shape("suspension.never")
class Never(Terms):
    """No suspension for arrears by itself."""


@shape("suspension.no_warning")
class NoWarning(Terms):
    """Grounds on which no warning is needed."""

    exceptions: tuple[SuspensionException, ...]


@shape("suspension.disputed")
class DisputedBars(Terms):
    """An amount that is wholly contested bars it."""


@shape("suspension.hardship")
class HardshipBars(Terms):
    """A hardship arrangement in force and kept bars it."""


@dataclass(frozen=True, kw_only=True)
class SuspensionAnswer(Result):
    """Whether a service may be suspended for arrears, from which day, after how many days' notice.

    `notice_days` counts in the document's own days.
    """

    allowed: bool | None = combine("all")
    earliest_on: date | None = combine("longest")
    notice_days: int | None = combine("longest", follows="earliest_on")


def suspension(
    profile: Profile,
    *,
    due_date: date,
    disputed: bool,
    hardship: bool,
    tcp: bool = False,
    notice_given_on: date | None = None,
    notice_pay_by: date | None = None,
    exception: SuspensionException | None = None,
    state: State | None = None,
) -> SuspensionAnswer:
    """Return when arrears allow suspension (VP-SUS-01, CV-SUS-01, BS-SUSP-03 to -05, GL-SUSP-02).

    `notice_given_on` is the day on which the customer received the notice, `notice_pay_by` the
    date that a notice states. `disputed` means all of the overdue amount.
    """
    free = profile.find(NoWarning, tcp=tcp)
    if exception and free and exception in free.exceptions:
        step = f"{exception.replace('_', ' ')}: no warning is needed"
        return SuspensionAnswer(allowed=True, notice_days=0, because=(free.because(step),))
    never = profile.find(Never)
    if never:
        return SuspensionAnswer(allowed=False, because=(never.because("a person decides"),))
    noticed = profile.find(AfterNotice, tcp=tcp)
    stated = None if noticed else profile.find(NoticeStatesDate, tcp=tcp)
    basis: Terms = noticed or stated or profile.of(WithoutNotice, tcp=tcp)
    days = noticed.days if noticed else None if stated else 0
    bar = _bar(profile, disputed, hardship, tcp)
    if bar:
        return SuspensionAnswer(allowed=False, notice_days=days, because=(bar, basis.because()))
    calendar = profile.calendar(state)
    if noticed:
        return _after_notice(profile, noticed, calendar, due_date, notice_given_on)
    if stated:
        return _after_stated(profile, stated, calendar, due_date, notice_given_on, notice_pay_by)
    opens = due_date + timedelta(days=1)
    step = f"unpaid when {in_words(due_date)} is over: from {in_words(opens)}, without notice"
    return SuspensionAnswer(
        allowed=True, earliest_on=opens, notice_days=0, because=(basis.because(step),)
    )


def _bar(profile: Profile, disputed: bool, hardship: bool, tcp: bool) -> Reason | None:
    contested = profile.find(DisputedBars, tcp=tcp)
    if disputed and contested:
        return contested.because("the overdue amount is contested")
    arrangement = profile.find(HardshipBars, tcp=tcp)
    if hardship and arrangement:
        return arrangement.because("an arrangement is in force")
    return None


def _after_notice(
    profile: Profile,
    terms: AfterNotice,
    calendar: Calendar,
    due_date: date,
    notice_on: date | None,
) -> SuspensionAnswer:
    too_soon = terms.after_due and notice_on is not None and notice_on <= due_date
    if notice_on is None or too_soon:
        step = "a notice before the due date is over does not count" if too_soon else "no notice"
        return SuspensionAnswer(
            allowed=False, notice_days=terms.days, because=(terms.because(step),)
        )
    start = max(due_date, notice_on)
    walk = calendar.count(start, terms.days, terms.counted_in)
    if terms.next_working_day:
        opens = calendar.nth_working_day(walk.day, 1)
    else:
        opens = walk.day + timedelta(days=1)
    step = f"the customer has all of {in_words(walk.day)}: from {in_words(opens)}"
    return SuspensionAnswer(
        allowed=True,
        earliest_on=opens,
        notice_days=terms.days,
        because=(terms.because(*walk.steps, step),),
    )


def _after_stated(
    profile: Profile,
    terms: NoticeStatesDate,
    calendar: Calendar,
    due_date: date,
    notice_on: date | None,
    pay_by: date | None,
) -> SuspensionAnswer:
    if notice_on is None or notice_on <= due_date or pay_by is None:
        step = "no notice, given after the due date, that states by when to pay"
        return SuspensionAnswer(allowed=False, because=(terms.because(step),))
    after = pay_by + timedelta(days=1)
    walk, roll = rolled(profile, calendar, Walk(after, lambda: ()))
    step = f"the notice's own time runs to {in_words(pay_by)}: from {in_words(walk.day)}"
    return SuspensionAnswer(
        allowed=True, earliest_on=walk.day, because=(terms.because(step), *roll)
    )


@shape("suspension_charges")
class SuspensionCharges(Terms):
    """Named for the cause: whether charges go on, or shrink by the day."""

    continues: bool


@dataclass(frozen=True, kw_only=True)
class SuspensionChargesAnswer(Result):
    """Whether charges go on during a suspension, and by how many dollars they shrink."""

    charge_continues: bool = combine("all")
    reduction: Decimal = combine("highest")


def suspension_charges(
    profile: Profile,
    *,
    cause: Literal["customer", "other"],
    days: int,
    monthly_fee: Decimal,
    days_in_billing_period: int | None = None,
) -> SuspensionChargesAnswer:
    """Return what a suspension of `days` costs (VP-SUS-10, BS-SUSP-08, -09, GL-SUSP-03; A21)."""
    terms = profile.of(SuspensionCharges, name=cause)
    if terms.continues:
        because = (terms.because("charges go on"),)
        return SuspensionChargesAnswer(charge_continues=True, reduction=NIL, because=because)
    period = needed("days_in_billing_period", days_in_billing_period)
    reduction = to_cents(monthly_fee * days / period)
    step = f"{in_dollars(monthly_fee)} × {days} / {period} days = {in_dollars(reduction)}"
    return SuspensionChargesAnswer(
        charge_continues=False, reduction=reduction, because=(terms.because(step),)
    )


@shape("suspension_limits")
class SuspensionLimits(Terms):
    """Days until the provider may terminate because the cause is not cleared."""

    terminate_after_days: int


@shape("suspension_limits.longest")
class LongestSuspension(Terms):
    """Days that a suspension may last."""

    days: int


@dataclass(frozen=True, kw_only=True)
class SuspensionLimitsAnswer(Result):
    """From when a suspension may become a termination, and the last day it may last."""

    terminate_from: date = combine("longest")
    must_end_by: date = combine("earliest")


def suspension_limits(profile: Profile, *, suspended_on: date) -> SuspensionLimitsAnswer:
    """Return how long a suspension may last (GL-SUSP-04, GL-SUSP-05)."""
    terms, longest = profile.of(SuspensionLimits), profile.of(LongestSuspension)
    cleared_by = suspended_on + timedelta(days=terms.terminate_after_days)
    terminate_from = cleared_by + timedelta(days=1)
    end = suspended_on + timedelta(days=longest.days)
    return SuspensionLimitsAnswer(
        terminate_from=terminate_from,
        must_end_by=end,
        because=(
            terms.because(
                f"not cleared by {in_words(cleared_by)}: from {in_words(terminate_from)}"
            ),
            longest.because(f"day {longest.days} is {in_words(end)}"),
        ),
    )


@shape("suspension_termination")
class SuspensionTermination(Terms):
    """Months of suspension after which the provider may terminate."""

    months: int


@dataclass(frozen=True, kw_only=True)
class SuspensionTerminationAnswer(Result):
    """From when a long suspension allows termination."""

    may_terminate_from: date = combine("longest")


def suspension_termination(
    profile: Profile, *, suspended_on: date, state: State | None = None
) -> SuspensionTerminationAnswer:
    """Return when a suspension has lasted long enough to terminate (BS-SUSP-10; BS-AMB-25)."""
    terms = profile.of(SuspensionTermination)
    twin = months_on(suspended_on, terms.months)
    walk, roll = rolled(
        profile, profile.calendar(state), Walk(twin + timedelta(days=1), lambda: ())
    )
    step = f"more than {terms.months} month after {in_words(suspended_on)}: {in_words(walk.day)}"
    return SuspensionTerminationAnswer(
        may_terminate_from=walk.day, because=(terms.because(step), *roll)
    )


@shape("reconnection_fee")
class ReconnectionFee(Terms):
    """A flat fee in dollars, GST included; None = the listed one, nil after the own mistake."""

    fee: Decimal | None = None


@shape("reconnection_fee.cost_only")
class CostOnly(Terms):
    """After non-payment a fee only repays cost, and only if it was told beforehand."""


@dataclass(frozen=True, kw_only=True)
class ReconnectionFeeAnswer(Result):
    """What coming back costs, in dollars, GST included."""

    fee: Decimal = combine("lowest")


def reconnection_fee(
    profile: Profile,
    *,
    cause: Literal["provider_mistake", "unpaid", "other"] | None = None,
    listed_fee: Decimal | None = None,
    tcp: bool = False,
    actual_cost: Decimal | None = None,
    charge_advised: bool = False,
) -> ReconnectionFeeAnswer:
    """Return the fee for reconnecting (VP-PAY-12, BS-SUSP-02, BS-PAY-10; BS-AMB-09)."""
    terms = profile.of(ReconnectionFee)
    if terms.fee is not None:
        step = f"a flat {in_dollars(terms.fee)}"
        return ReconnectionFeeAnswer(fee=terms.fee, because=(terms.because(step),))
    if cause == "provider_mistake":
        return ReconnectionFeeAnswer(
            fee=NIL, because=(terms.because("nothing after the provider's mistake"),)
        )
    listed = needed("listed_fee", listed_fee)
    capped = profile.find(CostOnly, tcp=tcp)
    if capped and cause == "unpaid":
        cost = needed("actual_cost", actual_cost) if charge_advised else NIL
        fee = to_cents(min(listed, cost))
        step = f"no more than cost: {in_dollars(fee)}" if charge_advised else "was not told"
        return ReconnectionFeeAnswer(fee=fee, because=(capped.because(step), terms.because()))
    fee = to_cents(listed)
    return ReconnectionFeeAnswer(fee=fee, because=(terms.because(f"listed {in_dollars(fee)}"),))


@shape("reactivation_total")
class ReactivationTotal(Terms):
    """What is outstanding is paid together with the reconnection fee."""


@dataclass(frozen=True, kw_only=True)
class ReactivationTotalAnswer(Result):
    """What brings the service back, in dollars, GST included."""

    total: Decimal = combine("lowest")


def reactivation_total(profile: Profile, *, outstanding: Decimal) -> ReactivationTotalAnswer:
    """Return all that is to be paid before the service comes back (VP-PAY-12; A23)."""
    terms = profile.of(ReactivationTotal)
    fee = reconnection_fee(profile).fee
    total = to_cents(outstanding + fee)
    step = f"{in_dollars(outstanding)} + {in_dollars(fee)} = {in_dollars(total)}"
    return ReactivationTotalAnswer(total=total, because=(terms.because(step),))
