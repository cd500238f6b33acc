"""Compose an invoice from facts and terms, and issue it once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from billing.charging.services import Item, Period, gather
from contracts.supply.selectors import has_left
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from parties.correspondence.services import Mask
from terms import rules
from terms.binding import Binding
from terms.calendar import State
from terms.clause import dump
from terms.facts import read_facts


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
