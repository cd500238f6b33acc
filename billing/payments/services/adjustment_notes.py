"""The adjustment note (RF-TAX-04) of a credit: its words frozen, its PDF, its email."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from billing.invoices.models import CreditNote
from parties.authority.selectors import account_standing
from parties.correspondence.services import letterhead, write
from records.documents.services import issue_document
from records.notices.services import Link
from records.notices.states import Priority
from terms import library
from terms.money import ZERO

from .letterhead import where_to_turn


def issue_adjustment_note(note: CreditNote, at: datetime, *, tells: bool = True) -> None:
    """Freeze what a booked credit note says; where it `tells`, its PDF goes out by email."""
    account = note.account
    facts = library.provider(account.customer.provider.key)
    note.document = issue_document(
        account_id=account.pk,
        kind="adjustment_note",
        subject=note.number,
        title=f"Adjustment note {note.number} from {facts.name}",
        template="documents/adjustment_note.html",
        content=note_content(note, facts),
        at=at,
        on_demand=not tells,
    )
    note.save(update_fields=["document"])
    if not tells:
        return
    standing = account_standing(account, note.issue_date)
    write(
        "credit_note_issued",
        account=account,
        to=standing.to_email,
        name=standing.to_name,
        at=at,
        link=Link("credit", str(note.public_id)),
        belongs_to=note.number,
        because=note.because,
        documents=[note.document],
        priority=Priority.BULK,
        number=note.number,
        invoice_number=note.invoice.number if note.invoice else "",
        reason=note.reason,
        total=note.total_inc,
        pays=pays(note),
        credit=left_as_credit(note),
    )


def note_content(note: CreditNote, facts: library.Provider) -> dict[str, Any]:
    """Return what documents/adjustment_note.html prints: strings, lists and mappings only.

    Supplier and recipient stand as on the invoice that is corrected.
    """
    invoice = note.invoice
    parties = letterhead(note.account, facts)
    if invoice is not None and invoice.document is not None:
        was = invoice.document.content
        parties |= {"seller": was["seller"], "customer": was["customer"]}
    return {
        "title": f"Adjustment note {note.number}",
        **parties,
        "number": note.number,
        "account_number": note.account.number,
        "issued_on": note.issue_date.isoformat(),
        "invoice": _corrected(note) if invoice is not None else {},
        "reason": note.reason,
        "lines": [
            {
                "description": line.description,
                "net": str(line.amount_ex),
                "gst": str(line.gst),
                "amount": str(line.amount_inc),
            }
            for line in note.lines.all()
        ],
        "totals": {
            "net": str(note.subtotal_ex),
            "gst": str(note.gst),
            "total": str(note.total_inc),
        },
        "pays": [{"number": number, "amount": str(part)} for number, part in pays(note)],
        "credit": str(left_as_credit(note)),
        "because": [{"what": "Credit", "value": "", "reasons": note.because}]
        if note.because
        else [],
        "help": where_to_turn(facts),
    }


def pays(note: CreditNote) -> list[tuple[str, Decimal]]:
    """The invoices that a note pays now, by number, with dollars."""
    rows = note.allocations.filter(undone_on__isnull=True).select_related("invoice")
    return [(row.invoice.number, row.amount) for row in rows]


def left_as_credit(note: CreditNote) -> Decimal:
    """What of a note pays no invoice now, in dollars."""
    left: Decimal = note.total_inc - sum((part for _, part in pays(note)), ZERO)
    return left


def _corrected(note: CreditNote) -> dict[str, str]:
    """The invoice that a note corrects: what it came to, and comes to with all its credits."""
    invoice = note.invoice
    if invoice is None:
        return {}
    given = invoice.credit_notes.filter(pk__lte=note.pk).aggregate(
        total=Sum("total_inc"), gst=Sum("gst")
    )
    return {
        "number": invoice.number,
        "issued_on": invoice.issue_date.isoformat(),
        "total": str(invoice.total_inc),
        "gst": str(invoice.gst),
        "total_now": str(invoice.total_inc - given["total"]),
        "gst_now": str(invoice.gst - given["gst"]),
    }
