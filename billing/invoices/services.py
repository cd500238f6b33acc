"""Freeze what was drafted: an invoice, its lines, the days that it billed, its entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db.models import F

from billing.charging.models import BilledPeriod, NotBilled
from billing.charging.selectors import Due, Item
from billing.charging.states import LineKind
from billing.ledger.services import Leg, open_invoice, post
from billing.ledger.states import LedgerAccount, PostingKind
from billing.usage.models import UsageRecord
from contracts.supply.models import Service
from parties.accounts.models import Account, Provider
from terms.money import ZERO

from .models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from .selectors import DraftLine, InvoiceDraft


def freeze_invoice(account: Account, draft: InvoiceDraft, *, at: datetime, run_id: int) -> Invoice:
    """Write a drafted invoice with its lines, billed days and entries, under the next number.

    The caller holds the account's lock and the transaction.
    """
    provider = account.customer.provider
    invoice = Invoice.objects.create(
        account=account,
        run_id=run_id,
        kind=draft.kind,
        number=take_number(provider, "next_invoice_number"),
        bill_day=draft.bill_day,
        issue_date=draft.issue_date,
        due_date=draft.due_date,
        period_start=draft.period_start,
        period_end=draft.period_end,
        subtotal_ex=draft.subtotal_ex,
        gst=draft.gst,
        total_inc=draft.total_inc,
        version=draft.version,
        because=draft.because,
    )
    rows = InvoiceLine.objects.bulk_create(
        _line(invoice, position, line) for position, line in enumerate(draft.lines, start=1)
    )
    for row, line in zip(rows, draft.lines, strict=True):
        if line.item.usage_ids:
            UsageRecord.objects.filter(pk__in=line.item.usage_ids).update(line=row)
        for billed in line.item.billed:
            billed.line = row
    open_invoice(
        invoice_id=invoice.pk, account=account, due_date=draft.due_date or draft.issue_date
    )
    post(
        provider=provider,
        kind=PostingKind.INVOICE,
        day=draft.issue_date,
        key=f"invoice:{invoice.number}",
        legs=_legs(account, invoice, draft.lines),
        at=at,
        because=draft.because["total"],
    )
    return invoice


def freeze_credit_note(
    account: Account,
    given_back: Iterable[DraftLine],
    *,
    draft: InvoiceDraft,
    reason: str,
) -> CreditNote:
    """Write a credit note of days given back for which the invoice had no room."""
    rows = list(given_back)
    note = CreditNote.objects.create(
        account=account,
        number=take_number(account.customer.provider, "next_credit_note_number", mark="C"),
        issue_date=draft.issue_date,
        reason=reason,
        subtotal_ex=-sum((row.amount_ex for row in rows), ZERO),
        gst=-sum((row.gst for row in rows), ZERO),
        total_inc=-sum((row.amount_inc for row in rows), ZERO),
        because=draft.because["total"],
    )
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(
            credit_note=note,
            kind=row.item.kind,
            description=f"{row.item.service_label}: {row.item.description}"[:250],
            amount_ex=-row.amount_ex,
            gst=-row.gst,
            amount_inc=-row.amount_inc,
        )
        for row in rows
    )
    return note


def note_charged(account: Account, due: Due, *, at: datetime) -> None:
    """Write which days are billed now, which are given back, and what can't be billed."""
    for row in due.cut:
        row.save(update_fields=["credited_from"])
    billed = [one for item in due.items for one in item.billed]
    BilledPeriod.objects.bulk_create([*billed, *due.kept])
    for service_id, through in due.through.items():
        Service.objects.filter(pk=service_id).update(billed_through=through)
    Service.objects.filter(contract__account=account, recheck_from__isnull=False).update(
        recheck_from=None
    )
    for reason, ids in due.left_out.items():
        UsageRecord.objects.filter(pk__in=ids).update(left_out=reason.value)
    for one in due.too_old:
        NotBilled.objects.get_or_create(
            account=account,
            service=one.service,
            chargeable=one.chargeable,
            reason=one.reason,
            starts_on=one.starts_on,
            defaults={
                "ends_on": one.ends_on,
                "what": one.what[:250],
                "because": one.because,
                "noted_at": at,
            },
        )


def take_number(provider: Provider, counter: str, mark: str = "") -> str:
    """Take the next number of a series from its locked counter, so that none is given twice."""
    row = Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
    number: int = getattr(row, counter)
    Provider.objects.filter(pk=row.pk).update(**{counter: F(counter) + 1})
    return f"{row.invoice_prefix}{mark}{number:07d}"


def _line(invoice: Invoice, position: int, line: DraftLine) -> InvoiceLine:
    item = line.item
    return InvoiceLine(
        invoice=invoice,
        position=position,
        kind=item.kind,
        description=item.description[:250],
        service_id=item.service_id,
        service_label=item.service_label[:160],
        chargeable_id=item.chargeable_id,
        period_start=item.period_start,
        period_end=item.period_end,
        quantity=item.quantity,
        unit_price=_printed_price(item),
        days=item.days,
        of_days=item.of_days,
        is_old=item.is_old,
        price_basis=item.price_basis or "",
        gst_code=item.gst,
        amount_ex=line.amount_ex,
        gst=line.gst,
        amount_inc=line.amount_inc,
        because=item.because,
    )


def _printed_price(item: Item) -> Decimal | None:
    """The price that a line prints; a share prints its period's fee, a sum of calls none."""
    if item.kind == LineKind.USAGE:
        return None
    return item.fee if item.fee is not None else item.unit_price


def _legs(account: Account, invoice: Invoice, rows: Iterable[DraftLine]) -> list[Leg]:
    revenue: dict[LineKind, Decimal] = defaultdict(lambda: ZERO)
    gst = ZERO
    for row in rows:
        revenue[row.item.kind] += row.amount_ex
        gst += row.gst
    return [
        Leg(
            to=LedgerAccount.RECEIVABLE,
            amount=invoice.total_inc,
            account=account,
            invoice_id=invoice.pk,
        ),
        *(
            Leg(to=ledger_account_of(kind), amount=-amount, detail=kind.value)
            for kind, amount in revenue.items()
        ),
        Leg(to=LedgerAccount.GST, amount=-gst),
    ]


def ledger_account_of(kind: LineKind) -> LedgerAccount:
    """Where a kind of line is booked: late charges stand apart from revenue."""
    return LedgerAccount.LATE_CHARGES if kind == LineKind.LATE else LedgerAccount.REVENUE
