"""Questions about money: what is owed, what is late, what was billed."""

from __future__ import annotations

from datetime import date

from parties.correspondence.services import NOTHING_HIDDEN, Mask
from terms.calendar import months_on

from .models import Invoice, InvoiceLine


def lines(invoice: Invoice, mask: Mask = NOTHING_HIDDEN) -> list[InvoiceLine]:
    """The invoice's lines in their printed order; what staff wrote passes the reader's mask."""
    rows = list(invoice.lines.order_by("position"))
    for row in rows:
        row.description = mask.text(row.description)
    return rows


def next_bill_day(today: date, bill_day: int) -> date:
    """The next day after today on which the account is billed."""
    this_month = today.replace(day=bill_day)
    return this_month if this_month > today else months_on(this_month, 1)
