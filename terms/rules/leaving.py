"""Ending a contract by notice: when it ends, and what ending it early costs."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from terms.calendar import Count, State, in_words, month_end
from terms.clause import Reason, Terms, shape
from terms.facts import BadFacts
from terms.profile import Profile
from terms.result import Result, combine
from terms.rules.billing import billing_period
from terms.rules.contract import minimum_end, term_start
from terms.vocabulary import Ground, Service

ONE_DAY = timedelta(days=1)


class By(StrEnum):
    """Who ends a contract, or a service; `port` is the customer moving to another provider."""

    CUSTOMER = "customer"
    PROVIDER = "provider"
    PORT = "port"


Cause = Ground
"""Why one side ends it, where the terms name such causes."""


class Holder(StrEnum):
    """What the customer is, where a cause depends on it."""

    PERSON = "person"
    SOLE_TRADER = "sole_trader"
    PARTNER = "partner"
    COMPANY = "company"


class Clock(StrEnum):
    """From which day the time runs that a cause must last, or leave for putting it right."""

    DUE_DATE = "due_date"
    NOTICE = "notice"
    EVENT = "event"

    @property
    def words(self) -> str:
        """Return the day as a reader would write it."""
        return {
            "due_date": "the due date",
            "notice": "the notice to put it right was received",
            "event": "it happened",
        }[self.value]


class EndsWith(StrEnum):
    """What the end of a contract waits for once the notice has run."""

    NOTICE = "notice"
    INVOICE = "invoice"
    BILLING_MONTH = "billing_month"


@shape("termination")
class Termination(Terms):
    """Calendar days of notice; may be named for who gives it.

    `within_term` says that such a notice may end the contract inside its minimum period;
    otherwise it waits for the last day. `clear` says that all the days lie between: "at least".
    """

    notice_days: int
    within_term: bool = False
    clear: bool = False


@shape("termination.outside_term")
class OutsideTerm(Terms):
    """Calendar days of notice where there is no term (`casual`) or it is over (`after_term`).

    `provider_after_term` is for the provider's notice, where that has a clause of its own.
    """

    notice_days: int


@shape("termination.ends_with")
class TerminationEndsWith(Terms):
    """Named for who gives notice: what the end waits for once the notice has run."""

    ends_with: EndsWith


@shape("termination.on_transfer")
class EndsOnTransfer(Terms):
    """Moving to another supplier ends it on the day that one tells of the transfer.

    `charge` says that a transfer inside the term costs the early charge.
    """

    charge: bool


@shape("termination.for_cause")
class TerminationForCause(Terms):
    """Named for a cause: the provider may end it at once by notice.

    First `days` have run from `runs_from`, all of them the customer's; `notice_working_days` of
    notice of the end itself stand between. It may be for some `holders` only, or only if payment
    is in doubt; a contested amount or an arrangement may bar it. `charge`: as if the customer had
    left.
    """

    days: int = 0
    counted_in: Count = Count.CALENDAR_DAYS
    runs_from: Clock = Clock.NOTICE
    notice_working_days: int = 0
    holders: tuple[Holder, ...] = ()
    if_doubted: bool = False
    undisputed: bool = False
    spares_hardship: bool = False
    charge: bool = True


@shape("termination.for_customer")
class CustomerCause(Terms):
    """Named for a cause: the customer may end it, free of the early charge, after such a wait."""

    days: int = 0
    counted_in: Count = Count.CALENDAR_DAYS
    runs_from: Clock = Clock.NOTICE


@shape("termination.agreed_early")
class AgreedEarlyEnd(Terms):
    """Leaving inside the term needs the provider's agreement."""


@shape("termination.early")
class EarlyEnd(Terms):
    """The customer may leave inside the term for a charge; free if the provider is in breach."""


@shape("termination.early_charge")
class EarlyCharge(Terms):
    """Ending inside the minimum period costs an early termination charge."""


@dataclass(frozen=True, kw_only=True)
class Ending(Result):
    """The last day of a contract, and whether ending it then costs an early charge.

    For a cause, `allowed` says whether it may be ended so (None: that depends on a fact that is
    not known) and `earliest_on` the first day for it.
    """

    effective_on: date | None = None
    early_charge_applies: bool | None = combine("all")
    allowed: bool | None = combine("all")
    earliest_on: date | None = combine("longest")


@dataclass(frozen=True)
class _Notice:
    given_on: date
    by: By
    cause: Cause
    last_day: date | None
    requested_end_on: date | None
    provider_agreed: bool
    provider_in_breach: bool
    bill_day: int | None


@dataclass(frozen=True)
class _Grounds:
    """What is known of a cause: since when, of whom, and what may bar it."""

    since: date | None
    holder: Holder | None
    payment_doubted: bool | None
    disputed: bool
    hardship: bool
    tcp: bool


def termination(
    profile: Profile,
    *,
    notice_given_on: date,
    by: By,
    contract_start: date,
    activated_on: date | None = None,
    minimum_months: int | None = None,
    state: State | None = None,
    cause: Cause = Cause.NONE,
    cause_since: date | None = None,
    holder: Holder | None = None,
    payment_doubted: bool | None = None,
    disputed: bool = False,
    hardship: bool = False,
    tcp: bool = False,
    acl_consumer: bool = False,
    bill_day: int | None = None,
    requested_end_on: date | None = None,
    provider_agreed: bool = False,
    provider_in_breach: bool = False,
    service: Service | None = None,
) -> Ending:
    """Return when a notice ends the contract (CV-TRM-01, VP-SUS-11, BS-CON-06, GL-CON-10).

    A minimum period runs from activation or the contract date, as the document says. `bill_day`
    is the day of the month on which invoices are issued; `requested_end_on` the day that the
    customer asks for. `cause_since` is the day from which the clause of the cause counts: the due
    date, the receipt of the notice to put it right, or the event. For `by` port the notice is the
    other supplier's word of the transfer. Raise BadFacts for a cause that the document, though it
    names causes, does not know.
    """
    start = term_start(profile, contract_start, activated_on) or contract_start
    notice = _Notice(
        notice_given_on,
        by,
        cause,
        minimum_end(profile, start, minimum_months, service),
        requested_end_on,
        provider_agreed,
        provider_in_breach,
        bill_day,
    )
    grounds = _Grounds(cause_since, holder, payment_doubted, disputed, hardship, tcp)
    if by == By.PROVIDER and cause != Cause.NONE and profile.parts.get(TerminationForCause.key):
        return _for_cause(profile, notice, grounds, state)
    if by == By.PORT and (transfer := profile.find(EndsOnTransfer)):
        return _on_transfer(transfer, notice)
    own = profile.find(CustomerCause, name=cause, acl=acl_consumer)
    if own and by == By.CUSTOMER and cause != Cause.NONE:
        return _customers_cause(profile, own, notice, cause_since, state)
    return _early(profile, notice) or _by_notice(profile, notice)


def known_causes(profile: Profile, shape_: type[Terms]) -> str:
    """Return the names under which a document feeds a shape, as a reader would write them."""
    names = dict.fromkeys(part.name for part in profile.parts.get(shape_.key, ()) if part.name)
    return ", ".join(name.replace("_", " ") for name in names)


def _for_cause(
    profile: Profile, notice: _Notice, grounds: _Grounds, state: State | None
) -> Ending:
    terms = profile.find(TerminationForCause, name=notice.cause, tcp=grounds.tcp)
    if terms is None:
        known = known_causes(profile, TerminationForCause)
        problem = f"{notice.cause.words} is no cause under these terms; they know {known}"
        raise BadFacts(("cause",), problem)
    bar = _barred(terms, notice, grounds)
    if bar:
        return Ending(allowed=False, because=(terms.because(bar),))
    opens, steps = _opens(profile, terms, notice, grounds, state)
    named = notice.cause.words
    if opens and notice.given_on < opens:
        steps = (*steps, f"a notice on {in_words(notice.given_on)} is too early")
        return Ending(allowed=False, earliest_on=opens, because=(terms.because(named, *steps),))
    conditions = _conditions(terms, grounds)
    steps = (*steps, *conditions)
    allowed = None if conditions or (terms.days and grounds.since is None) else True
    day = notice.given_on
    if terms.notice_working_days:
        counted = profile.calendar(state).count(day, terms.notice_working_days)
        day = profile.calendar(state).nth_working_day(counted.day, 1)
        steps = (*steps, *counted.steps, f"the customer has all of these: from {in_words(day)}")
    else:
        steps = (*steps, "at once, by written notice")
    ended = _charged(profile, notice, day, (terms.because(named, *steps),), at_fault=terms.charge)
    return replace(ended, allowed=allowed, earliest_on=opens)


def _barred(terms: TerminationForCause, notice: _Notice, grounds: _Grounds) -> str | None:
    """Return why the cause gives no right to end it, or None."""
    if terms.undisputed and grounds.disputed:
        return "the amount is properly contested"
    if terms.spares_hardship and grounds.hardship:
        return "an arrangement is in force"
    if terms.if_doubted and grounds.payment_doubted is False:
        return "nobody has reason to doubt that what is due will be paid"
    if terms.holders and grounds.holder and grounds.holder not in terms.holders:
        whose = " or ".join(each.replace("_", " ") for each in terms.holders)
        return f"{notice.cause.words} counts for a {whose} only"
    return None


def _conditions(terms: TerminationForCause, grounds: _Grounds) -> tuple[str, ...]:
    """Return what the right depends on besides, as far as that is not known."""
    found = []
    if terms.holders and grounds.holder is None:
        whose = " or ".join(each.replace("_", " ") for each in terms.holders)
        found.append(f"only of a {whose}: say what the customer is")
    if terms.if_doubted and grounds.payment_doubted is None:
        found.append("only if there is reason to doubt that what is due will be paid")
    return tuple(found)


def _opens(
    profile: Profile,
    terms: TerminationForCause | CustomerCause,
    notice: _Notice,
    grounds: _Grounds,
    state: State | None,
) -> tuple[date | None, tuple[str, ...]]:
    """Return the first day for ending it, where days must have run, and how it was counted."""
    if not terms.days:
        return None, ()
    unit = "working days" if terms.counted_in == Count.WORKING_DAYS else "days"
    if grounds.since is None:
        step = f"only once {terms.days} {unit} have run since {terms.runs_from.words}"
        return None, (step,)
    counted = profile.calendar(state).count(grounds.since, terms.days, terms.counted_in)
    opens = counted.day + timedelta(days=1)
    return opens, (*counted.steps, f"since {terms.runs_from.words}: from {in_words(opens)}")


def _on_transfer(terms: EndsOnTransfer, notice: _Notice) -> Ending:
    """Return the end on the day that the other supplier tells of the transfer."""
    day, last_day = notice.given_on, notice.last_day
    inside = last_day is not None and day < last_day
    steps = [f"told of the transfer on {in_words(day)}"]
    if last_day:
        steps.append(f"the term ends on {in_words(last_day)}")
    return Ending(
        effective_on=day,
        early_charge_applies=inside and terms.charge,
        because=(terms.because(*steps),),
    )


def _customers_cause(
    profile: Profile,
    terms: CustomerCause,
    notice: _Notice,
    since: date | None,
    state: State | None,
) -> Ending:
    """Return the end that the customer gives for a cause of the provider's, free of charge."""
    nothing = _Grounds(since, None, None, False, False, False)
    opens, steps = _opens(profile, terms, notice, nothing, state)
    if opens and notice.given_on < opens:
        steps = (*steps, f"a notice on {in_words(notice.given_on)} is too early")
        return Ending(allowed=False, earliest_on=opens, because=(terms.because(*steps),))
    named = notice.cause.words
    return Ending(
        effective_on=max(notice.given_on, notice.requested_end_on or notice.given_on),
        early_charge_applies=False,
        allowed=None if terms.days and since is None else True,
        earliest_on=opens,
        because=(terms.because(named, *steps, "by written notice, without an early charge"),),
    )


def _early(profile: Profile, notice: _Notice) -> Ending | None:
    """Return the end inside the term that the customer asked for, where that is possible."""
    asked, last_day = notice.requested_end_on, notice.last_day
    if asked is None or last_day is None or asked >= last_day or notice.by == By.PROVIDER:
        return None
    agreed, early = profile.find(AgreedEarlyEnd), profile.find(EarlyEnd)
    inside = f"{in_words(asked)} is inside the term, which ends on {in_words(last_day)}"
    if agreed and notice.provider_agreed:
        reason = agreed.because(inside, "the provider agreed")
        return Ending(effective_on=asked, early_charge_applies=True, because=(reason,))
    if early:
        breach = notice.provider_in_breach
        steps = (inside, "the provider is in breach") if breach else (inside,)
        return Ending(
            effective_on=asked, early_charge_applies=not breach, because=(early.because(*steps),)
        )
    return None


def _by_notice(profile: Profile, notice: _Notice) -> Ending:
    terms = _outside_term(profile, notice) or profile.of(Termination, name=notice.by)
    clear = isinstance(terms, Termination) and terms.clear
    day = notice.given_on + timedelta(days=terms.notice_days + clear)
    steps = [
        f"notice on {in_words(notice.given_on)}",
        f"{terms.notice_days} clear days: {in_words(day)}"
        if clear
        else f"day {terms.notice_days}: {in_words(day)}",
    ]
    waits = isinstance(terms, Termination) and not terms.within_term
    if waits and notice.last_day and notice.last_day > day:
        day = notice.last_day
        steps.append(f"the term ends on {in_words(day)}")
    asked = notice.requested_end_on
    if asked and asked > day:
        day = asked
        steps.append(f"asked for: {in_words(day)}")
    because: tuple[Reason, ...] = (terms.because(*steps),)
    ends = profile.find(TerminationEndsWith, name=notice.by)
    if ends and (later := _ends_with(ends.ends_with, day, notice.bill_day)):
        day, step = later
        because = (*because, ends.because(step))
    return _charged(profile, notice, day, because)


def _outside_term(profile: Profile, notice: _Notice) -> OutsideTerm | None:
    if notice.last_day is None:
        return profile.find(OutsideTerm, name="casual")
    if notice.last_day >= notice.given_on:
        return None
    own = profile.find(OutsideTerm, name=f"{notice.by}_after_term")
    return own or profile.find(OutsideTerm, name="after_term")


def _ends_with(ends_with: EndsWith, day: date, bill_day: int | None) -> tuple[date, str] | None:
    if ends_with == EndsWith.BILLING_MONTH:
        return month_end(day), f"the billing month ends on {in_words(month_end(day))}"
    if ends_with == EndsWith.INVOICE and bill_day is not None:
        this, following = billing_period(day, bill_day)
        issue = day if day == this else following
        return issue, f"the next invoice is issued on {in_words(issue)}"
    return None


def _charged(
    profile: Profile,
    notice: _Notice,
    day: date,
    because: tuple[Reason, ...],
    *,
    at_fault: bool = False,
) -> Ending:
    """Add whether ending on `day` costs the early charge."""
    charge, last_day = profile.find(EarlyCharge), notice.last_day
    if charge is None or last_day is None:
        return Ending(effective_on=day, early_charge_applies=False, because=because)
    own = at_fault or notice.by != By.PROVIDER
    inside = day < last_day
    side = "the customer"
    if notice.by == By.PROVIDER and notice.cause != Cause.NONE:
        side = f"the provider, for {notice.cause.words},"
    elif notice.by == By.PROVIDER:
        side = "the provider, for no cause of the customer's,"
    where = "inside" if inside else "not inside"
    step = f"{side} ends it {where} the term to {in_words(last_day)}"
    return Ending(
        effective_on=day,
        early_charge_applies=inside and own,
        because=(*because, charge.because(step)),
    )


@shape("port_out")
class PortOut(Terms):
    """Calendar days of the customer's notice to the provider before moving a number away."""

    notice_days: int


@shape("port_out.cancellation")
class PortCancellation(Terms):
    """Moving a number away ends nothing; that takes a notice of its own, of so many days."""

    notice_days: int


@shape("port_out.ends_service")
class PortEndsService(Terms):
    """Moving away ends the service on the day that the other supplier tells of it.

    `only_subsidy` says that leaving inside the term repays a subsidy, if there was one.
    """

    only_subsidy: bool = False


@dataclass(frozen=True, kw_only=True)
class PortedOut(Result):
    """When the notice of porting has run, and when (if at all) the service ends."""

    port_notice_met_on: date | None = None
    service_ends_on: date | None = None
    early_charge_applies: bool | None = combine("all")


def port_out(
    profile: Profile,
    *,
    port_notice_on: date,
    activated_on: date | None = None,
    contract_start: date | None = None,
    minimum_months: int | None = None,
    cancellation_notice_on: date | None = None,
    transferred_on: date | None = None,
    subsidised: bool | None = None,
) -> PortedOut:
    """Return what moving away ends, and what not (CV-TRM-06, -07, BS-CON-19, VP-SUS-15).

    `port_notice_on` is the day of the customer's notice to the provider, `transferred_on` the day
    on which the other supplier told of the transfer, if that is another.
    """
    start = term_start(profile, contract_start, activated_on)
    last_day = start and minimum_end(profile, start, minimum_months)
    if ends_it := profile.find(PortEndsService):
        return _ended_by_port(ends_it, transferred_on or port_notice_on, last_day, subsidised)
    terms, separate = profile.of(PortOut), profile.of(PortCancellation)
    met = port_notice_on + timedelta(days=terms.notice_days)
    step = f"the customer told the provider on {in_words(port_notice_on)}"
    ported = terms.because(step, f"day {terms.notice_days}: {in_words(met)}")
    if cancellation_notice_on is None:
        kept = separate.because("the service was not cancelled, so its fees run on")
        return PortedOut(
            port_notice_met_on=met, early_charge_applies=False, because=(ported, kept)
        )
    ends = cancellation_notice_on + timedelta(days=separate.notice_days)
    inside = last_day is not None and ends < last_day
    steps = [f"cancelled with day {separate.notice_days} on {in_words(ends)}"]
    if last_day:
        steps.append(f"the minimum period ends on {in_words(last_day)}")
    return PortedOut(
        port_notice_met_on=met,
        service_ends_on=ends,
        early_charge_applies=inside,
        because=(ported, separate.because(*steps)),
    )


def _ended_by_port(
    terms: PortEndsService, told_on: date, last_day: date | None, subsidised: bool | None
) -> PortedOut:
    inside = last_day is not None and told_on < last_day
    steps = [f"told of the transfer on {in_words(told_on)}: it ends then"]
    if last_day:
        steps.append(f"the term ends on {in_words(last_day)}")
    charge: bool | None = inside
    if inside and terms.only_subsidy:
        charge = subsidised
        steps.append("a subsidy of this service may be repayable, nothing else")
    return PortedOut(
        service_ends_on=told_on,
        early_charge_applies=charge,
        because=(terms.because(*steps),),
    )
