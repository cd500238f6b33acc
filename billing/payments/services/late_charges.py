"""Late charges that money shows to be wrong: it came in time, and was only booked later."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing.invoices.models import Invoice
from billing.payments.models import Allocation
from billing.payments.selectors import late_charge
from contracts.supply.models import Chargeable
from contracts.supply.states import ChargeableKind
from parties.accounts.models import Account
from records.audit.services import record
from terms.money import NIL

from .credit_notes import CreditRefused, credit_line, issue_credit_note

LATE = [ChargeableKind.LATE_FEE, ChargeableKind.INTEREST]


def take_back_late_charges(*, account: Account, at: datetime) -> int:
    """Reverse late charges on invoices that turn out to have been paid in time.

    A charge that no bill carries yet is dropped; one on a bill comes back by a credit note.
    Return how many.
    """
    count = 0
    rows = Chargeable.objects.filter(account=account, kind__in=LATE).select_related(
        "line__invoice"
    )
    for charge in rows:
        invoice = Invoice.objects.filter(account=account, number=charge.source).first()
        if invoice is None or not _was_in_time(account, invoice):
            continue
        count += _take_back(account, charge, at)
    return count


def _was_in_time(account: Account, invoice: Invoice) -> bool:
    """Whether what was received by the day on which nothing is added yet paid the invoice."""
    paid, last = NIL, None
    for row in Allocation.objects.filter(invoice=invoice, undone_on__isnull=True).select_related(
        "payment", "credit_note"
    ):
        paid += row.amount
        day = row.payment.received_on if row.payment else row.credit_note.issue_date
        last = max(filter(None, (last, day)))
    if paid < invoice.total_inc or last is None or invoice.due_date is None:
        return False
    found = late_charge(account, invoice, balance=invoice.total_inc, paid_on=last)
    return not (found.fee or Decimal(0)) and not (found.interest or Decimal(0))


def _take_back(account: Account, charge: Chargeable, at: datetime) -> int:
    line = getattr(charge, "line", None)
    if line is None:
        record(
            account_id=account.pk,
            at=at,
            action="drop_late_charge",
            subject=charge.source,
            before={"amount": str(charge.amount)},
        )
        charge.delete()
        return 1
    if line.credits.exists():
        return 0
    try:
        issue_credit_note(
            invoice=line.invoice,
            lines=[credit_line(line)],
            reason=f"Invoice {charge.source} was paid in time.",
            at=at,
            because=charge.because,
        )
    except CreditRefused:
        return 0
    return 1
