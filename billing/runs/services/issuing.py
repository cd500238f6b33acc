"""Issue what is due for an account: invoice, credit note for what has no room, credit applied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from billing.invoices.models import CreditNote, Invoice
from billing.invoices.selectors import InvoiceDraft, draft_invoice
from billing.invoices.services import freeze_credit_note, freeze_invoice, note_charged
from billing.payments.selectors import draw_of
from billing.payments.services import plan_draws
from billing.payments.services.adjustment_notes import issue_adjustment_note
from billing.payments.services.allocating import apply_credit
from billing.payments.services.credit_notes import book_credit_note
from billing.runs.models import BillRun
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority.selectors import account_standing
from parties.correspondence.services import write
from records.audit.services import record
from records.documents.services import issue_document
from records.notices.services import Link
from records.notices.states import Priority
from terms import library
from terms.money import ZERO

from .documents import bill_balance, invoice_content


@dataclass(frozen=True, kw_only=True)
class Issued:
    """What went out for an account; either may be missing."""

    invoice: Invoice | None
    credit_note: CreditNote | None


def issue_invoice(
    *,
    account: Account,
    bill_day: date,
    on: date,
    at: datetime,
    run: BillRun,
    on_demand: bool = False,
) -> Issued:
    """Bill what is due for a bill day in a bill that goes out `on`; a second call bills nothing.

    Invoice, lines, billed days, entries, document and email are written in one transaction under
    the account's lock. `on_demand` leaves the PDF to its first opening and sends no email.
    """
    with transaction.atomic():
        locked = lock_account(account.pk)
        draft = draft_invoice(locked, on=on, bill_day=bill_day)
        invoice = note = None
        if draft.lines:
            invoice = freeze_invoice(locked, draft, at=at, run_id=run.pk)
        if draft.given_back:
            note = freeze_credit_note(
                locked, draft.given_back, draft=draft, reason="Days paid ahead and not used."
            )
            book_credit_note(note, on=on, at=at)
        note_charged(locked, draft.due, at=at)
        _note_bill_day(locked, bill_day)
        if invoice is not None:
            apply_credit(account=locked, on=on, at=at)
            plan_draws(locked, at=at, told_by_bill=None if on_demand else invoice.pk)
            _finish(invoice, draft, at, on_demand=on_demand)
        if note is not None:
            issue_adjustment_note(note, at, tells=not on_demand)
    return Issued(invoice=invoice, credit_note=note)


def _note_bill_day(account: Account, bill_day: date) -> None:
    account.billed_for = max(filter(None, (account.billed_for, bill_day)))
    if account.last_old_bill_day and account.last_old_bill_day <= bill_day:
        account.last_old_bill_day = None
    account.save(update_fields=["billed_for", "last_old_bill_day"])


def _finish(invoice: Invoice, draft: InvoiceDraft, at: datetime, *, on_demand: bool) -> None:
    _issue_document(invoice, draft, at, on_demand)
    because = invoice.because.get("due_date", invoice.because["total"])
    record(
        account_id=invoice.account_id,
        at=at,
        action="issue_invoice",
        subject=invoice.number,
        after={
            "total": str(invoice.total_inc),
            "due": invoice.due_date.isoformat() if invoice.due_date else "",
        },
        because=because,
    )
    if not on_demand:
        _tell(invoice, at)


def _issue_document(invoice: Invoice, draft: InvoiceDraft, at: datetime, on_demand: bool) -> None:
    facts = library.provider(invoice.account.customer.provider.key)
    invoice.document = issue_document(
        account_id=invoice.account_id,
        kind="tax_invoice",
        subject=invoice.number,
        title=f"Tax invoice {invoice.number} from {facts.name}",
        template="documents/tax_invoice.html",
        content=invoice_content(invoice, draft, facts),
        at=at,
        on_demand=on_demand,
    )
    invoice.save(update_fields=["document"])


def _tell(invoice: Invoice, at: datetime) -> None:
    account = invoice.account
    standing = account_standing(account, invoice.issue_date)
    balance = bill_balance(invoice)
    write(
        "invoice_issued",
        account=account,
        to=standing.to_email,
        name=standing.to_name,
        at=at,
        link=Link("bill", str(invoice.public_id)),
        belongs_to=invoice.number,
        because=invoice.because.get("due_date", []),
        documents=[invoice.document] if invoice.document else [],
        number=invoice.number,
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        total=invoice.total_inc,
        to_pay=balance.to_pay,
        draw=_drawn(invoice),
        earlier=sum((row.amount for row in balance.earlier), ZERO),
        priority=Priority.BULK,
    )


def _drawn(invoice: Invoice) -> dict[str, Any] | None:
    """How much of it is drawn by itself, when and from where; None: nothing."""
    draw = draw_of(invoice)
    if draw is None:
        return None
    return {"amount": draw.total, "on": draw.on, "source": draw.mandate.source}
