"""Chasing a debt: at what hours, how often, and when it may be listed as a default."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from terms.calendar import SATURDAY, State, in_words, months_on
from terms.clause import Terms, shape
from terms.facts import BadFacts
from terms.money import in_dollars
from terms.profile import Profile
from terms.result import Result, combine

ONE_DAY = timedelta(days=1)
DAYS_IN_A_WEEK = 7


@shape("contact_hours")
class ContactHours(Terms):
    """The customer's local hours for calls and messages that ask for payment.

    The last time of each pair is outside. There are none on public holidays.
    """

    weekday_from: time
    weekday_to: time
    weekend_from: time
    weekend_to: time


@shape("contact_hours.at_work")
class WorkHours(Terms):
    """Local hours for calls at work, Monday to Friday."""

    begins: time
    ends: time


@dataclass(frozen=True, kw_only=True)
class ContactTime(Result):
    """Whether this is an hour for it, and the first moment from now that is one."""

    allowed: bool | None = combine("all")
    next_at: datetime | None = combine("longest")


def contact_hours(
    profile: Profile,
    *,
    at: datetime,
    state: State | None = None,
    at_work: bool = False,
    wished_from: time | None = None,
    wished_to: time | None = None,
) -> ContactTime:
    """Return whether a debt may be chased at a moment, by the customer's clock (RF-DEBT-01).

    `wished_from` and `wished_to` are hours that the customer asked for; they stand in the place
    of all others, and both are given or neither. Raise BadFacts for one alone, or for hours that
    end before they begin.
    """
    hours, work = profile.of(ContactHours), profile.of(WorkHours)
    wish = _wish(wished_from, wished_to)
    calendar = profile.calendar(state)
    local = at.astimezone(calendar.zone)

    def window(day: date) -> tuple[time, time] | None:
        weekend = day.weekday() >= SATURDAY
        holiday = calendar.why_off(day) not in (None, "weekend")
        if holiday or (at_work and weekend):
            return None
        if wish:
            return wish
        if at_work:
            return work.begins, work.ends
        if weekend:
            return hours.weekend_from, hours.weekend_to
        return hours.weekday_from, hours.weekday_to

    day, opens = local.date(), local.timetz().replace(tzinfo=None)
    steps = [f"it is {in_words(day)}, {local:%H:%M} where the customer is"]
    while True:
        found = window(day)
        if found and opens < found[1]:
            break
        off = calendar.why_off(day)
        steps.append(f"{in_words(day)}: {off}" if found is None else f"{in_words(day)}: too late")
        day, opens = day + ONE_DAY, time.min
    start = max(opens, found[0])
    allowed = (day, start) == (local.date(), local.timetz().replace(tzinfo=None))
    next_at = at if allowed else calendar.at(day, start)
    whose = "hours at work" if at_work else "hours"
    if wish:
        whose = "hours that the customer asked for"
    steps.append(f"{in_words(day)}: {whose} from {found[0]:%H:%M} to {found[1]:%H:%M}")
    terms: Terms = work if at_work and not wish else hours
    return ContactTime(allowed=allowed, next_at=next_at, because=(terms.because(*steps),))


def _wish(start: time | None, end: time | None) -> tuple[time, time] | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        name = "wished_from" if start is None else "wished_to"
        raise BadFacts((name,), "say both from when and until when")
    if start >= end:
        raise BadFacts(("wished_to",), "must be later than the time from which")
    return start, end


@shape("contact_frequency")
class ContactFrequency(Terms):
    """How many calls or messages that ask for payment in any seven days, and in any month."""

    per_week: int
    per_month: int | None = None


@dataclass(frozen=True, kw_only=True)
class NextContact(Result):
    """Whether one more is allowed on the day asked, and the first day on which it is."""

    allowed: bool | None = combine("all")
    next_on: date | None = combine("longest")


def contact_frequency(
    profile: Profile, *, contacts: tuple[date, ...], asked_on: date
) -> NextContact:
    """Return when a debt may be chased again (RF-DEBT-02).

    `contacts` are the days of calls and messages that asked for payment; notices that the law
    requires are none. Any seven days running count, the day itself included.
    """
    terms = profile.of(ContactFrequency)

    def full(day: date) -> bool:
        week = sum(day - DAYS_IN_A_WEEK * ONE_DAY < each <= day for each in contacts)
        month = sum(months_on(day, -1) < each <= day for each in contacts)
        return week >= terms.per_week or (terms.per_month is not None and month >= terms.per_month)

    day = asked_on
    while full(day):
        day += ONE_DAY
    most = f"{terms.per_week} in any {DAYS_IN_A_WEEK} days"
    if terms.per_month is not None:
        most = f"{most}, {terms.per_month} in any month"
    steps = (f"no more than {most}", f"the next from {in_words(day)}")
    return NextContact(allowed=day == asked_on, next_on=day, because=(terms.because(*steps),))


@shape("default_listing")
class DefaultListing(Terms):
    """A default of at least `minimum` dollars, so many days overdue, after two written notices.

    The second comes no sooner than `second_after_days` after the first, the listing no sooner
    than `list_after_days` after the second.
    """

    minimum: Decimal
    overdue_days: int
    second_after_days: int
    list_after_days: int


@dataclass(frozen=True, kw_only=True)
class Listing(Result):
    """Whether a default may be listed, and the first days of the steps to it.

    `overdue_on` is the day on which the time overdue is reached; the others are None while what
    starts them is not known.
    """

    may_list: bool | None = combine("all")
    overdue_on: date | None = combine("longest")
    second_notice_from: date | None = combine("longest")
    list_from: date | None = combine("longest")


def default_listing(
    profile: Profile,
    *,
    amount: Decimal,
    due_date: date,
    first_notice_on: date | None = None,
    second_notice_on: date | None = None,
    statute_barred: bool = False,
    on: date | None = None,
) -> Listing:
    """Return when consumer credit may be listed as a default (RF-DEBT-03).

    `amount` is what is overdue and not contested, in dollars; a second notice that came too soon
    does not count. `may_list` is for the day `on`, or None where that is not given and nothing
    bars the listing.
    """
    terms = profile.of(DefaultListing)
    overdue_on = due_date + timedelta(days=terms.overdue_days)
    if amount < terms.minimum:
        step = f"{in_dollars(amount)} is less than {in_dollars(terms.minimum)}"
        return Listing(may_list=False, because=(terms.because(step),))
    if statute_barred:
        return Listing(may_list=False, because=(terms.because("the debt is statute-barred"),))
    steps = [f"day {terms.overdue_days} overdue is {in_words(overdue_on)}"]
    second_from = list_from = None
    if first_notice_on is not None:
        second_from = first_notice_on + timedelta(days=terms.second_after_days)
        steps.append(f"a second notice from {in_words(second_from)}")
    if second_from is not None and second_notice_on is not None:
        if second_notice_on < second_from:
            steps.append(f"that of {in_words(second_notice_on)} came too soon and does not count")
        else:
            waited = second_notice_on + timedelta(days=terms.list_after_days)
            list_from = max(waited, overdue_on)
            steps.append(f"listed no sooner than {in_words(list_from)}")
    may_list = None
    if on is not None:
        may_list = list_from is not None and on >= list_from
    elif list_from is None:
        may_list = False
    return Listing(
        may_list=may_list,
        overdue_on=overdue_on,
        second_notice_from=second_from,
        list_from=list_from,
        because=(terms.because(*steps),),
    )


@shape("capacity_assessment")
class CapacityAssessment(Terms):
    """Capacity to pay is assessed before a post-paid contract worth more than `above` dollars.

    So it is when a customer moves from pre-paid to post-paid, whatever that is worth.
    """

    above: Decimal


@dataclass(frozen=True, kw_only=True)
class Assessment(Result):
    """Whether capacity to pay has to be assessed first."""

    required: bool | None = combine("any")


def capacity_assessment(
    profile: Profile,
    *,
    contract_value: Decimal,
    postpaid: bool = True,
    from_prepaid: bool = False,
) -> Assessment:
    """Return whether capacity to pay is assessed before a contract (RF-TCP-25).

    `contract_value` is what the customer commits to over the term, in dollars with GST.
    """
    terms = profile.of(CapacityAssessment)
    if not postpaid:
        step = "the contract is pre-paid"
        return Assessment(required=False, because=(terms.because(step),))
    if from_prepaid:
        step = "the customer moves from pre-paid to post-paid"
        return Assessment(required=True, because=(terms.because(step),))
    required = contract_value > terms.above
    step = f"{in_dollars(contract_value)} is {'' if required else 'not '}above "
    step += in_dollars(terms.above)
    return Assessment(required=required, because=(terms.because(step),))
