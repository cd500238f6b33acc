"""A payment that the bank took back: what it paid is open again, at the price the terms name."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from billing.payments.models import Payment
from contracts.supply.models import Chargeable
from contracts.supply.services import agree_charge
from contracts.supply.states import ChargeableKind
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from records.audit.services import SYSTEM, Actor
from terms import rules
from terms.clause import as_json
from terms.facts import read_facts
from terms.profile import TermsSilent

from .receiving import reverse_payment


def dishonour_payment(
    *,
    payment: Payment,
    on: date,
    why: str,
    at: datetime,
    bank_fee: Decimal | None = None,
    own_fee: Decimal | None = None,
    own_cost: Decimal | None = None,
    told_before: bool = False,
    actor: Actor = SYSTEM,
) -> Chargeable | None:
    """Reverse a dishonoured payment and charge what the terms name for it, if they name it.

    Amounts in dollars, GST included: what the bank took, the provider's own fee and cost;
    `told_before` says that amount or method was told to the customer before. Rule:
    dishonour_fee; where the terms are silent nothing is charged. Raises PaymentRefused.
    """
    with transaction.atomic():
        row = reverse_payment(payment=payment, on=on, why=why, at=at, actor=actor)
        if row.account is None:
            return None
        charge, because = dishonour_charge(
            row.account,
            on=on,
            bank_fee=bank_fee,
            own_fee=own_fee,
            own_cost=own_cost,
            told_before=told_before,
        )
        if not charge:
            return None
        return agree_charge(
            account=row.account,
            kind=ChargeableKind.DISHONOUR,
            source=str(row.public_id),
            description="Dishonoured payment",
            amount=charge,
            incurred_on=on,
            at=at,
            because=because,
            actor=actor,
        )


def dishonour_charge(
    account: Account,
    *,
    on: date,
    bank_fee: Decimal | None,
    own_fee: Decimal | None,
    own_cost: Decimal | None,
    told_before: bool,
) -> tuple[Decimal | None, list[dict[str, Any]]]:
    """What the terms charge for a dishonoured payment, in dollars, and why; None: nothing."""
    facts = {
        "bank_fee": bank_fee,
        "own_fee": own_fee,
        "own_cost": own_cost,
        "tcp": account.customer.is_tcp,
        "charge_advised": told_before,
    }
    known = {name: value for name, value in facts.items() if value is not None}
    try:
        answer = binding(account, on).decide(
            rules.dishonour_fee, **read_facts(rules.dishonour_fee, known)
        )
    except TermsSilent as silence:
        return None, as_json(silence.because)
    return answer.charge, as_json(answer.because)
