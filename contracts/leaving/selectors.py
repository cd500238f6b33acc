"""Questions about what was agreed."""

from __future__ import annotations

from datetime import date
from typing import Any

from contracts.agreements.models import Contract
from contracts.agreements.selectors import Answer, ask, binding
from contracts.supply.models import Service
from terms import rules
from terms.calendar import State


def leaving(contract: Contract, service: Service, on: date) -> Answer:
    """When the service would end if notice were given on that day."""
    facts: dict[str, Any] = {
        "notice_given_on": on,
        "by": "customer",
        "contract_start": contract.started_on,
        "activated_on": service.activated_on,
        "minimum_months": contract.minimum_months,
        "bill_day": contract.account.bill_day,
        "state": State(contract.account.state),
        "service": service.plan.kind,
    }
    known = {key: value for key, value in facts.items() if value is not None}
    return ask(binding(contract, on), rules.termination, **known)
