"""Ending a contract by notice: when it ends, and what ending it early costs."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from terms.calendar import State, in_words, month_end
from terms.clause import Reason, Terms, shape
from terms.profile import Profile
from terms.result import Result, combine
from terms.rules.billing import billing_period
from terms.rules.contract import minimum_end

ONE_DAY = timedelta(days=1)


class By(StrEnum):
    """Who ends a contract, or a service; `port` is the customer moving to another provider."""

    CUSTOMER = "customer"
    PROVIDER = "provider"
    PORT = "port"


class Cause(StrEnum):
    """Why the provider ends it, where the terms name such causes."""

    NONE = "none"
    NON_PAYMENT = "non_payment"
    BANKRUPTCY = "bankruptcy"
    DEATH = "death"
    INSOLVENCY = "insolvency"
    MISUSE = "misuse"


class EndsWith(StrEnum):
    """What the end of a contract waits for once the notice has run."""

    NOTICE = "notice"
    INVOICE = "invoice"
    BILLING_MONTH = "billing_month"


@shape("termination")
class Termination(Terms):
    """Calendar days of notice; may be named for who gives it.

    `within_term` says that such a notice may end the contract inside its minimum period;
    otherwise it waits for the last day.
    """

    notice_days: int
    within_term: bool = False


@shape("termination.outside_term")
class OutsideTerm(Terms):
    """Calendar days of notice where there is no term (`casual`) or it is over (`after_term`)."""

    notice_days: int


@shape("termination.ends_with")
class TerminationEndsWith(Terms):
    """Named for who gives notice: what the end waits for once the notice has run."""

    ends_with: EndsWith


@shape("termination.for_cause")
class TerminationForCause(Terms):
    """Named for a cause: the provider may end it at once, as if the customer had left."""


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
    """The last day of a contract, and whether ending it then costs an early charge."""

    effective_on: date | None = None
    early_charge_applies: bool | None = combine("all")


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
    bill_day: int | None = None,
    requested_end_on: date | None = None,
    provider_agreed: bool = False,
    provider_in_breach: bool = False,
    service: str | None = None,
) -> Ending:
    """Return when a notice ends the contract (CV-TRM-01, VP-SUS-11, BS-CON-06, GL-CON-10).

    A minimum period runs from activation where that day is known. `bill_day` is the day of the
    month on which invoices are issued; `requested_end_on` the day that the customer asks for.
    """
    last_day = minimum_end(profile, activated_on or contract_start, minimum_months, service)
    notice = _Notice(
        notice_given_on,
        by,
        cause,
        last_day,
        requested_end_on,
        provider_agreed,
        provider_in_breach,
        bill_day,
    )
    for_cause = profile.find(TerminationForCause, name=cause)
    if for_cause and by is By.PROVIDER:
        reason = for_cause.because(f"{cause.replace('_', ' ')}: at once, by written notice")
        return _charged(profile, notice, notice_given_on, (reason,), at_fault=True)
    return _early(profile, notice) or _by_notice(profile, notice)


def _early(profile: Profile, notice: _Notice) -> Ending | None:
    """Return the end inside the term that the customer asked for, where that is possible."""
    asked, last_day = notice.requested_end_on, notice.last_day
    if asked is None or last_day is None or asked >= last_day or notice.by is By.PROVIDER:
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
    day = notice.given_on + timedelta(days=terms.notice_days)
    steps = [f"notice on {in_words(notice.given_on)}", f"day {terms.notice_days}: {in_words(day)}"]
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
    over = notice.last_day < notice.given_on
    return profile.find(OutsideTerm, name="after_term") if over else None


def _ends_with(ends_with: EndsWith, day: date, bill_day: int | None) -> tuple[date, str] | None:
    if ends_with is EndsWith.BILLING_MONTH:
        return month_end(day), f"the billing month ends on {in_words(month_end(day))}"
    if ends_with is EndsWith.INVOICE and bill_day is not None:
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
    own = at_fault or notice.by is not By.PROVIDER
    inside = day < last_day
    side = "the customer" if own else "the provider, for no cause of the customer's,"
    where = "inside" if inside else "not inside"
    step = f"{side} ends it {where} the term to {in_words(last_day)}"
    return Ending(
        effective_on=day,
        early_charge_applies=inside and own,
        because=(*because, charge.because(step)),
    )


@shape("port_out")
class PortOut(Terms):
    """Calendar days of notice before moving a number away."""

    notice_days: int


@shape("port_out.cancellation")
class PortCancellation(Terms):
    """Moving a number away ends nothing; that takes a notice of its own, of so many days."""

    notice_days: int


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
    activated_on: date,
    minimum_months: int | None = None,
    cancellation_notice_on: date | None = None,
) -> PortedOut:
    """Return what porting a number away ends, and what not (CV-TRM-06, CV-TRM-07)."""
    terms, separate = profile.of(PortOut), profile.of(PortCancellation)
    met = port_notice_on + timedelta(days=terms.notice_days)
    ported = terms.because(f"day {terms.notice_days}: {in_words(met)}")
    if cancellation_notice_on is None:
        kept = separate.because("the service was not cancelled, so its fees run on")
        return PortedOut(
            port_notice_met_on=met, early_charge_applies=False, because=(ported, kept)
        )
    ends = cancellation_notice_on + timedelta(days=separate.notice_days)
    last_day = minimum_end(profile, activated_on, minimum_months)
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
