"""Late charges that money or an outcome shows to be wrong."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from billing.payments.selectors import invoices, late_charge, late_charge_as_paid
from contracts.supply.models import Chargeable
from contracts.supply.services import agree_charge
from contracts.supply.states import ChargeableKind
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority.selectors import local_day
from parties.people.models import User
from records.audit.services import SYSTEM, Actor, record
from terms.money import ZERO

from .credit_notes import (
    CreditRefused,
    credit_line,
    issue_credit_note,
    require_second_person,
)

if TYPE_CHECKING:
    from billing.payments.selectors.balances import OpenInvoice

LATE = [ChargeableKind.LATE_FEE, ChargeableKind.INTEREST]
# What takes back a late charge that no bill carries yet names its source after this word.
WAIVED = "waived:"


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
    right = (found.fee or ZERO) + (found.interest or ZERO)
    if right == ZERO and invoice.outstanding > ZERO:
        # What is contested counts until its outcome: only that shows whether it was owed.
        on = local_day(account, at)
        left = late_charge(account, invoice, balance=invoice.outstanding, paid_on=on)
        right = (left.fee or ZERO) + (left.interest or ZERO)
    # A fee that the terms have since named higher is not raised, and a fee has one amount.
    return charge.amount if right and charge.kind == ChargeableKind.LATE_FEE else right


def _take_back(account: Account, charge: Chargeable, right: Decimal, at: datetime) -> int:
    line = getattr(charge, "line", None)
    if line is None and is_waived(charge):
        return 0
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
    part = None if right == ZERO else charge.amount - right
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


def is_waived(charge: Chargeable) -> bool:
    """Whether a late charge was given back already, on a bill or before one carried it."""
    line = getattr(charge, "line", None)
    if line is not None and line.credits.exists():
        return True
    waiver = Chargeable.objects.filter(
        account=charge.account_id, kind=charge.kind, source=f"{WAIVED}{charge.source}"
    )
    return waiver.exists()


def late_charges_to_waive(account: Account) -> list[Chargeable]:
    """The late charges of an account that could still be given back, the newest first."""
    rows = Chargeable.objects.filter(account=account, kind__in=LATE, amount__gt=ZERO)
    rows = rows.select_related("line__invoice").order_by("-incurred_on", "-pk")
    return [row for row in rows[:50] if not is_waived(row)]


def waive_late_charge(
    *,
    charge: Chargeable,
    reason: str,
    at: datetime,
    asked_by: User | None = None,
    approved_by: User | None = None,
    tells: bool = True,
    actor: Actor = SYSTEM,
) -> None:
    """Give a late charge back as a favour or an agreement: on its bill, or before one carries it.

    What no bill carries yet stays and is set off on the same bill, so that it is never charged
    anew. Given back already it stays so. Raises CreditRefused, and NeedsSecondPerson where one
    person may not give so much back alone.
    """
    with transaction.atomic():
        account = lock_account(charge.account_id)
        row = Chargeable.objects.select_related("line__invoice").get(pk=charge.pk)
        if is_waived(row):
            return
        line = getattr(row, "line", None)
        if line is not None:
            issue_credit_note(
                invoice=line.invoice,
                lines=[credit_line(line)],
                reason=reason,
                at=at,
                asked_by=asked_by,
                approved_by=approved_by,
                because=row.because,
                tells=tells,
                actor=actor,
            )
            return
        require_second_person(account, row.amount, asked_by, approved_by)
        agree_charge(
            account=account,
            kind=ChargeableKind(row.kind),
            source=f"{WAIVED}{row.source}",
            description=f"Taken back: {row.description}"[:200],
            amount=-row.amount,
            gst=row.gst,
            incurred_on=row.incurred_on,
            at=at,
            because=row.because,
            actor=actor,
        )
