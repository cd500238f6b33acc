"""What the law's guarantee owes for a fixed voice service that was mended late (RF-CSG-01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from contracts.agreements.selectors import Answer, ask, binding
from contracts.catalogue.states import FIXED_VOICE
from contracts.requests.models import Fault
from contracts.supply.models import Chargeable, Service
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account
from parties.accounts.selectors import working_calendar
from parties.accounts.states import CustomerKind
from parties.authority.selectors import local_day
from terms import rules
from terms.binding import Binding
from terms.rules.supply import Delay

OF_FAULT = "guarantee:{}:"


@dataclass(frozen=True, kw_only=True)
class Owed:
    """What is owed in dollars; None where the guarantee does not reach, for the reasons."""

    amount: Decimal | None
    because: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Guarantee:
    """Whether the guarantee reaches a service, and what its first late working day brings."""

    applies: bool
    a_day: Decimal | None
    because: list[dict[str, Any]]


def is_voice(service: Service) -> bool:
    """Whether the guarantee knows such a service."""
    return service.plan.kind in FIXED_VOICE


def voice_lines(account: Account) -> int:
    """How many fixed voice lines run on the account: the guarantee ends beyond five."""
    rows = Service.objects.filter(
        contract__account=account,
        plan__kind__in=FIXED_VOICE,
        status__in=(ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED),
    )
    return sum(rows.values_list("quantity", flat=True))


def waiver_of(service: Service) -> Owed | None:
    """That a customer gave the guarantee up for a service when they ordered it, or None.

    Nothing is owed then, and the clause says why (CP-CON-05, GL-CARE-05); other rights stay.
    """
    contract = service.contract
    if contract.csg_waived_on is None:
        return None
    bound = binding(contract, contract.csg_waived_on)
    answer = ask(bound, rules.csg_waiver, product=service.plan.kind, agrees=True)
    return Owed(amount=None, because=answer.because)


def guarantee_owed(fault: Fault, *, delay: Delay, days_late: int, waived: bool) -> Owed:
    """What a late repair or a missed appointment brings (rule csg_compensation).

    `waived` says that a paper gives the guarantee up; so may the order of the service.
    """
    account = fault.service.contract.account
    on = local_day(account, fault.reported_at)
    return _owed(fault.service, on, delay=delay, days_late=days_late, waived=waived)


def guarantee_of(service: Service, on: date) -> Guarantee | None:
    """Whether the guarantee reaches a service on a day, and why; None where it is no fixed voice.

    `a_day` is what the first working day of a late repair brings, in dollars.
    """
    if not is_voice(service):
        return None
    owed = _owed(service, on, delay=Delay.REPAIR, days_late=1, waived=False)
    return Guarantee(applies=bool(owed.amount), a_day=owed.amount, because=owed.because)


def _owed(service: Service, on: date, *, delay: Delay, days_late: int, waived: bool) -> Owed:
    """What the guarantee brings where it reaches, by rules csg_applies and csg_compensation.

    Terms that leave a service out take nothing away that the law gives (VP-OTH-02, RF-CSG-01).
    """
    account = service.contract.account
    at_order = waiver_of(service)
    bound = binding(service.contract, on)
    lines, given_up = voice_lines(account), waived or at_order is not None
    covered = _covered(bound, service, lines=lines, waived=given_up)
    also = [*covered.because, *(at_order.because if at_order else [])]
    if covered.result is None or not covered.result.applies:
        return Owed(amount=None, because=also)
    kind = account.customer.kind
    answer = ask(
        bound,
        rules.csg_compensation,
        customer="residential" if kind == CustomerKind.RESIDENTIAL else "business",
        delay=delay,
        working_days_late=days_late,
        lines=lines,
        waived=given_up,
    )
    amount = answer.result.compensation if answer.result is not None else None
    named = {one["id"] for one in answer.because}
    because = [*answer.because, *(one for one in also if one["id"] not in named)]
    return Owed(amount=amount, because=because)


def _covered(bound: Binding, service: Service, *, lines: int, waived: bool) -> Answer:
    """Whether terms or law cover it. Events beyond control bar nothing: the law names none."""
    return ask(
        bound,
        rules.csg_applies,
        service=service.plan.kind,
        telephone_services=lines,
        waived=waived,
        beyond_control=False,
    )


def most_days_late(fault: Fault, at: datetime) -> int:
    """Working days since it was reported until it was closed, or now: it can't be later."""
    account = fault.service.contract.account
    first, last = (local_day(account, one) for one in (fault.reported_at, fault.closed_at or at))
    return working_calendar(account, first).working_days_between(first, last)


def guarantee_given(fault: Fault) -> list[Chargeable]:
    """What was given under the guarantee for a fault, the oldest first; one query."""
    rows = Chargeable.objects.filter(
        service=fault.service, source__startswith=OF_FAULT.format(fault.pk)
    )
    return list(rows.order_by("pk"))
