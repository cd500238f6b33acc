"""What the law's guarantee owes for a fixed voice service that was mended late (RF-CSG-01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from contracts.agreements.selectors import ask, binding
from contracts.catalogue.states import FIXED_VOICE
from contracts.requests.models import Fault
from contracts.supply.models import Chargeable, Service
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account
from parties.accounts.selectors import working_calendar
from parties.accounts.states import CustomerKind
from parties.authority.selectors import local_day
from terms import rules
from terms.rules.supply import Delay

OF_FAULT = "guarantee:{}:"


@dataclass(frozen=True, kw_only=True)
class Owed:
    """What is owed in dollars; None where the guarantee does not reach, for the reasons."""

    amount: Decimal | None
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
    at_order = waiver_of(fault.service)
    kind = account.customer.kind
    answer = ask(
        binding(fault.service.contract, local_day(account, fault.reported_at)),
        rules.csg_compensation,
        customer="residential" if kind == CustomerKind.RESIDENTIAL else "business",
        delay=delay,
        working_days_late=days_late,
        lines=voice_lines(account),
        waived=waived or at_order is not None,
    )
    amount = answer.result.compensation if answer.result is not None else None
    because = [*answer.because, *(at_order.because if at_order else [])]
    return Owed(amount=amount, because=because)


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
