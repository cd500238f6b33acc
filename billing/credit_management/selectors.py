"""Questions about money: what is owed, what is late, what was billed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from billing.invoices.models import Invoice
from billing.payments.selectors import InvoiceCard
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from terms import rules
from terms.calendar import State
from terms.clause import dump
from terms.facts import BadFacts, read_facts
from terms.money import NIL
from terms.profile import TermsSilent
from terms.rules.floor import Cause


@dataclass(frozen=True, kw_only=True)
class LateFee:
    """What paying an invoice on a day would add.

    `is_set` is false where the terms allow a fee but name no amount: nobody charges that unasked.
    """

    fee: Decimal | None
    interest: Decimal | None
    is_set: bool
    because: list[dict[str, Any]]


def late_fee_if_paid(account: Account, invoice: InvoiceCard | Invoice, on: date) -> LateFee:
    """What the terms add if the invoice is paid on that day, with the reasons."""
    customer = account.customer
    provider = customer.provider
    facts: dict[str, Any] = {
        "balance": max(NIL, invoice.outstanding - invoice.disputed),
        "due_date": invoice.due_date,
        "bill_date": invoice.issue_date,
        "paid_on": on,
        "tcp": customer.is_tcp,
        "state": State(account.state),
        "elected": provider.late_payment_elected or None,
        "late_fee_amount": provider.late_fee_amount,
        "penalty_rate_percent": provider.penalty_rate_percent,
        "actual_cost": provider.late_payment_cost,
        "charge_advised": True,
    }
    known = {key: value for key, value in facts.items() if value is not None}
    bound = binding(
        account,
        on,
        actual_cost=provider.late_payment_cost,
        charge_advised=True,
        caused_by=Cause.CUSTOMER,
    )
    typed = read_facts(rules.late_fee, known)
    try:
        answer = bound.decide(rules.late_fee, **typed)
        # The law's cap on an amount that the terms leave open is not itself an amount.
        is_set = rules.late_fee(bound.profile, **typed).fee is not None
    except TermsSilent as silence:
        return LateFee(fee=None, interest=None, is_set=False, because=dump(silence.because))
    except BadFacts:
        # The provider has not yet said what its terms leave to it: nobody is charged meanwhile.
        return LateFee(fee=None, interest=None, is_set=False, because=[])
    return LateFee(
        fee=answer.fee if is_set else None,
        interest=answer.interest,
        is_set=is_set,
        because=dump(answer.because),
    )
