"""Compose an invoice from facts and terms, and issue it once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from billing.charging.models import Charge
from billing.charging.services import Period
from billing.invoices.models import Invoice, InvoiceLine
from billing.invoices.services import InvoiceDraft, next_invoice
from billing.runs.models import BillRun
from billing.usage.models import UsageRecord
from parties.accounts.models import Account, Provider
from parties.authority.selectors import account_standing
from parties.correspondence.services import write
from records.audit.services import record
from records.documents.services import issue_document
from records.notices.states import Priority
from terms import library

from .documents import invoice_content


def issue_invoice(
    *, account: Account, run: BillRun, at: datetime, on_demand: bool = False
) -> Invoice | None:
    """Bill the account for the run's day, once; None if there is nothing to bill.

    Invoice, lines, document and the email that carries it are written in one transaction.
    """
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        period = Period.from_issue(run.issue_on)
        if Invoice.objects.filter(account=account, period_start=period.start).exists():
            return None
        draft = next_invoice(account, issue_on=run.issue_on)
        if draft is None:
            return None
        invoice = _freeze(account, run, draft)
        _issue_document(invoice, draft, at, on_demand)
        record(
            account_id=account.pk,
            at=at,
            action="issue_invoice",
            subject=invoice.number,
            after={"total": str(invoice.total_inc), "due": invoice.due_date.isoformat()},
            because=invoice.because["due_date"],
        )
        if not on_demand:
            _tell(invoice, at)
    return invoice


def _freeze(account: Account, run: BillRun, draft: InvoiceDraft) -> Invoice:
    invoice = Invoice.objects.create(
        account=account,
        run=run,
        number=_next_number(account.customer.provider),
        issue_date=draft.issue_date,
        due_date=draft.due_date,
        period_start=draft.period.start,
        period_end=draft.period.end,
        subtotal_ex=draft.subtotal_ex,
        gst=draft.gst,
        total_inc=draft.total_inc,
        version=draft.version,
        because=draft.because,
    )
    lines = InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            position=position,
            description=line.item.description,
            service_label=line.item.service_label,
            period_start=line.item.period_start,
            period_end=line.item.period_end,
            quantity=line.item.quantity,
            unit_price=line.item.unit_price,
            price_basis=line.item.price_basis or "",
            gst_code=line.item.gst,
            amount_ex=line.amount_ex,
            gst=line.gst,
            amount_inc=line.amount_inc,
            because=line.item.because,
        )
        for position, line in enumerate(draft.lines, start=1)
    )
    for row, line in zip(lines, draft.lines, strict=True):
        if line.item.usage_ids:
            UsageRecord.objects.filter(pk__in=line.item.usage_ids).update(line=row)
        if line.item.charge_id:
            Charge.objects.filter(pk=line.item.charge_id).update(line=row)
    return invoice


def _next_number(provider: Provider) -> str:
    """Take the provider's next number from its locked counter, so that none is given twice."""
    row = Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
    number = row.next_invoice_number
    row.next_invoice_number = number + 1
    row.save(update_fields=["next_invoice_number"])
    return f"{row.key[:3].upper()}{number:07d}"


def _issue_document(invoice: Invoice, draft: InvoiceDraft, at: datetime, on_demand: bool) -> None:
    facts = library.provider(invoice.account.customer.provider.key)
    invoice.document = issue_document(
        account_id=invoice.account_id,
        kind="tax_invoice",
        subject=invoice.number,
        title=f"Tax invoice {invoice.number} from {facts.name}",
        template="documents/invoice.html",
        content=invoice_content(invoice, draft, facts),
        at=at,
        on_demand=on_demand,
    )
    invoice.save(update_fields=["document"])


def _tell(invoice: Invoice, at: datetime) -> None:
    account = invoice.account
    standing = account_standing(account, invoice.issue_date)
    write(
        "invoice_issued",
        account=account,
        to=standing.to_email,
        name=standing.to_name,
        at=at,
        path=reverse("invoice", args=[invoice.public_id]),
        belongs_to=invoice.number,
        because=invoice.because["due_date"],
        documents=[invoice.document] if invoice.document else [],
        number=invoice.number,
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        total=invoice.total_inc,
        priority=Priority.BULK,
    )
