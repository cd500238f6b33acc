"""When a notice ends a service, and until when it has to be given for a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from contracts.agreements.selectors import Answer, ask, rests_on_default
from contracts.supply.models import Service
from terms import rules
from terms.binding import Binding
from terms.calendar import State
from terms.rules.leaving import By, Cause

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class End:
    """When a service ends by a notice; None: the terms give no day.

    `notice_by` is the last day on which a notice still ends it then. `needs_agreement`: the day
    asked for is possible only if the provider agrees; `without_agreement_on` is then the day on
    which a plain notice ends it. `by_default`: the terms name no notice, the house default does.
    """

    ends_on: date | None
    asked_on: date | None = None
    notice_by: date | None = None
    term_ends_on: date | None = None
    needs_agreement: bool = False
    without_agreement_on: date | None = None
    by_default: bool = False
    because: list[dict[str, Any]]

    @property
    def is_later_than_asked(self) -> bool:
        return bool(self.asked_on and self.ends_on and self.ends_on > self.asked_on)


def end_of(
    service: Service, bound: Binding, *, notice_on: date, asked_on: date | None = None
) -> End:
    """When a customer's notice of a day ends the service, at the earliest or on the day asked for.

    Where the terms name no notice period, none is held against the customer: the day asked for
    stands, and the default's only where none is asked for.
    """
    plain = _ask(service, bound, notice_given_on=notice_on, requested_end_on=asked_on)
    term_to = term_ends_on(service, bound)
    known: dict[str, Any] = {"asked_on": asked_on, "term_ends_on": term_to}
    day = getattr(plain.result, "effective_on", None)
    if day is None:
        return End(ends_on=None, because=plain.because, **known)
    if rests_on_default(plain.because):
        stands = day if asked_on is None else max(asked_on, notice_on)
        by = stands if asked_on else None
        return End(ends_on=stands, notice_by=by, by_default=True, because=plain.because, **known)
    if asked_on and day > asked_on:
        agreed = _ask(
            service,
            bound,
            notice_given_on=notice_on,
            requested_end_on=asked_on,
            provider_agreed=True,
        )
        if getattr(agreed.result, "effective_on", None) == asked_on:
            return End(
                ends_on=asked_on,
                needs_agreement=True,
                without_agreement_on=day,
                because=agreed.because,
                **known,
            )
    by = _notice_by(service, bound, day, notice_on, asked_on)
    return End(ends_on=day, notice_by=by, because=plain.because, **known)


def ended_otherwise(
    service: Service, bound: Binding, *, by: By, on: date, cause: Cause = Cause.NONE, **facts: Any
) -> Answer:
    """When the provider's notice, or another supplier's word of a transfer, ends the service."""
    return _ask(service, bound, notice_given_on=on, by=by.value, cause=cause.value, **facts)


def term_ends_on(service: Service, bound: Binding) -> date | None:
    """The last day of the service's minimum term; None: there is none."""
    facts: dict[str, Any] = {
        "contract_start": service.contract.started_on,
        "activated_on": service.activated_on,
        "minimum_months": service.term_months,
        "state": State(service.contract.account.state),
        "service": service.plan.kind,
    }
    day: date | None = getattr(ask(bound, rules.term_end, **facts).result, "ends_on", None)
    return day


def _ask(service: Service, bound: Binding, **facts: Any) -> Answer:
    contract = service.contract
    given: dict[str, Any] = {
        "by": By.CUSTOMER.value,
        "contract_start": contract.started_on,
        "activated_on": service.activated_on,
        "minimum_months": service.term_months,
        "bill_day": contract.account.bill_day,
        "state": State(contract.account.state),
        "service": service.plan.kind,
        "tcp": contract.account.customer.is_tcp,
    } | facts
    known = {key: value for key, value in given.items() if value is not None}
    return ask(bound, rules.termination, **known)


def _notice_by(
    service: Service, bound: Binding, day: date, since: date, asked_on: date | None
) -> date:
    """The last day, from `since` on, on which a notice still ends the service on that day."""
    first, last = since, day
    while first < last:
        middle = first + (last - first + ONE_DAY) // 2
        found = _ask(service, bound, notice_given_on=middle, requested_end_on=asked_on).result
        ends_on = getattr(found, "effective_on", None)
        if ends_on is not None and ends_on <= day:
            first = middle
        else:
            last = middle - ONE_DAY
    return first
