"""On which grounds of its terms a provider may end a service, and from which day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts.agreements.selectors import (
    Answer,
    binding,
    received_on,
    rests_on_default,
)
from contracts.supply.models import Service
from parties.accounts.selectors import zone_of
from terms.binding import Binding
from terms.calendar import State
from terms.facts import BadFacts
from terms.rules.leaving import By, Cause, Holder, Termination, TerminationForCause

from .costs import Cost, cost_of
from .endings import ended_otherwise

# What is unpaid goes the way of credit management: reminders, notices and the law's own steps.
OWED = frozenset(
    {
        Cause.NON_PAYMENT,
        Cause.THREATENED_NON_PAYMENT,
        Cause.PAYMENT_REVERSED,
        Cause.CREDIT_RISK,
        Cause.ADVERSE_CREDIT_REPORT,
    }
)


@dataclass(frozen=True, kw_only=True)
class Grounds:
    """What staff know of a ground: since when it counts, of whom, and what may bar it."""

    cause: Cause
    since: date | None = None
    holder: Holder | None = None
    payment_doubted: bool | None = None
    disputed: bool = False
    hardship: bool = False


@dataclass(frozen=True, kw_only=True)
class ProviderEnd:
    """The provider's end as its terms have it: None as a day says that they don't allow it.

    `received_on` is the day on which a notice sent now counts as received; `earliest_on` the first
    day on which such a notice may be given; `refusal` says why not, in words.
    """

    received_on: date
    ends_on: date | None
    earliest_on: date | None = None
    cost: Cost | None = None
    refusal: str = ""
    because: list[dict[str, Any]]


def grounds_from(given: Mapping[str, Any], *, disputed: bool) -> Grounds:
    """What staff entered as facts: `cause`, `since`, `holder` and `hardship`."""
    return Grounds(
        cause=Cause(given["cause"]),
        since=given["since"],
        holder=Holder(given["holder"]) if given["holder"] else None,
        disputed=disputed,
        hardship=bool(given["hardship"]),
    )


def grounds_of(service: Service, on: date) -> list[tuple[str, str]]:
    """The grounds that the terms know, as value and words; none where they name no way."""
    profile = binding(service.contract, on).profile
    named = dict.fromkeys(part.name for part in profile.parts.get(TerminationForCause.key, ()))
    causes = [Cause(name) for name in named if name]
    found = [(one.value, one.words.capitalize()) for one in causes if one not in OWED]
    if profile.find(Termination, name=By.PROVIDER) is not None:
        found.append((Cause.NONE.value, "No cause: by notice"))
    return found


def provider_end(service: Service, known: Grounds, *, at: datetime) -> ProviderEnd:
    """What a notice of the provider's, sent at that moment by email, would end, and when.

    It runs from its deemed receipt. (CV-TRM-01, VP-SUS-03 to -07, BS-SUSP-01, GL-CON-10.)
    """
    account = service.contract.account
    today = at.astimezone(zone_of(account)).date()
    bound = binding(service.contract, today)
    on = received_on(bound, State(account.state), at)
    try:
        answer = _ended(service, bound, known, on)
    except BadFacts as wrong:
        return ProviderEnd(received_on=on, ends_on=None, refusal=wrong.problem, because=[])
    refusal = _refusal(answer, known)
    ends_on = None if refusal else answer.result.effective_on
    return ProviderEnd(
        received_on=on,
        ends_on=ends_on,
        earliest_on=getattr(answer.result, "earliest_on", None),
        cost=ends_on
        and cost_of(service, bound, ends_on=ends_on, by=By.PROVIDER, cause=known.cause),
        refusal=refusal,
        because=answer.because,
    )


def _ended(service: Service, bound: Binding, known: Grounds, on: date) -> Answer:
    return ended_otherwise(
        service,
        bound,
        by=By.PROVIDER,
        on=on,
        cause=known.cause,
        cause_since=known.since,
        holder=known.holder,
        payment_doubted=known.payment_doubted,
        disputed=known.disputed,
        hardship=known.hardship,
    )


def _refusal(answer: Answer, known: Grounds) -> str:
    """Why the terms don't allow the end, in words; empty where they do."""
    result = answer.result
    if result is None or rests_on_default(answer.because):
        return "The terms give us no right to end it: agree on an end with the customer."
    if known.cause is Cause.NONE:
        return "" if result.effective_on else "The terms give no day for it."
    if result.allowed is None:
        return "Not every fact that the ground rests on is known: see what the clause asks."
    if not result.allowed and result.earliest_on:
        return f"It is too early: not before {result.earliest_on:%-d %b %Y}."
    return "" if result.allowed and result.effective_on else "The ground does not hold here."
