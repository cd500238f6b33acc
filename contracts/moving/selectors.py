"""Questions about moves: what the terms say of the price, what a refusal means."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from contracts.agreements.selectors import ask, binding
from contracts.locations.selectors import Address
from contracts.moving.models import Relocation
from contracts.moving.states import MoveState
from contracts.requests.selectors import with_gst
from contracts.supply.models import Service
from contracts.supply.selectors import term_of
from parties.accounts.models import Account
from terms import rules
from terms.calendar import last_day_of_term, whole_months

Because = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class MovePrice:
    """What the terms say of the price of a move, in dollars; None where they print none.

    `is_silent`: the terms do not speak of moves at all, and the portal's own rule holds: nothing
    is done or charged before both agreed to a quote. `if_ends` says what a customer owes who ends
    a service that can't be moved: the early termination charge, as for any end inside the term.
    """

    low_ex: Decimal | None = None
    high_ex: Decimal | None = None
    low_inc: Decimal | None = None
    high_inc: Decimal | None = None
    may_renew: bool = False
    is_silent: bool = False
    because: Because = field(default_factory=list)
    if_ends: Because = field(default_factory=list)

    @property
    def is_printed(self) -> bool:
        """Whether the terms print a range."""
        return self.low_ex is not None and self.high_ex is not None

    def allows(self, amount_ex: Decimal) -> bool:
        """Whether a quote may be that high; nothing may always be charged."""
        if self.low_ex is None or self.high_ex is None:
            return True
        return not amount_ex or self.low_ex <= amount_ex <= self.high_ex


def move_price(service: Service, *, move_on: date, on: date) -> MovePrice:
    """What moving a service on a day may cost, asked on another (rule relocation; CV-TRM-05)."""
    bound = binding(service.contract, on)
    months = _months(service, on)
    if service.activated_on is None or months is None:
        return MovePrice(is_silent=True, because=term_of(service.contract, service, on).because)
    facts = {
        "service": service.plan.kind,
        "activated_on": service.activated_on,
        "minimum_months": months,
        "move_on": move_on,
    }
    answer = ask(bound, rules.relocation, **facts, feasible=True)
    if answer.result is None:
        return MovePrice(is_silent=True, because=answer.because)
    found = answer.result
    ends = ask(bound, rules.relocation, **facts, feasible=False, customer_ends_service=True)
    owes = getattr(ends.result, "early_charge_applies", None)
    return MovePrice(
        low_ex=found.cost_min_ex,
        high_ex=found.cost_max_ex,
        low_inc=None if found.cost_min_ex is None else with_gst(found.cost_min_ex, bound)[0],
        high_inc=None if found.cost_max_ex is None else with_gst(found.cost_max_ex, bound)[0],
        may_renew=bool(found.new_term_possible),
        because=answer.because,
        if_ends=ends.because if owes else [],
    )


def refused_because(row: Relocation, on: date) -> Because:
    """Why nothing is owed for a move that can't be made (CV-TRM-05, A-24)."""
    service = row.service
    months = _months(service, on)
    if service.activated_on is None or months is None:
        return []
    answer = ask(
        binding(service.contract, on),
        rules.relocation,
        service=service.plan.kind,
        activated_on=service.activated_on,
        minimum_months=months,
        move_on=row.move_on,
        feasible=False,
    )
    return answer.because


def address_asked(row: Relocation) -> Address:
    """The address that a service is to move to."""
    return Address(street=row.street, suburb=row.suburb, state=row.region, postcode=row.postcode)


def moves_of(service: Service) -> list[Relocation]:
    """The moves asked for of a service, the newest first. One query."""
    return list(service.relocations.all())


def move_by_reference(account: Account, reference: str) -> Relocation | None:
    """A move asked for on the account."""
    rows = Relocation.objects.filter(service__contract__account=account, reference=reference)
    wanted = "service__contract__account__customer__provider"
    return rows.select_related(wanted, "service__plan").first()


def is_still_open(row: Relocation) -> bool:
    """Whether the customer can still answer a quote."""
    return row.state == MoveState.QUOTED


def _months(service: Service, on: date) -> int | None:
    """The months of its minimum term, those of a term left blank as the terms fill them."""
    if service.term_months is not None or service.activated_on is None:
        return service.term_months
    ends_on = getattr(term_of(service.contract, service, on).result, "ends_on", None)
    if ends_on is None:
        return None
    months = whole_months(service.activated_on, ends_on)
    is_exact = last_day_of_term(service.activated_on, months) == ends_on
    return months if is_exact else None
