"""Withdrawing an order, moving a service, and leaving after a long outage."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from terms import money
from terms.calendar import in_words, last_day_of_term
from terms.clause import Terms, shape
from terms.profile import Profile
from terms.result import Result, combine
from terms.vocabulary import Service


@shape("withdrawal_cost")
class WithdrawalCost(Terms):
    """The range, in dollars without GST, of a fee for work done before an order was withdrawn."""

    min_ex: Decimal
    max_ex: Decimal


@dataclass(frozen=True, kw_only=True)
class Withdrawn(Result):
    """Whether withdrawing costs a fee, and its range in dollars without GST."""

    applies: bool | None = combine("all")
    min_ex: Decimal | None = combine("lowest")
    max_ex: Decimal | None = combine("lowest")


def withdrawal_cost(profile: Profile, *, activated: bool, work_started: bool) -> Withdrawn:
    """Return what withdrawing an order costs (CV-TRM-04). Without work done there is no basis."""
    terms = profile.of(WithdrawalCost)
    if activated or not work_started:
        step = "the service is already active" if activated else "no work was done"
        return Withdrawn(applies=False, because=(terms.because(step),))
    step = f"{money.in_dollars(terms.min_ex)} to {money.in_dollars(terms.max_ex)} by work done"
    return Withdrawn(
        applies=True,
        min_ex=terms.min_ex,
        max_ex=terms.max_ex,
        because=(terms.because(step),),
    )


@shape("relocation")
class Relocation(Terms):
    """The range, in dollars without GST, of moving a service of this kind inside its term."""

    service: Service
    min_ex: Decimal
    max_ex: Decimal


@dataclass(frozen=True, kw_only=True)
class Move(Result):
    """What a move costs, from and to, without GST; and whether an early charge applies instead.

    The costs are None where the document prints no price, and where the move cannot be done: what
    nobody promised is not free. `set_up_payable` and `new_term_possible`
    say what else a move inside the term may bring.
    """

    cost_min_ex: Decimal | None = combine("lowest")
    cost_max_ex: Decimal | None = combine("lowest")
    early_charge_applies: bool | None = combine("all")
    set_up_payable: bool | None = None
    new_term_possible: bool | None = None


def relocation(
    profile: Profile,
    *,
    service: Service,
    activated_on: date,
    minimum_months: int,
    move_on: date,
    feasible: bool,
    customer_ends_service: bool = False,
    services: int = 1,
) -> Move:
    """Return what moving services costs (CV-TRM-05).

    Where a move cannot be done, the early termination charge only applies if the customer then
    ends the service.
    """
    terms = profile.of(Relocation)
    last = last_day_of_term(activated_on, minimum_months)
    inside = service == terms.service and move_on <= last
    steps = [f"the term ends on {in_words(last)}, the move is on {in_words(move_on)}"]
    if not inside:
        if service != terms.service:
            steps = [f"only {terms.service.words} has a price for moving"]
        steps.append("no price is printed: it is told on request, and needs both to approve")
        return Move(early_charge_applies=False, because=(terms.because(*steps),))
    if not feasible:
        left = "ends" if customer_ends_service else "does not end"
        steps.append(f"the move cannot be done, and the customer {left} the service")
        return Move(
            early_charge_applies=customer_ends_service,
            set_up_payable=False,
            new_term_possible=False,
            because=(terms.because(*steps),),
        )
    least, most = terms.min_ex * services, terms.max_ex * services
    steps.append(
        f"{services} × {money.in_dollars(terms.min_ex)} to {money.in_dollars(terms.max_ex)}"
    )
    return Move(
        cost_min_ex=least,
        cost_max_ex=most,
        early_charge_applies=False,
        set_up_payable=True,
        new_term_possible=True,
        because=(terms.because(*steps),),
    )


@shape("intervening_event_exit")
class LongOutage(Terms):
    """Unusable for more than `days`, the service may be ended by written notice.

    With `first_counts` the day on which it failed is the first day without service.
    """

    days: int
    first_counts: bool = False


@dataclass(frozen=True, kw_only=True)
class OutageExit(Result):
    """The first day to leave because of an outage, and whether it has come."""

    may_terminate_from: date | None = combine("earliest")
    may_terminate: bool | None = combine("any")


def intervening_event_exit(
    profile: Profile, *, unusable_from: date, on: date | None = None
) -> OutageExit:
    """Return when an outage lets the customer leave (BS-SUSP-18)."""
    terms = profile.of(LongOutage)
    first = unusable_from + timedelta(days=terms.days + (not terms.first_counts))
    step = f"without service since {in_words(unusable_from)}: more than {terms.days} days"
    return OutageExit(
        may_terminate_from=first,
        may_terminate=None if on is None else on >= first,
        because=(terms.because(step, f"from {in_words(first)}"),),
    )
