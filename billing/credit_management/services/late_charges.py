"""Charge for late payment what the terms and the law allow, once for each invoice."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from billing.disputes.models import Hold
from billing.disputes.states import HoldStatus
from billing.invoices.models import Invoice
from billing.payments import selectors as payments
from billing.payments.models import ChargeAdvice
from billing.payments.selectors import LateFee
from contracts.supply.models import Chargeable
from contracts.supply.services import agree_charge
from contracts.supply.states import ChargeableKind, GstCode
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from parties.accounts.services import lock_account
from parties.authority.selectors import account_standing, local_day
from terms import rules
from terms.calendar import State
from terms.clause import as_json
from terms.facts import BadFacts
from terms.money import ZERO, in_dollars
from terms.profile import TermsSilent

if TYPE_CHECKING:
    from billing.payments.selectors.balances import OpenInvoice


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
        locked = lock_account(account.pk)
        known = set(
            Chargeable.objects.filter(
                account=locked, kind__in=[ChargeableKind.LATE_FEE, ChargeableKind.INTEREST]
            ).values_list("source", flat=True)
        )
        rows = payments.invoices(locked).filter(payable_by__lt=on, advised__isnull=False)
        for invoice in rows.distinct():
            if invoice.number in known:
                continue
            charge = _charge(locked, invoice, on, at)
            if charge is not None:
                made.append(charge)
        made += _interest_after_disputes(locked, on, at)
    return made


def _interest_after_disputes(account: Account, on: date, at: datetime) -> list[Chargeable]:
    """Charge the interest that the terms add to what was contested in vain, once it is paid.

    It runs to the new day by which to pay at most: from there on it is a late charge. A protected
    customer was told of no such cost, so nothing is added to theirs (RF-TCP-20).
    """
    if account.customer.is_tcp:
        return []
    made = []
    lost = Hold.objects.filter(invoice__account=account, status=HoldStatus.DISMISSED)
    for hold in lost.select_related("invoice__open_item"):
        source = f"{hold.complaint} {hold.invoice.number}"
        known = Chargeable.objects.filter(
            account=account, kind=ChargeableKind.INTEREST, source=source
        )
        item, paid = hold.invoice.open_item, payments.last_payment_on(hold.invoice)
        if item.amount > ZERO or paid is None or hold.invoice.due_date is None or known.exists():
            continue
        if hold.ended_at is None:
            raise LookupError(f"{hold} is lost and has no moment at which it ended")
        try:
            answer = binding(account, on).decide(
                rules.dispute_outcome,
                upheld=False,
                disputed_amount=hold.amount,
                due_date=hold.invoice.due_date,
                outcome_notified_on=local_day(account, hold.ended_at),
                paid_on=min(paid, item.due_date),
                tcp=False,
                state=State(account.state),
            )
        except (TermsSilent, BadFacts):
            continue
        if answer.interest:
            made.append(
                agree_charge(
                    account=account,
                    kind=ChargeableKind.INTEREST,
                    source=source,
                    description=f"Interest on {in_dollars(hold.amount)} that was contested "
                    f"of invoice {hold.invoice.number}",
                    amount=answer.interest,
                    gst=GstCode.FREE,
                    incurred_on=on,
                    at=at,
                    because=as_json(answer.because),
                )
            )
    return made


def _charge(account: Account, invoice: OpenInvoice, on: date, at: datetime) -> Chargeable | None:
    provider = account.customer.provider
    if account.customer.is_tcp and provider.late_payment_cost is None:
        return None
    if invoice.outstanding > ZERO:
        late = payments.late_fee_if_paid(account, invoice, on)
        if late.interest:
            return None
        return _add(account, invoice, late, on, at)
    return _add(account, invoice, payments.late_charge_as_paid(account, invoice), on, at)


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
    if late.is_set and late.fee and late.fee > ZERO:
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


def assess_all(*, at: datetime) -> int:
    """Assess every account that owes or lately paid late; return how many charges were added."""
    count = 0
    owing = Account.objects.filter(invoices__advised__isnull=False).distinct()
    for account in owing.select_related("customer__provider"):
        count += len(assess_late_charges(account, on=local_day(account, at), at=at))
    return count
