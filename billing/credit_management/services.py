"""Charge for late payment what the terms and the law allow, once for each invoice."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from billing.invoices.models import Invoice
from billing.payments import selectors as payments
from billing.payments.models import Allocation, ChargeAdvice
from billing.payments.selectors import LateFee
from billing.payments.services.allocating import lock_account
from contracts.supply.models import Chargeable
from contracts.supply.services import agree_charge
from contracts.supply.states import ChargeableKind, GstCode
from parties.accounts.models import Account
from parties.authority.selectors import account_standing, local_day
from terms.money import NIL


def advise_late_charge(*, invoice: Invoice, advised_on: date) -> ChargeAdvice:
    """Note that a notice went out on a day that named the late charge; once for each day."""
    row, _ = ChargeAdvice.objects.get_or_create(invoice=invoice, advised_on=advised_on)
    return row


def assess_late_charges(account: Account, *, on: date, at: datetime) -> list[Chargeable]:
    """Add what the terms add to each invoice that is late on that day, once, to the next bill.

    Only where a notice that was really sent named it, and for a protected customer never without
    a recorded cost. Interest still grows while money is owed: it is added when the invoice has
    been paid. Nothing is added by itself where the holder has died or can no longer decide.
    """
    made: list[Chargeable] = []
    if not account_standing(account, on).is_chased:
        return made
    with transaction.atomic():
        locked = lock_account(account)
        known = set(
            Chargeable.objects.filter(
                account=locked, kind__in=[ChargeableKind.LATE_FEE, ChargeableKind.INTEREST]
            ).values_list("source", flat=True)
        )
        rows = payments.invoices(locked).filter(due_date__lt=on, advised__isnull=False)
        for invoice in rows.distinct():
            if invoice.number in known:
                continue
            charge = _charge(locked, invoice, on, at)
            if charge is not None:
                made.append(charge)
    return made


def _charge(account: Account, invoice: Invoice, on: date, at: datetime) -> Chargeable | None:
    provider = account.customer.provider
    if account.customer.is_tcp and provider.late_payment_cost is None:
        return None
    if invoice.outstanding > NIL:
        late = payments.late_fee_if_paid(account, invoice, on)
        if late.interest:
            return None
        return _add(account, invoice, late, on, at)
    paid_on = _paid_on(invoice)
    if paid_on is None or invoice.due_date is None or paid_on <= invoice.due_date:
        return None
    late = payments.late_charge(account, invoice, balance=invoice.total_inc, paid_on=paid_on)
    return _add(account, invoice, late, on, at)


def _add(
    account: Account, invoice: Invoice, late: LateFee, on: date, at: datetime
) -> Chargeable | None:
    if late.interest:
        return agree_charge(
            account=account,
            kind=ChargeableKind.INTEREST,
            source=invoice.number,
            description=f"Interest on invoice {invoice.number}",
            amount=late.interest,
            gst=GstCode.FREE,
            incurred_on=on,
            at=at,
            because=late.because,
        )
    if late.is_set and late.fee and late.fee > NIL:
        return agree_charge(
            account=account,
            kind=ChargeableKind.LATE_FEE,
            source=invoice.number,
            description=f"Late fee for invoice {invoice.number}",
            amount=late.fee,
            incurred_on=on,
            at=at,
            because=late.because,
        )
    return None


def _paid_on(invoice: Invoice) -> date | None:
    """The day on which the last of what paid an invoice was received."""
    days = [
        row.payment.received_on if row.payment else row.applied_on
        for row in Allocation.objects.filter(
            invoice=invoice, undone_on__isnull=True
        ).select_related("payment")
    ]
    return max(days, default=None)


def assess_all(*, at: datetime) -> int:
    """Assess every account that owes or lately paid late; return how many charges were added."""
    count = 0
    owing = Account.objects.filter(invoices__advised__isnull=False).distinct()
    for account in owing.select_related("customer__provider"):
        count += len(assess_late_charges(account, on=local_day(account, at), at=at))
    return count
