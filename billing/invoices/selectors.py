"""An invoice before it is issued, and its lines after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from billing.charging.selectors import (
    Due,
    Item,
    charges_due,
    last_bill_day,
    next_bill_day,
)
from billing.charging.states import LineKind
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from parties.correspondence.services import NOTHING_HIDDEN, Mask
from terms import rules
from terms.binding import Binding
from terms.calendar import State
from terms.clause import as_json
from terms.money import ZERO
from terms.rules.lines import Gst, Line, PriceBasis
from terms.rules.payment import InvoiceKind as TermsKind

from .models import Invoice, InvoiceLine
from .states import InvoiceKind


@dataclass(frozen=True, kw_only=True)
class DraftLine:
    """One item with its amounts in whole cents."""

    item: Item
    amount_ex: Decimal
    gst: Decimal
    amount_inc: Decimal


@dataclass(frozen=True, kw_only=True)
class InvoiceDraft:
    """An invoice before it is issued; the preview of the next bill shows the same.

    `given_back` are the items for which the invoice has no room: they go on a credit note.
    """

    kind: InvoiceKind
    bill_day: date
    issue_date: date
    due_date: date | None
    period_start: date
    period_end: date
    lines: tuple[DraftLine, ...]
    subtotal_ex: Decimal
    gst: Decimal
    total_inc: Decimal
    version: str
    because: dict[str, list[dict[str, Any]]]
    due: Due
    given_back: tuple[DraftLine, ...] = ()


def draft_invoice(account: Account, *, on: date, bill_day: date | None = None) -> InvoiceDraft:
    """Return the bill that would go out on a day, made for a bill day (the newest, if not said).

    Price, round, tax and date it by the terms; nothing is written. Rules: line_amounts,
    invoice_due_date, prorata, suspension_charges, back_billing, call_charge, charge_billable_on.
    """
    made_for = bill_day or last_bill_day(on, account.bill_day)
    bound = binding(account, on)
    due = charges_due(account, bound, on=on, bill_day=made_for)
    kind = InvoiceKind.FINAL if due.all_ended else InvoiceKind.NORMAL
    items, back = _with_room(due.items, bound)
    amounts = _priced(items, bound)
    because = {"total": as_json(amounts.because)}
    due_date = None
    if amounts.total_inc > ZERO:
        answer = bound.decide(
            rules.invoice_due_date,
            issue_date=on,
            state=State(account.state),
            kind=TermsKind(kind.value),
        )
        due_date, because["due_date"] = answer.due_date, as_json(answer.because)
    return InvoiceDraft(
        kind=kind,
        bill_day=made_for,
        issue_date=on,
        due_date=due_date,
        period_start=made_for,
        period_end=next_bill_day(made_for, account.bill_day) - timedelta(days=1),
        lines=_lines(items, amounts),
        subtotal_ex=amounts.subtotal_ex,
        gst=amounts.gst,
        total_inc=amounts.total_inc,
        version=bound.profile.version,
        because=because,
        due=due,
        given_back=_lines(back, _priced(back, bound)) if back else (),
    )


def next_invoice(account: Account, *, on: date) -> InvoiceDraft | None:
    """What the bill of the account's next bill day would say; None if there is nothing to bill."""
    draft = draft_invoice(account, on=on, bill_day=on)
    return draft if draft.lines or draft.given_back else None


def usage_not_billed(account: Account, service_id: int, *, on: date) -> Decimal:
    """What a service was used for and no bill carries yet, in dollars, GST included."""
    drafted = draft_invoice(account, on=on).lines
    used = (one for one in drafted if one.item.kind == LineKind.USAGE)
    return sum((one.amount_inc for one in used if one.item.service_id == service_id), ZERO)


def masked_draft(draft: InvoiceDraft | None, mask: Mask) -> InvoiceDraft | None:
    """The same draft for a reader who may not know the customer: staff's words pass the mask."""
    if draft is None:
        return None
    return replace(
        draft,
        lines=tuple(
            replace(one, item=replace(one.item, description=mask.text(one.item.description)))
            for one in draft.lines
        ),
    )


def lines(invoice: Invoice, mask: Mask = NOTHING_HIDDEN) -> list[InvoiceLine]:
    """The invoice's lines in their printed order; what staff wrote passes the reader's mask."""
    rows = list(invoice.lines.order_by("position"))
    for row in rows:
        row.description = mask.text(row.description)
    return rows


def _priced(items: list[Item], bound: Binding) -> Any:
    return bound.decide(
        rules.line_amounts,
        lines=tuple(
            Line(
                description=item.description,
                quantity=item.quantity,
                unit_price=item.unit_price,
                gst=Gst(item.gst),
                price_basis=PriceBasis(item.price_basis) if item.price_basis else None,
                from_list=not item.price_basis,
            )
            for item in items
        ),
    )


def _lines(items: list[Item], amounts: Any) -> tuple[DraftLine, ...]:
    return tuple(
        DraftLine(
            item=item, amount_ex=amount.amount_ex, gst=amount.gst, amount_inc=amount.amount_inc
        )
        for item, amount in zip(items, amounts.lines, strict=True)
    )


def _with_room(items: list[Item], bound: Binding) -> tuple[list[Item], list[Item]]:
    """Part the items into those of the invoice and those given back by a credit note.

    An invoice is never below 0.00: what is given back stands on it while it has room.
    """
    kept, back = list(items), []
    while kept and _priced(kept, bound).total_inc < ZERO:
        # The largest credit goes first, so that as few as possible leave the invoice.
        largest = min(kept, key=lambda item: item.unit_price * item.quantity)
        kept.remove(largest)
        back.append(largest)
    return kept, back
