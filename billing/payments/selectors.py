"""Questions about money: what is owed, what is late, what was billed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from billing.disputes.models import Hold
from billing.disputes.states import HoldStatus
from billing.invoices.models import Invoice
from parties.accounts.models import Account
from records.fields import MoneyField
from terms.money import NIL

from .models import Allocation, Payment


@dataclass(frozen=True, kw_only=True)
class InvoiceCard:
    """An invoice in a list or on its own page."""

    public_id: str
    number: str
    issue_date: date
    due_date: date
    period_start: date
    period_end: date
    subtotal_ex: Decimal
    gst: Decimal
    total: Decimal
    outstanding: Decimal
    disputed: Decimal
    status: str
    because: dict[str, list[dict[str, Any]]]
    version: str


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What the account owes on a day."""

    owing: Decimal
    overdue: Decimal
    disputed: Decimal
    next_due: date | None
    next_invoice: InvoiceCard | None
    newest: tuple[InvoiceCard, ...]


def with_outstanding(rows: QuerySet[Invoice], *, shown: bool = False) -> QuerySet[Invoice]:
    """Annotate what is still unpaid and what is contested of it, in the same query.

    No more is contested than is unpaid, however many complaints there are. `shown` leaves out what
    a complaint about somebody's safety contests: it is collected from nobody, and shown to nobody.
    """
    contested = Hold.objects.filter(is_private=False) if shown else Hold.objects.all()
    money = MoneyField()
    paid = (
        Allocation.objects.filter(invoice=OuterRef("pk"))
        .order_by()
        .values("invoice")
        .annotate(sum=Sum("amount"))
        .values("sum")
    )
    held = (
        contested.filter(invoice=OuterRef("pk"), status=HoldStatus.OPEN)
        .order_by()
        .values("invoice")
        .annotate(sum=Sum("amount"))
        .values("sum")
    )
    paid_sum = Coalesce(Subquery(paid, output_field=money), NIL, output_field=money)
    held_sum = Coalesce(Subquery(held, output_field=money), NIL, output_field=money)
    return rows.annotate(
        outstanding=ExpressionWrapper(F("total_inc") - paid_sum, output_field=money),
    ).annotate(
        disputed=Case(
            When(outstanding__lt=held_sum, then=F("outstanding")),
            default=held_sum,
            output_field=money,
        )
    )


def invoices(account: Account, *, shown: bool = False) -> QuerySet[Invoice]:
    """The account's invoices; `shown` as a page may show what is contested of them."""
    return with_outstanding(Invoice.objects.filter(account=account), shown=shown)


def unpaid_invoices(account: Account) -> list[Invoice]:
    """Invoices with something left to pay, oldest due date first."""
    rows = invoices(account).filter(outstanding__gt=NIL).order_by("due_date", "pk")
    return list(rows)


def card(row: Invoice, on: date) -> InvoiceCard:
    """An annotated invoice as a page shows it on a day."""
    return InvoiceCard(
        public_id=str(row.public_id),
        number=row.number,
        issue_date=row.issue_date,
        due_date=row.due_date,
        period_start=row.period_start,
        period_end=row.period_end,
        subtotal_ex=row.subtotal_ex,
        gst=row.gst,
        total=row.total_inc,
        outstanding=row.outstanding,
        disputed=row.disputed,
        status=status_on(row, on),
        because=row.because,
        version=row.version,
    )


def status_on(row: Invoice, on: date) -> str:
    """paid, disputed, overdue, part_paid or due: a question about a day, never a state."""
    if row.outstanding <= NIL:
        return "paid"
    if row.disputed >= row.outstanding:
        return "disputed"
    if on > row.due_date:
        return "overdue"
    return "part_paid" if row.outstanding < row.total_inc else "due"


def balance(account: Account, on: date, newest: int = 0, *, shown: bool = False) -> Balance:
    """What is owed and overdue, what falls due next, and the newest bills. One query.

    `shown` as a page may show what is contested; what is collected asks without it.
    """
    recent = Invoice.objects.filter(account=account).order_by("-issue_date", "-number")[:newest]
    rows = invoices(account, shown=shown).filter(
        Q(outstanding__gt=NIL) | Q(pk__in=Subquery(recent.values("pk")))
    )
    cards = [card(row, on) for row in rows.order_by("due_date", "pk")]
    unpaid = [one for one in cards if one.outstanding > NIL]
    late = [one for one in unpaid if one.due_date < on]
    ahead = [one for one in unpaid if one.due_date >= on]
    return Balance(
        owing=sum((one.outstanding for one in unpaid), NIL),
        overdue=sum((max(NIL, one.outstanding - one.disputed) for one in late), NIL),
        disputed=sum((one.disputed for one in unpaid), NIL),
        next_due=ahead[0].due_date if ahead else None,
        next_invoice=(late or ahead or [None])[0],
        newest=tuple(sorted(cards, key=lambda one: one.issue_date, reverse=True)[:newest]),
    )


def is_overdue(account: Account, on: date) -> bool:
    """Whether anything uncontested is unpaid past its day."""
    return balance(account, on).overdue > NIL


def payments(account: Account) -> QuerySet[Payment]:
    return Payment.objects.filter(account=account)


def allocations(invoice: Invoice) -> list[Allocation]:
    """The payments that went towards the invoice."""
    rows = Allocation.objects.filter(invoice=invoice).select_related("payment")
    return list(rows.order_by("payment__received_on"))
