"""Compose an invoice from facts and terms, and issue it once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.urls import reverse

from billing.models import BillRun, Charge, Invoice, InvoiceLine, UsageRecord
from contracts.selectors import has_left
from parties.models import Account, Provider
from parties.selectors import account_standing, binding
from parties.services.letters import write
from parties.services.masking import Mask
from records.audit.services import record
from records.documents.services import issue_document
from records.notices.states import Priority
from terms import library, rules
from terms.binding import Binding
from terms.calendar import State
from terms.clause import dump
from terms.facts import read_facts

from .documents import invoice_content
from .items import Item, Period, gather


@dataclass(frozen=True, kw_only=True)
class DraftLine:
    """One item with its amounts."""

    item: Item
    amount_ex: Decimal
    gst: Decimal
    amount_inc: Decimal


@dataclass(frozen=True, kw_only=True)
class InvoiceDraft:
    """An invoice before it is issued; the preview of the next bill shows the same."""

    issue_date: date
    due_date: date
    period: Period
    lines: tuple[DraftLine, ...]
    subtotal_ex: Decimal
    gst: Decimal
    total_inc: Decimal
    version: str
    because: dict[str, list[dict[str, Any]]]


def masked_draft(draft: InvoiceDraft, mask: Mask) -> InvoiceDraft:
    """The same draft for a reader who may not know the customer: staff's words pass the mask."""
    return replace(
        draft,
        lines=tuple(
            replace(one, item=replace(one.item, description=mask.text(one.item.description)))
            for one in draft.lines
        ),
    )


def compose_invoice(
    items: list[Item], bound: Binding, *, issue_on: date, state: State, final: bool = False
) -> InvoiceDraft:
    """Price, round, tax and date an invoice by the terms. Reads and writes nothing.

    `final`: the contract has ended, so the invoice falls due as the terms say of the last one.

    Rules: line_amounts, invoice_due_date.
    """
    plain = [
        {
            "description": item.description,
            "quantity": item.quantity,
            "unit_price": item.unit_price,
            "gst": item.gst,
            **({"price_basis": item.price_basis} if item.price_basis else {"from_list": True}),
        }
        for item in items
    ]
    amounts = bound.decide(rules.line_amounts, **read_facts(rules.line_amounts, {"lines": plain}))
    due = bound.decide(
        rules.invoice_due_date,
        **read_facts(
            rules.invoice_due_date,
            {"issue_date": issue_on, "state": state, "kind": "final" if final else "normal"},
        ),
    )
    lines = tuple(
        DraftLine(
            item=item,
            amount_ex=amount.amount_ex,
            gst=amount.gst,
            amount_inc=amount.amount_inc,
        )
        for item, amount in zip(items, amounts.lines, strict=True)
    )
    return InvoiceDraft(
        issue_date=issue_on,
        due_date=due.due_date,
        period=Period.from_issue(issue_on),
        lines=lines,
        subtotal_ex=amounts.subtotal_ex,
        gst=amounts.gst,
        total_inc=amounts.total_inc,
        version=bound.profile.version,
        because={"due_date": dump(due.because), "total": dump(amounts.because)},
    )


def next_invoice(account: Account, *, issue_on: date) -> InvoiceDraft | None:
    """What the next bill would say if nothing else happened; None if there is nothing to bill."""
    bound = binding(account, issue_on)
    items = gather(account, bound, issue_on)
    if not items:
        return None
    return compose_invoice(
        items,
        bound,
        issue_on=issue_on,
        state=State(account.state),
        final=has_left(account, issue_on),
    )


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
