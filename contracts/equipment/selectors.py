"""Whose equipment is, by when it comes back, and what its loss or damage costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from contracts.agreements.selectors import ask, binding
from contracts.supply.models import Service
from contracts.supply.selectors import term_of
from terms import rules
from terms.binding import Binding
from terms.facts import BadFacts
from terms.money import gst_on, to_cents
from terms.rules.equipment import Owner

from .models import Equipment
from .states import HANDSETS, NETWORK_BOXES, Basis, Broke, Item, Place

Reasons = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What loss or damage costs, in dollars with GST; None: nothing printed or given prices it."""

    amount: Decimal | None
    amount_ex: Decimal | None
    because: Reasons


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One piece as pages show it: whose it is now, and by when it would have to be back.

    `is_customers` None: the terms don't say whose. `back_by` None: no day is printed. `broken` is
    what a swap costs that somebody broke, where the terms swap a faulty one free.
    """

    row: Equipment
    is_customers: bool | None
    back_by: date | None
    because: Reasons
    broken: Loss | None = None


def pieces_of(service: Service, on: date, *, ended_on: date | None = None) -> list[Piece]:
    """What stands at a service, or came from it, if the service ended on a day.

    One query, or none where the service was read with its equipment.
    """
    rows = [row for row in service.pieces.all() if row.place != Place.BACK]
    if not rows:
        return []
    bound = binding(service.contract, on)
    return [_piece(row, service, bound, on, ended_on) for row in rows]


def still_ours(pieces: Iterable[Piece]) -> list[Piece]:
    """Those that have to come back when the service ends."""
    there = (Place.THERE, Place.DUE)
    return [one for one in pieces if one.row.place in there and one.is_customers is not True]


def whose(
    row: Equipment, service: Service, bound: Binding, on: date
) -> tuple[bool | None, Reasons]:
    """Whether a piece is the customer's on a day (CV-PAY-08, BS-EQP-01, GL-EQP-01, -02)."""
    if row.place == Place.KEPT:
        return True, row.because
    ends_on = getattr(term_of(service.contract, service, on).result, "ends_on", None)
    facts: dict[str, Any] = {
        "basis": row.basis,
        "price": row.price,
        "paid": row.paid,
        "term_is_over": ends_on is not None and on >= ends_on,
    }
    known = {name: value for name, value in facts.items() if value is not None}
    answer = ask(bound, rules.equipment_title, **known)
    if answer.result is None:
        # Nobody gives away what was rented out; for the rest nothing is known.
        return (False if row.basis == Basis.RENTAL else None), answer.because
    return answer.result.title is Owner.CUSTOMER, answer.because


def back_by(row: Equipment, bound: Binding, ended_on: date) -> tuple[date | None, Reasons]:
    """The last day to bring a piece back (CV-EQP-01, -03 to -05, BS-EQP-05, GL-EQP-04)."""
    answer = ask(bound, rules.equipment_return, ended_on=ended_on, item=_named(row))
    return getattr(answer.result, "return_by", None), answer.because


def loss_of(
    row: Equipment,
    bound: Binding,
    *,
    condition: str,
    value: Decimal | None = None,
    caused_by: str = "other",
    days_late: int | None = None,
) -> Loss:
    """What a piece costs that is "missing", "damaged" or came back "sound".

    `value` is its fair value, or what repairing it costs, in dollars with GST, where the terms
    leave the price to that. (CV-EQP-02 to -05, BS-EQP-04, -06, -07.)
    """
    facts: dict[str, Any] = {"item": row.item, "condition": condition, "caused_by": caused_by}
    if value is not None:
        facts["fair_value" if condition == "missing" else "repair_cost"] = value
    if days_late:
        facts["days_late"] = days_late
    try:
        answer = ask(bound, rules.equipment_charge, **facts)
    except BadFacts:
        return Loss(amount=None, amount_ex=None, because=[])
    amount = getattr(answer.result, "charge", None)
    amount_ex = getattr(answer.result, "charge_ex", None)
    if amount is None and amount_ex is not None:
        amount = amount_ex + to_cents(gst_on(amount_ex))
    return Loss(amount=amount, amount_ex=amount_ex, because=answer.because)


def swap_of(row: Equipment, bound: Binding, cause: Broke) -> Loss | None:
    """What swapping a rented handset costs that does not work (rule handset_fault; CV-EQP-06).

    None where the terms promise no swap of it.
    """
    if row.item not in HANDSETS or row.basis != Basis.RENTAL:
        return None
    try:
        answer = ask(bound, rules.handset_fault, item=row.item, cause=cause.value)
    except BadFacts:
        return None
    ex = getattr(answer.result, "charge_ex", None)
    if answer.result is None or not answer.result.replace or ex is None:
        return None
    return Loss(amount=ex + to_cents(gst_on(ex)), amount_ex=ex, because=answer.because)


def _piece(
    row: Equipment, service: Service, bound: Binding, on: date, ended_on: date | None
) -> Piece:
    is_customers, because = whose(row, service, bound, ended_on or on)
    day = row.due_on
    why: Reasons = []
    if row.place == Place.THERE and ended_on is not None and is_customers is not True:
        day, why = back_by(row, bound, ended_on)
    is_there = row.place == Place.THERE and ended_on is None
    return Piece(
        row=row,
        is_customers=is_customers,
        back_by=day,
        because=[*because, *why],
        broken=swap_of(row, bound, Broke.NEGLIGENCE) if is_there else None,
    )


def _named(row: Equipment) -> str:
    """What the terms call it when they say by when it goes back."""
    item = Item(row.item)
    if item in HANDSETS:
        return "handset"
    return item.value if item in NETWORK_BOXES else "rental_equipment"
