"""What a tax invoice says, frozen as plain data when it is issued."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from billing.invoices.models import Invoice
from billing.invoices.selectors import DraftLine, InvoiceDraft
from billing.ledger.selectors import open_items
from billing.payments import selectors as payments
from billing.payments.services import gateway_of, ways_to_pay
from billing.payments.services.letterhead import where_to_turn
from parties.correspondence.services import letterhead
from terms.calendar import in_words
from terms.library import Provider
from terms.money import ZERO, in_dollars


def invoice_content(invoice: Invoice, draft: InvoiceDraft, facts: Provider) -> dict[str, Any]:
    """Return what documents/tax_invoice.html prints: strings, lists and mappings only."""
    balance = bill_balance(invoice)
    return {
        "title": f"Tax invoice {invoice.number}",
        **letterhead(invoice.account, facts),
        "number": invoice.number,
        "account_number": invoice.account.number,
        "issued_on": invoice.issue_date.isoformat(),
        "due_on": _iso(invoice.due_date),
        "period": {
            "from": invoice.period_start.isoformat(),
            "to": invoice.period_end.isoformat(),
        },
        "lines": [_line(line) for line in draft.lines],
        "totals": {
            "net": str(invoice.subtotal_ex),
            "gst": str(invoice.gst),
            "total": str(invoice.total_inc),
        },
        "balance": {
            "earlier": [
                {"number": row.number, "due": _iso(row.due), "amount": str(row.amount)}
                for row in balance.earlier
            ],
            "held": str(balance.held),
            "credit": str(balance.credit),
            "to_pay": str(balance.to_pay),
            "owing": str(balance.owing),
        },
        "summary": [{"label": label, "amount": str(amount)} for label, amount in _summary(draft)],
        "pay": _ways_to_pay(invoice, facts) if balance.to_pay > ZERO else [],
        "because": _reasons(invoice, draft),
        "help": where_to_turn(facts),
    }


@dataclass(frozen=True)
class EarlierBill:
    """An earlier invoice of which something is open and not contested."""

    number: str
    due: date
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class BillBalance:
    """What a bill asks for, in dollars: its own part by its day, earlier ones by theirs.

    What is contested is not asked for; `held` names it only as far as pages may show it.
    """

    earlier: tuple[EarlierBill, ...]
    held: Decimal
    credit: Decimal
    to_pay: Decimal

    @property
    def owing(self) -> Decimal:
        return self.to_pay + sum((row.amount for row in self.earlier), ZERO)


def bill_balance(invoice: Invoice) -> BillBalance:
    """What the account's open items ask for when this invoice goes out."""
    items = list(open_items(invoice.account))
    mine = next((item for item in items if item.invoice_id == invoice.pk), None)
    open_now = mine.amount if mine else ZERO
    earlier = (
        EarlierBill(item.invoice.number, item.due_date, item.amount - item.held)
        for item in items
        if item.invoice_id != invoice.pk
    )
    return BillBalance(
        earlier=tuple(row for row in earlier if row.amount > ZERO),
        held=sum((item.held_shown for item in items), ZERO),
        credit=invoice.total_inc - open_now,
        to_pay=open_now,
    )


def _line(line: DraftLine) -> dict[str, str]:
    item = line.item
    return {
        "group": item.service_label,
        "description": item.description,
        "detail": "from before" if item.is_old else "",
        "from": _iso(item.period_start),
        "to": _iso(item.period_end),
        "quantity": f"{item.quantity.normalize():f}",
        "net": str(line.amount_ex),
        "gst": str(line.gst),
        "amount": str(line.amount_inc),
    }


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _summary(draft: InvoiceDraft) -> list[tuple[str, Decimal]]:
    """This invoice by kind of charge."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in draft.lines:
        item = line.item
        sums[item.kind.label] += line.amount_inc
    return list(sums.items())


def _ways_to_pay(invoice: Invoice, facts: Provider) -> list[dict[str, str]]:
    """What terms and provider take, in the portal and past it, with the payment reference."""
    account = invoice.account
    draw = payments.draw_of(invoice)
    if draw is not None:
        drawn = f"We draw {in_dollars(draw.total)} on {in_words(draw.on)}"
        text = f"{drawn} from {draw.mandate.source}."
        if draw.mandate.is_card:
            return [{"method": "Your card", "text": text}]
        return [
            {"method": "Direct debit", "text": f"{text} Your bank shows it as {draw.reference}."}
        ]
    ways = ways_to_pay(account, amount=invoice.total_inc, on=invoice.issue_date)
    reference = f"Your payment reference is {payments.payment_reference(account)}."
    whom = facts.contacts.get("email", facts.name)
    found = []
    if ways.offered and gateway_of(facts.key) is not None:
        labels = "; ".join(way.label for way in ways.offered)
        found.append({"method": "In the portal", "text": f"Sign in and choose Pay: {labels}."})
    found += [{"method": way.label, "text": way.in_words} for way in ways.past]
    if not found:
        found.append({"method": "Ask us", "text": f"{reference} Ask {whom} how to pay."})
    return found


def _reasons(invoice: Invoice, draft: InvoiceDraft) -> list[dict[str, Any]]:
    """How the figures were worked out: due date, total, and what each odd line rests on."""
    rows = [
        *(
            [
                {
                    "what": "Due date",
                    "value": in_words(invoice.due_date),
                    "reasons": draft.because["due_date"],
                }
            ]
            if invoice.due_date
            else []
        ),
        {
            "what": "Total",
            "value": in_dollars(invoice.total_inc),
            "reasons": draft.because["total"],
        },
    ]
    for line in draft.lines:
        if line.item.because:
            rows.append(
                {
                    "what": line.item.description,
                    "value": in_dollars(line.amount_inc),
                    "reasons": line.item.because,
                }
            )
    return rows
