"""Help for customers who cannot pay now."""

from dataclasses import dataclass
from datetime import date

from terms.calendar import State, in_words, months_on
from terms.clause import Terms, shape
from terms.profile import Profile
from terms.result import Result, combine


@shape("hardship_decision")
class HardshipDecision(Terms):
    """Working days from complete information to the decision, and from there to telling it."""

    working_days: int
    tell_working_days: int = 0


@dataclass(frozen=True, kw_only=True)
class HardshipDecisionAnswer(Result):
    """The last day for telling the customer what was decided."""

    decide_by: date = combine("earliest")


def hardship_decision(
    profile: Profile,
    *,
    information_complete_on: date,
    tcp: bool = False,
    state: State | None = None,
) -> HardshipDecisionAnswer:
    """Return by when a request for help is decided, and it is told (VP-HAR-04, RF-HARD-03)."""
    terms = profile.of(HardshipDecision, tcp=tcp)
    days = terms.working_days + terms.tell_working_days
    counted = profile.calendar(state).count(information_complete_on, days)
    return HardshipDecisionAnswer(decide_by=counted.day, because=(terms.because(*counted.steps),))


@shape("hardship_proof")
class HardshipProof(Terms):
    """No proof is asked for help that lasts no more than so many billing cycles."""

    short_max_billing_cycles: int


@dataclass(frozen=True, kw_only=True)
class ProofAsked(Result):
    """Whether proof may be asked for."""

    may_ask: bool | None = combine("all")


def hardship_proof(profile: Profile, *, billing_cycles: int) -> ProofAsked:
    """Return whether help for so many billing cycles may depend on proof (RF-HARD-04)."""
    terms = profile.of(HardshipProof)
    may_ask = billing_cycles > terms.short_max_billing_cycles
    most = f"{terms.short_max_billing_cycles} billing cycles"
    step = f"{billing_cycles} is {'more' if may_ask else 'no more'} than {most}"
    return ProofAsked(may_ask=may_ask, because=(terms.because(step),))


@shape("hardship_sign")
class HardshipSign(Terms):
    """Bills missed that are a sign of trouble: so many in a row, or so many in some months."""

    in_row: int
    within: int
    months: int


@dataclass(frozen=True, kw_only=True)
class Sign(Result):
    """Whether somebody should be asked if they need help."""

    ask: bool | None = combine("any")


def hardship_sign(
    profile: Profile, *, missed_in_row: int, missed_on: tuple[date, ...], asked_on: date
) -> Sign:
    """Return whether missed bills are a sign of trouble (RF-HARD-05).

    `missed_on` are the days on which bills fell due and were missed. The months are counted back
    from the day asked, both edges inside.
    """
    terms = profile.of(HardshipSign)
    since = months_on(asked_on, -terms.months)
    missed = sum(since <= each <= asked_on for each in missed_on)
    ask = missed_in_row >= terms.in_row or missed >= terms.within
    step = f"{missed_in_row} missed in a row; {missed} since {in_words(since)}"
    return Sign(ask=ask, because=(terms.because(step),))
