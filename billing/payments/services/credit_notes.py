"""Correct an issued invoice: an adjustment note with its lines, GST and entries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from billing.charging.states import LineKind
from billing.invoices.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from billing.invoices.services import ledger_account_of, take_number
from billing.ledger.models import OpenItem
from billing.ledger.services import Leg, post
from billing.ledger.states import LedgerAccount, PostingKind
from parties.accounts.models import Account
from parties.accounts.selectors import needs_second_person
from parties.accounts.services import lock_account
from parties.authority.selectors import local_day
from parties.people.models import User
from records.audit.services import SYSTEM, Actor, record
from terms import money
from terms.money import ZERO, in_dollars

from .adjustment_notes import issue_adjustment_note
from .allocating import allocate_note, apply_credit


class CreditRefused(Exception):
    """More would be given back than was charged, or nothing; the message says what to do."""


class NeedsSecondPerson(Exception):
    """The amount is above what one person may give back alone."""


@dataclass(frozen=True, kw_only=True)
class CreditLine:
    """What of an invoice line is given back, in dollars."""

    line: InvoiceLine | None
    kind: LineKind
    description: str
    amount_ex: Decimal
    gst: Decimal

    @property
    def amount_inc(self) -> Decimal:
        return self.amount_ex + self.gst


def credit_line(line: InvoiceLine, amount_inc: Decimal | None = None) -> CreditLine:
    """A line given back whole, or a part of it in dollars, GST included, with its own GST.

    GST is that of the line alone; what the invoice's rounding put elsewhere stays there.
    """
    taxed = line.gst != ZERO
    if amount_inc is None:
        gst = money.to_cents(money.gst_on(line.amount_ex)) if taxed else ZERO
        inc = line.amount_ex + gst
    else:
        gst = money.to_cents(money.gst_within(amount_inc)) if taxed else ZERO
        inc = amount_inc
    return CreditLine(
        line=line,
        kind=LineKind(line.kind),
        description=f"{line.service_label}: {line.description}".removeprefix(": ")[:250],
        amount_ex=inc - gst,
        gst=gst,
    )


def issue_credit_note(
    *,
    invoice: Invoice,
    reason: str,
    at: datetime,
    lines: Iterable[CreditLine] = (),
    amount: Decimal | None = None,
    asked_by: User | None = None,
    approved_by: User | None = None,
    because: list[dict[str, Any]] | None = None,
    tells: bool = True,
    actor: Actor = SYSTEM,
) -> CreditNote:
    """Give back lines of an invoice, or an amount of it in dollars, GST included (RF-TAX-04).

    It pays what of that invoice is open; the rest is credit, which pays other invoices or the
    next one. Its document goes out by email where it `tells`. Raises CreditRefused, and
    NeedsSecondPerson where staff ask for more than the provider lets one person give back.
    """
    with transaction.atomic():
        account = lock_account(invoice.account_id)
        rows = list(lines) or _by_amount(invoice, amount)
        total = sum((row.amount_inc for row in rows), ZERO)
        require_room(invoice, rows, total)
        require_second_person(account, total, asked_by, approved_by)
        on = local_day(account, at)
        note = _write(
            rows,
            account=account,
            invoice=invoice,
            issue_date=on,
            reason=reason,
            because=because or [],
            asked_by=str(asked_by or ""),
            approved_by=str(approved_by or ""),
        )
        book_credit_note(note, on=on, at=at)
        record(
            account_id=account.pk,
            at=at,
            action="issue_credit_note",
            actor=actor,
            subject=note.number,
            reason=reason,
            after={"invoice": invoice.number, "amount": str(total)},
            because=note.because,
        )
        issue_adjustment_note(note, at, tells=tells)
    return note


def _write(rows: list[CreditLine], *, account: Account, **facts: Any) -> CreditNote:
    """Write a note with the next number of its series, and its lines."""
    note = CreditNote.objects.create(
        account=account,
        number=take_number(account.customer.provider, "next_credit_note_number", mark="C"),
        subtotal_ex=sum((row.amount_ex for row in rows), ZERO),
        gst=sum((row.gst for row in rows), ZERO),
        total_inc=sum((row.amount_inc for row in rows), ZERO),
        **facts,
    )
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(
            credit_note=note,
            line=row.line,
            kind=row.kind,
            description=row.description,
            amount_ex=row.amount_ex,
            gst=row.gst,
            amount_inc=row.amount_inc,
        )
        for row in rows
    )
    return note


def book_credit_note(note: CreditNote, *, on: date, at: datetime) -> None:
    """Post a credit note and let it pay: its own invoice first, then what else is open."""
    account = note.account
    legs = [
        Leg(to=ledger_account_of(LineKind(row.kind)), amount=row.amount_ex, detail=row.kind)
        for row in note.lines.all()
    ]
    post(
        provider=account.customer.provider,
        kind=PostingKind.CREDIT_NOTE,
        day=on,
        key=f"credit_note:{note.number}",
        legs=[
            *legs,
            Leg(to=LedgerAccount.GST, amount=note.gst),
            Leg(to=LedgerAccount.CREDIT, amount=-note.total_inc, account=account),
        ],
        at=at,
        because=note.because,
    )
    if note.invoice_id is not None:
        item = OpenItem.objects.select_related("account__customer__provider").get(
            invoice_id=note.invoice_id
        )
        allocate_note(note=note, item=item, on=on, at=at)
    apply_credit(account=account, on=on, at=at)


def require_second_person(
    account: Account, amount: Decimal, asked_by: User | None, approved_by: User | None
) -> None:
    """Raise NeedsSecondPerson where staff ask alone for more than one person may give.

    Nothing is asked of the portal itself: what it gives back follows from terms or an outcome.
    """
    provider = account.customer.provider
    if asked_by is None or not needs_second_person(provider, amount):
        return
    if approved_by is None:
        limit = provider.second_person_above or ZERO
        raise NeedsSecondPerson(
            f"{in_dollars(amount)} is above {in_dollars(limit)}: a second person has to approve."
        )
    if approved_by.pk == asked_by.pk:
        raise NeedsSecondPerson("Whoever asks can't approve: a second person has to.")


def _by_amount(invoice: Invoice, amount: Decimal | None) -> list[CreditLine]:
    """An amount of an invoice, with the GST in the invoice's own proportion."""
    if amount is None:
        raise CreditRefused("Say which lines or which amount to give back.")
    if amount != money.to_cents(amount) or amount <= ZERO:
        raise CreditRefused("Give an amount above $0.00, in dollars and cents.")
    gst = money.to_cents(invoice.gst * amount / invoice.total_inc) if invoice.total_inc else ZERO
    return [
        CreditLine(
            line=None,
            kind=LineKind.FEE,
            description=f"Part of invoice {invoice.number}",
            amount_ex=amount - gst,
            gst=gst,
        )
    ]


def left_to_credit(invoice: Invoice) -> Decimal:
    """What of an invoice has not been given back yet, in dollars."""
    given: Decimal = invoice.credit_notes.aggregate(sum=Sum("total_inc"))["sum"] or ZERO
    left: Decimal = invoice.total_inc - given
    return left


def require_room(invoice: Invoice, rows: list[CreditLine], total: Decimal) -> None:
    """Raise CreditRefused where more would be given back than was charged, or nothing."""
    if total <= ZERO:
        raise CreditRefused("There is nothing to give back: choose a line or an amount.")
    left = left_to_credit(invoice)
    if total > left:
        raise CreditRefused(
            f"{in_dollars(left)} of invoice {invoice.number} is left to give back; no more was "
            "charged."
        )
    for row in rows:
        if row.line is None:
            continue
        before = row.line.credits.aggregate(sum=Sum("amount_ex"))["sum"] or ZERO
        if before + row.amount_ex > row.line.amount_ex:
            raise CreditRefused(
                f"{in_dollars(row.line.amount_ex - before)} without GST of "
                f"“{row.line.description}” is left to give back."
            )
