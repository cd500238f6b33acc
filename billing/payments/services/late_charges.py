"""Late charges that money or an outcome shows to be wrong."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from billing.payments.selectors import invoices, late_charge, late_charge_as_paid
from contracts.supply.models import Chargeable
from contracts.supply.services import agree_charge
from contracts.supply.states import ChargeableKind
from parties.accounts.models import Account
from parties.authority.selectors import local_day
from records.audit.services import record
from terms.money import NIL

from .credit_notes import CreditRefused, credit_line, issue_credit_note

if TYPE_CHECKING:
    from billing.payments.selectors.balances import OpenInvoice

LATE = [ChargeableKind.LATE_FEE, ChargeableKind.INTEREST]


def take_back_late_charges(*, account: Account, at: datetime) -> int:
    """Reverse late charges on invoices that turn out to have been paid in time, or not owed.

    A charge that no bill carries yet is dropped, or lowered to what is right; one on a bill comes
    back by a credit note. Return how many.
    """
    count = 0
    rows = Chargeable.objects.filter(account=account, kind__in=LATE).select_related(
        "line__invoice"
    )
    charged = {row.source: row for row in rows}
    for invoice in invoices(account).filter(number__in=charged):
        charge = charged[invoice.number]
        right = _right_charge(account, invoice, charge, at)
        if right < charge.amount:
            count += _take_back(account, charge, right, at)
    return count


def _right_charge(
    account: Account, invoice: OpenInvoice, charge: Chargeable, at: datetime
) -> Decimal:
    """What the invoice costs for being late by what is known now, in dollars."""
    found = late_charge_as_paid(account, invoice)
    right = (found.fee or NIL) + (found.interest or NIL)
    if right == NIL and invoice.outstanding > NIL:
        # What is contested counts until its outcome: only that shows whether it was owed.
        on = local_day(account, at)
        left = late_charge(account, invoice, balance=invoice.outstanding, paid_on=on)
        right = (left.fee or NIL) + (left.interest or NIL)
    # A fee that the terms have since named higher is not raised, and a fee has one amount.
    return charge.amount if right and charge.kind == ChargeableKind.LATE_FEE else right


def _take_back(account: Account, charge: Chargeable, right: Decimal, at: datetime) -> int:
    line = getattr(charge, "line", None)
    if line is None:
        record(
            account_id=account.pk,
            at=at,
            action="drop_late_charge",
            subject=charge.source,
            before={"amount": str(charge.amount)},
            after={"amount": str(right)},
        )
        charge.delete()
        if right:
            agree_charge(
                account=account,
                kind=ChargeableKind(charge.kind),
                source=charge.source,
                description=charge.description,
                amount=right,
                gst=charge.gst,
                incurred_on=charge.incurred_on,
                at=at,
                because=charge.because,
            )
        return 1
    if line.credits.exists():
        return 0
    part = None if right == NIL else charge.amount - right
    try:
        issue_credit_note(
            invoice=line.invoice,
            lines=[credit_line(line, part)],
            reason=f"Invoice {charge.source} was paid in time, or not owed.",
            at=at,
            because=charge.because,
        )
    except CreditRefused:
        return 0
    return 1
