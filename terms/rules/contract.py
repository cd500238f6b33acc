"""How a contract starts, runs and renews, and what may change in it at the customer's wish."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from terms.calendar import State, in_words, last_day_of_term, months_on, next_month_start
from terms.clause import Terms, shape
from terms.facts import needed
from terms.profile import Profile
from terms.result import Result, combine
from terms.vocabulary import Listed, Service

ONE_DAY = timedelta(days=1)


class RollsTo(StrEnum):
    """What a contract becomes when its term is over."""

    MONTH_TO_MONTH = "month_to_month"


@shape("term_end")
class TermEnd(Terms):
    """What a contract rolls to after its term."""

    rolls_to: RollsTo


@shape("term_end.blank")
class BlankTerm(Terms):
    """Months of a term whose length the order form leaves blank; may be for one service."""

    months: int


@shape("term_end.reminder")
class TermReminder(Terms):
    """Calendar days before the last day on which the customer is asked about a new plan."""

    days_before: int


@dataclass(frozen=True, kw_only=True)
class TermEnds(Result):
    """The last day of a term (None: no term), what follows it, and the day of the reminder."""

    ends_on: date | None = combine("earliest")
    rolls_to: RollsTo | None = None
    reminder_on: date | None = None


def term_end(
    profile: Profile,
    *,
    start_on: date | None = None,
    contract_start: date | None = None,
    activated_on: date | None = None,
    minimum_months: int | None = None,
    state: State | None = None,
    service: Service | None = None,
) -> TermEnds:
    """Return when a term ends (CV-CON-03, -04, -05, VP-CON-05, -06, BS-CON-05, -07, GL-CON-09).

    `start_on` is the first day where it is known; otherwise the document says whether the day of
    the contract or that of activation counts.
    """
    terms = profile.of(TermEnd)
    because = []
    if start_on is None:
        start_on = needed("start_on", term_start(profile, contract_start, activated_on))
        if begins := profile.find(TermStart):
            because.append(begins.because(f"the term starts on {in_words(start_on)}"))
    blank = profile.find(BlankTerm, service=service, name=service)
    if minimum_months is None and blank:
        minimum_months = blank.months
        because.append(blank.because(f"the order form gives no length: {blank.months} months"))
    if minimum_months is None:
        return TermEnds(rolls_to=terms.rolls_to, because=(terms.because("there is no term"),))
    end = last_day_of_term(start_on, minimum_months)
    step = f"{minimum_months} months from {in_words(start_on)} end on {in_words(end)}"
    because.append(terms.because(step))
    reminder = profile.find(TermReminder)
    remind_on = None
    if reminder:
        remind_on = end - timedelta(days=reminder.days_before)
        step = f"{reminder.days_before} days before is {in_words(remind_on)}"
        because.append(reminder.because(step))
    return TermEnds(
        ends_on=end, rolls_to=terms.rolls_to, reminder_on=remind_on, because=tuple(because)
    )


class StartsOn(StrEnum):
    """The day with which a minimum term starts."""

    CONTRACT = "contract"
    ACTIVATION = "activation"


@shape("term_end.start")
class TermStart(Terms):
    """Which day starts a minimum term."""

    starts_with: StartsOn


def term_start(
    profile: Profile, contract_start: date | None, activated_on: date | None
) -> date | None:
    """Return the first day of a minimum term, or what is known instead; None: nothing is."""
    begins = profile.find(TermStart)
    if begins and begins.starts_with == StartsOn.CONTRACT:
        return contract_start or activated_on
    return activated_on or contract_start


def minimum_end(
    profile: Profile, start: date, minimum_months: int | None, service: Service | None = None
) -> date | None:
    """Return the last day of the minimum period, or None where there is none."""
    if minimum_months is None:
        blank = profile.find(BlankTerm, service=service, name=service)
        minimum_months = blank.months if blank else None
    return None if minimum_months is None else last_day_of_term(start, minimum_months)


@shape("plan_change.monthly")
class MonthlyPlanChange(Terms):
    """One switch of plan in each calendar month, with nothing overdue."""


@shape("plan_change.done_within")
class PlanChangeDone(Terms):
    """Calendar days within which a switch is done."""

    days: int


@shape("plan_change.at_term_end")
class PlanChangeAtTermEnd(Terms):
    """A change at the term's end if the provider agrees.

    It starts with the first calendar month after `notice_days` have run out.
    """

    notice_days: int


@dataclass(frozen=True, kw_only=True)
class PlanChange(Result):
    """Whether a plan may be changed, and the day by which that is done."""

    allowed: bool | None = None
    effective_by: date | None = combine("earliest")
    next_possible_on: date | None = combine("earliest")


def plan_change(
    profile: Profile,
    *,
    requested_on: date,
    last_changed_on: date | None = None,
    overdue: bool = False,
    minimum_ends_on: date | None = None,
    provider_agrees: bool = False,
) -> PlanChange:
    """Return whether the customer may change plan, and by when (VP-CON-07, -08, GL-CON-11)."""
    if monthly := profile.find(MonthlyPlanChange):
        return _monthly_change(profile, monthly, requested_on, last_changed_on, overdue)
    terms = profile.of(PlanChangeAtTermEnd)
    if not provider_agrees:
        return PlanChange(allowed=False, because=(terms.because("the provider has not agreed"),))
    last = requested_on + timedelta(days=terms.notice_days)
    steps = [f"day {terms.notice_days} of the notice is {in_words(last)}"]
    if minimum_ends_on is not None and minimum_ends_on > last:
        last = minimum_ends_on
        steps.append(f"the term ends on {in_words(last)}")
    start = next_month_start(last)
    steps.append(f"the next billing month starts on {in_words(start)}")
    return PlanChange(allowed=True, effective_by=start, because=(terms.because(*steps),))


def _monthly_change(
    profile: Profile,
    terms: MonthlyPlanChange,
    requested_on: date,
    last_changed_on: date | None,
    overdue: bool,
) -> PlanChange:
    if overdue:
        return PlanChange(allowed=False, because=(terms.because("something is overdue"),))
    if last_changed_on is not None and _same_month(last_changed_on, requested_on):
        possible = next_month_start(requested_on)
        step = f"already changed on {in_words(last_changed_on)}"
        return PlanChange(
            allowed=False,
            next_possible_on=possible,
            because=(terms.because(step, f"possible again from {in_words(possible)}"),),
        )
    done = profile.of(PlanChangeDone)
    day = requested_on + timedelta(days=done.days)
    step = f"day {done.days} after {in_words(requested_on)} is {in_words(day)}"
    return PlanChange(
        allowed=True,
        effective_by=day,
        because=(terms.because("first change in this month"), done.because(step)),
    )


def _same_month(one: date, other: date) -> bool:
    return (one.year, one.month) == (other.year, other.month)


@shape("plan_minimum_lines")
class MinimumLines(Terms):
    """The fewest lines of a plan, by plan; a plan that is not listed has no minimum."""

    lines: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class LinesAllowed(Result):
    """Whether a plan may be taken with so many lines."""

    allowed: bool | None = None


def plan_minimum_lines(profile: Profile, *, plan: Listed, lines: int) -> LinesAllowed:
    """Return whether a plan may be taken with so many lines (VP-CON-01)."""
    terms = profile.of(MinimumLines)
    least = terms.lines.get(plan, 1)
    return LinesAllowed(
        allowed=lines >= least, because=(terms.because(f"at least {least} on {plan}"),)
    )


@dataclass(frozen=True)
class Instruction:
    """What the customer said about a renewal."""

    received_on: date
    in_writing: bool


@shape("renewal")
class Renewal(Terms):
    """Some items renew by themselves unless told not to, in writing, on an earlier day."""

    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Renews(Result):
    """Whether an item renews, and the bill that charges it."""

    renews: bool | None = None
    charged_on_bill: date | None = combine("longest")


def renewal(
    profile: Profile, *, item: Listed, renews_on: date, instruction: Instruction | None = None
) -> Renews:
    """Return whether an item renews by itself (GL-CON-08)."""
    terms = profile.of(Renewal)
    if item not in terms.items:
        raise profile.silent("renewal", beyond=True)
    if instruction and instruction.in_writing and instruction.received_on < renews_on:
        step = f"told not to, in writing, on {in_words(instruction.received_on)}"
        return Renews(renews=False, because=(terms.because(step),))
    bill = next_month_start(renews_on)
    steps = ("nobody said otherwise in writing before", f"next monthly bill: {in_words(bill)}")
    return Renews(renews=True, charged_on_bill=bill, because=(terms.because(*steps),))


class Choice(StrEnum):
    """What a customer with rented handsets does at the end of the term."""

    RENEW = "renew"
    ROLL = "roll"


@shape("contract_renewal")
class ContractRenewal(Terms):
    """Renewing for `months` brings new handsets; otherwise it rolls at unchanged fees.

    `after_months`: only at the end of a first term of at least so many months.
    """

    months: int
    rolls_to: RollsTo
    after_months: int = 0


@dataclass(frozen=True, kw_only=True)
class HandsetRenewal(Result):
    """What a choice at the end of the term brings."""

    handsets_replaced: bool | None = None
    fee_changes: bool | None = None
    new_ends_on: date | None = None
    rolls_to: RollsTo | None = None
    month_to_month_from: date | None = None


def contract_renewal(
    profile: Profile, *, start_on: date, minimum_months: int, choice: Choice
) -> HandsetRenewal:
    """Return what renewing or rolling on brings (CV-CON-06)."""
    terms = profile.of(ContractRenewal)
    end = last_day_of_term(start_on, minimum_months)
    next_day = end + ONE_DAY
    step = f"the term ends on {in_words(end)}"
    if choice == Choice.ROLL:
        return HandsetRenewal(
            handsets_replaced=False,
            fee_changes=False,
            rolls_to=terms.rolls_to,
            month_to_month_from=next_day,
            because=(terms.because(step),),
        )
    if minimum_months < terms.after_months:
        short = f"new handsets are promised after a term of {terms.after_months} months"
        return HandsetRenewal(
            handsets_replaced=False,
            because=(terms.because(step, f"{short}, this one had {minimum_months}"),),
        )
    new_end = last_day_of_term(next_day, terms.months)
    again = f"{terms.months} months from {in_words(next_day)} end on {in_words(new_end)}"
    return HandsetRenewal(
        handsets_replaced=True, new_ends_on=new_end, because=(terms.because(step, again),)
    )


@shape("service_start.first_connection")
class FirstConnection(Terms):
    """The service, and a term with it, starts on the day of its first connection."""


@shape("service_start")
class ServiceStart(Terms):
    """The service starts when told that it is ready, or with the first use if sooner."""


@dataclass(frozen=True, kw_only=True)
class Started(Result):
    """The day on which the service starts; None: not yet."""

    service_start_on: date | None = None


def service_start(
    profile: Profile,
    *,
    available_notified_on: date | None = None,
    first_used_on: date | None = None,
    first_connected_on: date | None = None,
) -> Started:
    """Return the day on which a service starts (BS-CON-03, VP-CON-04)."""
    if connected := profile.find(FirstConnection):
        if first_connected_on is None:
            return Started(because=(connected.because("no day of a first connection is known"),))
        step = f"first connected on {in_words(first_connected_on)}"
        return Started(service_start_on=first_connected_on, because=(connected.because(step),))
    terms = profile.of(ServiceStart)
    told, used = available_notified_on, first_used_on
    known = [day for day in (told, used) if day]
    if not known:
        return Started(because=(terms.because("neither told nor used yet"),))
    start = min(known)
    step = "told that it is ready" if start == told else "first used"
    return Started(service_start_on=start, because=(terms.because(f"{step}: {in_words(start)}"),))


@shape("marketing_consent")
class MarketingConsent(Terms):
    """Consent runs so many months past the contract's end, unless withdrawn."""

    tail_months: int


@shape("marketing_consent.until_opt_out")
class UntilOptOut(Terms):
    """The customer may opt out at any time, and then no more is sent."""


@dataclass(frozen=True, kw_only=True)
class Consent(Result):
    """The last day of the consent; None: it runs on."""

    consent_until: date | None = combine("earliest")


def marketing_consent(
    profile: Profile,
    *,
    contract_ended_on: date | None = None,
    withdrawn_on: date | None = None,
) -> Consent:
    """Return until when marketing is consented to (BS-PRIV-01)."""
    if opt_out := profile.find(UntilOptOut):
        step = f"opted out on {in_words(withdrawn_on)}" if withdrawn_on else "not opted out"
        return Consent(consent_until=withdrawn_on, because=(opt_out.because(step),))
    terms = profile.of(MarketingConsent)
    tail = contract_ended_on and months_on(contract_ended_on, terms.tail_months)
    ends = [day for day in (tail, withdrawn_on) if day]
    if not ends:
        return Consent(because=(terms.because("the contract runs and nothing is withdrawn"),))
    end = min(ends)
    step = "withdrawn" if end == withdrawn_on else f"{terms.tail_months} months after the end"
    return Consent(consent_until=end, because=(terms.because(f"{step}: {in_words(end)}"),))
