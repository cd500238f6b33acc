"""Charge for late payment what the terms and the law allow, once for each invoice."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from billing.charging.models import Charge
from billing.charging.states import ChargeKind
from billing.credit_management import selectors as credit_management
from billing.payments import selectors as payments
from parties.accounts.models import Account
from parties.authority.selectors import account_standing
from terms.money import NIL


def assess_late_fees(account: Account, *, on: date) -> list[Charge]:
    """Add the late fee of each invoice that is overdue on that day to the next bill.

    An interest that still grows is left until the invoice is paid or its fee is settled. Nothing
    is added by itself where the holder has died or can no longer decide.
    """
    made: list[Charge] = []
    if not account_standing(account, on).is_chased:
        return made
    with transaction.atomic():
        known = set(
            Charge.objects.filter(account=account, kind=ChargeKind.LATE_FEE).values_list(
                "source", flat=True
            )
        )
        for invoice in payments.unpaid_invoices(account):
            contested = invoice.disputed >= invoice.outstanding
            if invoice.due_date >= on or invoice.number in known or contested:
                continue
            late = credit_management.late_fee_if_paid(account, invoice, on)
            if late.is_set and late.fee and late.fee > NIL and not late.interest:
                made.append(
                    Charge.objects.create(
                        account=account,
                        kind=ChargeKind.LATE_FEE,
                        source=invoice.number,
                        description=f"Late fee for invoice {invoice.number}",
                        amount=late.fee,
                        incurred_on=on,
                        because=late.because,
                    )
                )
    return made
