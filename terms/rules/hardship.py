"""Help for customers who cannot pay now."""

from dataclasses import dataclass
from datetime import date

from terms.calendar import State
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
    walk = profile.calendar(state).count(information_complete_on, days)
    return HardshipDecisionAnswer(decide_by=walk.day, because=(terms.because(*walk.steps),))
