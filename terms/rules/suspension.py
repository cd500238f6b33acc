"""Cutting a service off: when, after which notice, and what it costs meanwhile."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from terms.calendar import Calendar, Channel, Count, DayCount, State, in_words, months_on
from terms.clause import Reason, Terms, shape
from terms.facts import BadFacts, needed
from terms.money import ZERO, in_dollars, to_cents
from terms.profile import Profile
from terms.result import Result, combine, meet
from terms.rules._roll import rolled
from terms.vocabulary import Ground


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
    Where `only_by` names channels, a notice that goes another way starts nothing.
    """

    days: int
    counted_in: Count
    next_working_day: bool = False
    after_due: bool = False
    only_by: tuple[Channel, ...] = ()


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


class NoticeOf(StrEnum):
    """Which notice a suspension on a ground needs."""

    NONE = "none"
    REASONABLE = "reasonable"
    WRITTEN = "written"
    WARNING = "warning"


@shape("suspension.ground")
class OnGround(Terms):
    """Named for a ground: the service may be suspended for it, with such a notice.

    `days` must first have run from the notice to put it right, all of them the customer's.
    `while_it_lasts`: only as long as the ground does. `persons_only`: not for a company.
    """

    notice: NoticeOf
    days: int = 0
    counted_in: Count = Count.CALENDAR_DAYS
    while_it_lasts: bool = False
    persons_only: bool = False


@shape("suspension.any_reason")
class AnyReason(Terms):
    """For any reason, once at least so many days lie between the notice and the act."""

    notice_days: int


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
    notice: NoticeOf | None = None


def suspension(
    profile: Profile,
    *,
    due_date: date | None = None,
    disputed: bool = False,
    hardship: bool = False,
    tcp: bool = False,
    notice_given_on: date | None = None,
    notice_by: Channel | None = None,
    notice_pay_by: date | None = None,
    exception: SuspensionException | None = None,
    ground: Ground = Ground.NON_PAYMENT,
    ground_since: date | None = None,
    company: bool | None = None,
    state: State | None = None,
) -> SuspensionAnswer:
    """Return when a service may be suspended (VP-SUS, CV-SUS, BS-SUSP, GL-SUSP).

    Without another `ground` the question is one of arrears. `notice_given_on` is the day on which
    the customer received the notice, `notice_by` how it went (None: as the terms want it),
    `notice_pay_by` the date that a notice states, `ground_since`
    the day since which another ground holds. `disputed` means all of the overdue amount. Raise
    BadFacts for a ground that the document, though it names grounds, does not know.
    """
    known = ground if ground != Ground.NON_PAYMENT or not exception else Ground(exception)
    spared = known != ground and not _names(profile, known, tcp)
    if known != Ground.NON_PAYMENT and not spared:
        answer = _on_ground(
            profile,
            known,
            notice_given_on,
            ground_since,
            company,
            tcp,
            state,
        )
        if answer:
            return answer
    return _for_arrears(
        profile,
        needed("due_date", due_date),
        _Barred(disputed, hardship),
        tcp,
        _Notice(notice_given_on, notice_by, notice_pay_by),
        state,
    )


def _names(profile: Profile, ground: Ground, tcp: bool) -> bool:
    """Say whether the document gives this ground an answer of its own."""
    free = profile.find(NoWarning, tcp=tcp)
    spares = free is not None and ground.value in {each.value for each in free.exceptions}
    return spares or profile.find(OnGround, tcp=tcp, name=ground) is not None


@dataclass(frozen=True)
class _Barred:
    """What may bar a suspension for arrears."""

    disputed: bool
    hardship: bool


@dataclass(frozen=True)
class _Notice:
    """When a notice was received, how it went, and by when it asks to be paid."""

    on: date | None
    by: Channel | None
    pay_by: date | None


def _on_ground(
    profile: Profile,
    ground: Ground,
    notice_on: date | None,
    since: date | None,
    company: bool | None,
    tcp: bool,
    state: State | None,
) -> SuspensionAnswer | None:
    """Answer for a ground other than arrears; None where the document names no grounds at all."""
    free = profile.find(NoWarning, tcp=tcp)
    if free and ground.value in {each.value for each in free.exceptions}:
        step = f"{ground.words}: no warning is needed"
        return SuspensionAnswer(
            allowed=True, earliest_on=since, notice_days=0, because=(free.because(step),)
        )
    terms = profile.find(OnGround, tcp=tcp, name=ground)
    if terms is None:
        return _unnamed_ground(profile, ground, notice_on)
    if terms.persons_only and company:
        step = f"{ground.words} counts for a natural person only"
        return SuspensionAnswer(allowed=False, because=(terms.because(step),))
    allowed = None if terms.persons_only and company is None else True
    if terms.days:
        return _after_days(profile, terms, ground, notice_on, state)
    steps = [f"{ground.words}: {_NOTICES[terms.notice]}"]
    if terms.while_it_lasts:
        steps.append("only as long as it lasts")
    day = max((each for each in (since, notice_on) if each), default=None)
    if day:
        steps.append(f"from {in_words(day)}")
    if terms.notice == NoticeOf.WARNING and notice_on is None:
        return SuspensionAnswer(
            allowed=False,
            notice=terms.notice,
            because=(terms.because(*steps, "no warning was given"),),
        )
    return SuspensionAnswer(
        allowed=allowed,
        earliest_on=day,
        notice_days=0,
        notice=terms.notice,
        because=(terms.because(*steps),),
    )


def _unnamed_ground(
    profile: Profile, ground: Ground, notice_on: date | None
) -> SuspensionAnswer | None:
    """Answer for a ground that the document does not name: by its notice for any reason."""
    any_reason = profile.find(AnyReason)
    known = profile.parts.get(OnGround.key, ())
    if not known:
        return None
    if any_reason is None or notice_on is None:
        names = ", ".join(dict.fromkeys(str(part.name).replace("_", " ") for part in known))
        raise BadFacts(
            ("ground",), f"{ground.words} is no ground under these terms; they know {names}"
        )
    opens = notice_on + timedelta(days=any_reason.notice_days + 1)
    step = f"for any reason: {any_reason.notice_days} clear days, from {in_words(opens)}"
    return SuspensionAnswer(
        allowed=True,
        earliest_on=opens,
        notice_days=any_reason.notice_days,
        because=(any_reason.because(step),),
    )


def _after_days(
    profile: Profile,
    terms: OnGround,
    ground: Ground,
    notice_on: date | None,
    state: State | None,
) -> SuspensionAnswer:
    """Answer for a ground that leaves days from the notice for putting it right."""
    if notice_on is None:
        step = f"{ground.words}: no notice to put it right"
        return SuspensionAnswer(
            allowed=False,
            notice_days=terms.days,
            notice=terms.notice,
            because=(terms.because(step),),
        )
    calendar = profile.calendar(state)
    counted = calendar.count(notice_on, terms.days, terms.counted_in)
    last, roll = rolled(profile, calendar, counted)
    opens = last.day + timedelta(days=1)
    step = f"not put right by {in_words(last.day)}: from {in_words(opens)}"
    return SuspensionAnswer(
        allowed=True,
        earliest_on=opens,
        notice_days=terms.days,
        notice=terms.notice,
        because=(terms.because(ground.words, *counted.steps, step), *roll),
    )


_NOTICES = {
    NoticeOf.NONE: "without notice",
    NoticeOf.REASONABLE: "at once, by reasonable notice",
    NoticeOf.WRITTEN: "at once, by written notice",
    NoticeOf.WARNING: "after a written warning that is not heeded",
}


def _for_arrears(
    profile: Profile,
    due_date: date,
    barred: _Barred,
    tcp: bool,
    notice: _Notice,
    state: State | None,
) -> SuspensionAnswer:
    never = profile.find(Never)
    if never:
        return SuspensionAnswer(allowed=False, because=(never.because("a person decides"),))
    noticed = profile.find(AfterNotice, tcp=tcp)
    stated = profile.find(NoticeStatesDate, tcp=tcp)
    basis: Terms = noticed or stated or profile.of(WithoutNotice, tcp=tcp)
    days = noticed.days if noticed else None if stated else 0
    bar = _bar(profile, barred.disputed, barred.hardship, tcp)
    if bar:
        return SuspensionAnswer(allowed=False, notice_days=days, because=(bar, basis.because()))
    calendar = profile.calendar(state)
    if noticed and noticed.only_by and notice.by and notice.by not in noticed.only_by:
        step = f"a notice by {notice.by} starts nothing: it goes by {', '.join(noticed.only_by)}"
        return SuspensionAnswer(allowed=False, notice_days=days, because=(basis.because(step),))
    if noticed and stated and notice.pay_by:
        return _after_both(profile, noticed, stated, calendar, due_date, notice.on, notice.pay_by)
    if noticed:
        return _after_notice(profile, noticed, calendar, due_date, notice.on)
    if stated:
        return _after_stated(profile, stated, calendar, due_date, notice.on, notice.pay_by)
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
    counted = calendar.count(start, terms.days, terms.counted_in)
    if terms.next_working_day:
        opens = calendar.nth_working_day(counted.day, 1)
    else:
        opens = counted.day + timedelta(days=1)
    step = f"the customer has all of {in_words(counted.day)}: from {in_words(opens)}"
    return SuspensionAnswer(
        allowed=True,
        earliest_on=opens,
        notice_days=terms.days,
        because=(terms.because(*counted.steps, step),),
    )


def _after_both(
    profile: Profile,
    noticed: AfterNotice,
    stated: NoticeStatesDate,
    calendar: Calendar,
    due_date: date,
    notice_on: date | None,
    pay_by: date | None,
) -> SuspensionAnswer:
    """Add two protections up: neither day is before its own time has run."""
    one = _after_notice(profile, noticed, calendar, due_date, notice_on)
    other = _after_stated(profile, stated, calendar, due_date, notice_on, pay_by)
    both = meet(one, other)
    return replace(both, because=(*one.because, *other.because))


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
    counted, roll = rolled(profile, calendar, DayCount(after, lambda: ()))
    step = f"the notice's own time runs to {in_words(pay_by)}: from {in_words(counted.day)}"
    return SuspensionAnswer(
        allowed=True, earliest_on=counted.day, because=(terms.because(step), *roll)
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
    days: int | None = None,
    monthly_fee: Decimal | None = None,
    days_in_billing_period: int | None = None,
) -> SuspensionChargesAnswer:
    """Return what a suspension of `days` costs (VP-SUS-10, BS-SUSP-08, -09, GL-SUSP-03; A21).

    Where charges go on, neither days nor fee matter.
    """
    terms = profile.of(SuspensionCharges, name=cause)
    if terms.continues:
        because = (terms.because("charges go on"),)
        return SuspensionChargesAnswer(charge_continues=True, reduction=ZERO, because=because)
    period = needed("days_in_billing_period", days_in_billing_period)
    monthly_fee, days = needed("monthly_fee", monthly_fee), needed("days", days)
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
    counted, roll = rolled(
        profile, profile.calendar(state), DayCount(twin + timedelta(days=1), lambda: ())
    )
    step = (
        f"more than {terms.months} month after {in_words(suspended_on)}: {in_words(counted.day)}"
    )
    return SuspensionTerminationAnswer(
        may_terminate_from=counted.day, because=(terms.because(step), *roll)
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
            fee=ZERO, because=(terms.because("nothing after the provider's mistake"),)
        )
    listed = needed("listed_fee", listed_fee)
    capped = profile.find(CostOnly, tcp=tcp)
    if capped and cause == "unpaid":
        cost = needed("actual_cost", actual_cost) if charge_advised else ZERO
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
