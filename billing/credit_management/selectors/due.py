"""What is payable at once: where one overdue bill makes the others so, and to come back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from billing.invoices.models import Invoice
from billing.ledger.selectors import open_items
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from terms import rules
from terms.calendar import State
from terms.clause import as_json
from terms.facts import BadFacts
from terms.money import ZERO
from terms.profile import TermsSilent
from terms.rules.credit import Bill

from .outlook import Outlook

Reasons = tuple[dict[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class DueNow:
    """What is payable at once, in dollars, and how much of it only because a bill is overdue."""

    amount: Decimal
    brought_forward: Decimal
    because: Reasons


def due_now(account: Account, found: Outlook, on: date) -> DueNow | None:
    """What is payable at once where one overdue bill makes the others so; None: nothing is.

    A bill that is due by this alone is not overdue, and a contested part brings nothing forward
    (BS-PAY-04, VP-SUS-08).
    """
    if found.stops or found.chasable <= ZERO:
        return None
    items = [one for one in open_items(account) if one.amount > one.held]
    issued = Invoice.objects.in_bulk([one.invoice_id for one in items])
    bills = tuple(_bills(items, issued))
    try:
        answer = binding(account, on).decide(
            rules.bill_acceleration, bills=bills, on=on, state=State(account.state)
        )
    except (TermsSilent, BadFacts):
        return None
    forward = answer.due_now - sum(
        (one.amount - one.held for one in items if one.due_date <= on), ZERO
    )
    if forward <= ZERO:
        return None
    return DueNow(
        amount=answer.due_now, brought_forward=forward, because=tuple(as_json(answer.because))
    )


@dataclass(frozen=True, kw_only=True)
class ComingBack:
    """What brings suspended services back, in dollars: what is due, and the fee on the next bill.

    `total` is both together.
    """

    due: Decimal
    fee: Decimal
    total: Decimal
    because: Reasons


def coming_back(account: Account, due: Decimal, on: date) -> ComingBack | None:
    """What coming back costs in all where `due` dollars are overdue and not contested.

    None where terms, law and house are silent on it, or the fee stands on a price list and the
    provider has not set it (rules reactivation_total, reconnection_fee; VP-PAY-12, RF-TCP-20,
    BS-SUSP-02). The fee is once for the account, however many services come back.
    """
    bound = binding(account, on)
    try:
        alone = bound.decide(
            rules.reconnection_fee,
            cause="unpaid",
            tcp=account.customer.is_tcp,
            listed_fee=account.customer.provider.reconnection_price,
        )
        answer = bound.decide(rules.reactivation_total, outstanding=due)
    except (TermsSilent, BadFacts):
        return None
    # Where the terms leave the fee to a list, no clause of theirs sums it up.
    is_summed = answer.total == due + alone.fee
    return ComingBack(
        due=due,
        fee=alone.fee,
        total=due + alone.fee,
        because=tuple(as_json(answer.because if is_summed else alone.because)),
    )


def _bills(items: Iterable[Any], issued: dict[int, Invoice]) -> Iterable[Bill]:
    for one in items:
        yield Bill(
            bill=issued[one.invoice_id].number,
            bill_date=issued[one.invoice_id].issue_date,
            amount=one.amount - one.held,
            paid=False,
        )
