"""How much may be used, when the customer is warned, and what using too much brings."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from terms.calendar import State, in_words
from terms.clause import Terms, shape
from terms.profile import Profile
from terms.result import Result, combine
from terms.vocabulary import Listed, Word


@shape("usage_alerts")
class UsageAlerts(Terms):
    """Percentages of the allowance at which the customer is told."""

    thresholds: tuple[int, ...]


@shape("usage_alerts.left_out")
class LeftOut(Terms):
    """Kinds of use that do not count towards the allowance."""

    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Usage:
    """A use of the service, in the allowance's own unit."""

    kind: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Alerts(Result):
    """The thresholds newly reached, rising, in per cent."""

    alerts: tuple[int, ...] = combine("both", default=())


def usage_alerts(
    profile: Profile, *, allowance: Decimal, used_before: Decimal, events: tuple[Usage, ...]
) -> Alerts:
    """Return which thresholds the events reach for the first time (VP-USE-05, VP-USE-06)."""
    terms, left_out = profile.of(UsageAlerts), profile.of(LeftOut)
    counted = [each for each in events if each.kind not in left_out.kinds]
    used = sum((each.amount for each in counted), used_before)
    reached = tuple(
        percent
        for percent in sorted(terms.thresholds)
        if used_before * 100 < allowance * percent <= used * 100
    )
    because = [terms.because(f"used {used_before:f}, now {used:f} of {allowance:f}")]
    skipped = sorted({each.kind for each in events if each.kind in left_out.kinds})
    if skipped:
        because.append(left_out.because(f"not counted: {', '.join(skipped)}"))
    return Alerts(alerts=reached, because=tuple(because))


@shape("usage_alert_by")
class AlertBy(Terms):
    """Elapsed hours within which an alert is sent."""

    hours: int


@dataclass(frozen=True, kw_only=True)
class NotifyBy(Result):
    """The last moment for an alert."""

    notify_by: datetime | None = combine("earliest")


def usage_alert_by(
    profile: Profile, *, reached_at: datetime, state: State | None = None
) -> NotifyBy:
    """Return by when a threshold that was reached is told (VP-USE-06)."""
    terms = profile.of(AlertBy)
    by = profile.calendar(state).hours_on(reached_at, terms.hours)
    step = f"{terms.hours} hours later: {in_words(by.date())}, {by:%H:%M}"
    return NotifyBy(notify_by=by, because=(terms.because(step),))


@shape("fair_use")
class FairUse(Terms):
    """The most calls a month and trunk on average; some plans have their own figure."""

    calls: int
    plans: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class FairUsed(Result):
    """The limit for each trunk and month, and whether it was passed."""

    limit: int | None = None
    breach: bool | None = combine("all")


def fair_use(
    profile: Profile, *, plan: Listed, trunks: int, calls_by_month: tuple[int, ...]
) -> FairUsed:
    """Return whether calls were more than fair on average (VP-USE-01)."""
    terms = profile.of(FairUse)
    limit = terms.plans.get(plan, terms.calls)
    calls, most = sum(calls_by_month), limit * trunks * len(calls_by_month)
    step = f"{calls} calls; {limit} × {trunks} trunks × {len(calls_by_month)} months is {most}"
    return FairUsed(limit=limit, breach=calls > most, because=(terms.because(step),))


@shape("power_overuse")
class PowerOveruse(Terms):
    """More than `occasions` over the power limit in any window of `days`, both ends counted."""

    occasions: int
    days: int


@dataclass(frozen=True, kw_only=True)
class Overuse(Result):
    """Whether the provider may raise the allocation, and whether it may end the contract."""

    remedy_available: bool | None = combine("all")
    may_end: bool | None = combine("all")


def power_overuse(
    profile: Profile, *, occasions: tuple[date, ...], can_be_remedied: bool | None = None
) -> Overuse:
    """Return whether power was over the limit too often (CV-COL-04).

    The contract ends for it only where the breach can't be remedied; not known, `may_end` is None.
    """
    terms = profile.of(PowerOveruse)
    days = sorted(occasions)
    window = timedelta(days=terms.days - 1)
    for first, last in zip(days, days[terms.occasions :], strict=False):
        if last - first <= window:
            step = f"more than {terms.occasions} times from {in_words(first)} to {in_words(last)}"
            may_end = None if can_be_remedied is None else not can_be_remedied
            cure = {None: "not known", True: "yes", False: "no"}[can_be_remedied]
            steps = (step, f"can it be remedied: {cure}")
            return Overuse(
                remedy_available=True, may_end=may_end, because=(terms.because(*steps),)
            )
    step = f"no more than {terms.occasions} times in any {terms.days} days"
    return Overuse(remedy_available=False, may_end=False, because=(terms.because(step),))


class Cabinet(Word):
    """A kind of cabinet in the data centre."""

    SHARED = "shared"
    FULL = "full"


@shape("rack_overuse")
class RackOveruse(Terms):
    """In these cabinets, days from the notice in which to give back extra rack units."""

    cabinets: tuple[Cabinet, ...]
    cure_days: int


@dataclass(frozen=True, kw_only=True)
class RackUse(Result):
    """Rack units beyond the allotted, from when they cost, and by when to give them back."""

    extra_ru: int | None = None
    charge_from: date | None = combine("longest")
    rectify_by: date | None = combine("longest")


def rack_overuse(
    profile: Profile,
    *,
    cabinet: Cabinet,
    allocated_ru: int,
    used_ru: int,
    breach_known_on: date | None = None,
    notice_received_on: date | None = None,
) -> RackUse:
    """Return what using more rack units than allotted brings (CV-COL-02)."""
    terms = profile.of(RackOveruse)
    if cabinet not in terms.cabinets:
        step = f"a {cabinet} cabinet has no allotted rack units to pass"
        return RackUse(extra_ru=0, because=(terms.because(step),))
    extra = max(used_ru - allocated_ru, 0)
    if not extra:
        step = f"{used_ru} of {allocated_ru} rack units in a {cabinet} cabinet"
        return RackUse(extra_ru=0, because=(terms.because(step),))
    steps = [f"{used_ru} of {allocated_ru} rack units: {extra} too many"]
    rectify = None
    if notice_received_on is not None:
        rectify = notice_received_on + timedelta(days=terms.cure_days)
        steps.append(f"day {terms.cure_days} of the notice is {in_words(rectify)}")
    return RackUse(
        extra_ru=extra,
        charge_from=breach_known_on,
        rectify_by=rectify,
        because=(terms.because(*steps),),
    )
