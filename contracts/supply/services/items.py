"""Add to what a service has: the terms say from which event on that is charged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from contracts.agreements.selectors import ask, binding
from contracts.supply.models import Service
from contracts.supply.states import Item
from records.audit.services import SYSTEM, Actor
from terms import rules
from terms.facts import BadFacts

from .supplying import SupplyRefused, change_supply


@dataclass(frozen=True, kw_only=True)
class ChargedFrom:
    """The first day on which something added is charged, and by which clause.

    Without `because` the terms name no event: it is charged from the day on which it works.
    """

    on: date
    because: list[dict[str, Any]]


def charged_from(
    service: Service, item: Item, *, installed_on: date | None, activated_on: date | None
) -> ChargedFrom:
    """Say from when an added item is charged (rule charge_start; CV-BIL-09, CV-BIL-10).

    Raises SupplyRefused where the day that the terms count from is not given.
    """
    known = activated_on or installed_on
    if known is None:
        raise SupplyRefused("Give the day on which it was installed, or on which it works.")
    try:
        answer = ask(
            binding(service.contract, known),
            rules.charge_start,
            item=item.value,
            installed_on=installed_on,
            activated_on=activated_on,
        )
    except BadFacts as missing:
        days = {
            "installed_on": "These terms charge it from its installation: give that day.",
            "activated_on": "These terms charge it from the day on which it works: give that day.",
        }
        raise SupplyRefused(days.get(str(missing.path[0]), missing.problem)) from missing
    if answer.result is None or answer.result.charged_from is None:
        return ChargedFrom(on=known, because=[])
    return ChargedFrom(on=answer.result.charged_from, because=answer.because)


def add_items(
    *,
    service: Service,
    item: Item,
    quantity: int,
    at: datetime,
    installed_on: date | None = None,
    activated_on: date | None = None,
    actor: Actor = SYSTEM,
    why: str = "",
) -> Service:
    """Supply more of an item, `quantity` together, from the day on which the terms charge it.

    The price of each stays. Raises SupplyRefused where it has so many already, for a missing day,
    or one outside the days of supply.
    """
    with transaction.atomic():
        row = (
            Service.objects.select_for_update(of=("self",))
            .select_related("contract__account__customer__provider")
            .get(pk=service.pk)
        )
        if quantity <= row.quantity:
            raise SupplyRefused(f"It has {row.quantity} already: give how many it has then.")
        start = charged_from(row, item, installed_on=installed_on, activated_on=activated_on)
        clauses = ", ".join(one["id"] for one in start.because)
        return change_supply(
            service=row,
            on=start.on,
            quantity=quantity,
            at=at,
            actor=actor,
            why=f"{item.label}{f' ({clauses})' if clauses else ''}: {why}",
        )
