"""From which day a service counts as started, and from which it is charged."""

from __future__ import annotations

from datetime import date
from typing import Any

from contracts.agreements.selectors import ask, binding
from contracts.supply.models import Service
from terms import rules
from terms.facts import BadFacts


def started_on(row: Service, works_since: date) -> tuple[date, list[dict[str, Any]]]:
    """The day on which a service starts by its terms, and why; they may count from being told.

    Where neither the telling nor a first use is known, or the terms are silent, it is the day on
    which it works; it never lies before that. (BS-CON-03, VP-CON-04.)
    """
    answer = ask(
        binding(row.contract, works_since),
        rules.service_start,
        available_notified_on=row.ready_notified_on,
        first_used_on=row.first_used_on,
        first_connected_on=works_since,
    )
    named: date | None = getattr(answer.result, "service_start_on", None)
    if named is None or named <= works_since:
        return works_since, answer.because if named == works_since else []
    return named, answer.because


def charged_since(row: Service, activated_on: date, provisioned_on: date | None) -> date:
    """The first day that is charged, as the terms count it (rule billing_start)."""
    days = {
        "ready_notified_on": row.ready_notified_on,
        "first_used_on": row.first_used_on,
        "activated_on": activated_on,
        "connected_on": activated_on,
        "provisioned_on": provisioned_on or activated_on,
    }
    known = {name: day for name, day in days.items() if day is not None}
    try:
        answer = ask(binding(row.contract, activated_on), rules.billing_start, **known)
    except BadFacts:
        # They count from a day on which the customer is told, and nobody told them yet.
        return activated_on
    return getattr(answer.result, "charges_from", None) or activated_on
