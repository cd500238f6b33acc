"""Questions about money: what is owed, what is late, what was billed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict, cast

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum

from billing.invoices.models import Invoice
from billing.ledger.models import OpenItem
from billing.ledger.selectors import balance_of
from billing.payments.models import (
    Allocation,
    ChargeAdvice,
    Draw,
    GatewayEvent,
    OnlinePayment,
    Payment,
    Refund,
)
from billing.payments.states import LIVE_DRAWS, WAITING_REFUNDS, DrawState, OnlineState
from parties.accounts.models import Account, Provider
from parties.accounts.selectors import binding
from terms import rules
from terms.calendar import State
from terms.clause import as_json
from terms.facts import BadFacts, read_facts
from terms.money import ZERO
from terms.profile import TermsSilent
from terms.rules.floor import Cause
from terms.rules.payment import Balance as OpenBalance

from .refunds import kept_for_refunds

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class OpenFigures(TypedDict):
        """What `with_outstanding` adds to a row, in dollars, and the day by which to pay."""

        outstanding: Decimal
        disputed: Decimal
        payable_by: date

    class Paid(TypedDict):
        """What `payments_of` adds to a row: what it paid."""

        pays: list[Any]

    class DrawnFigures(OpenFigures):
        """What `invoices` adds besides: the day on which it is drawn, and how much."""

        draw_on: date | None
        draw_amount: Decimal | None
        draw_surcharge: Decimal | None
        draw_kind: str | None

    OpenInvoice = WithAnnotations[Invoice, OpenFigures]
    DrawnInvoice = WithAnnotations[Invoice, DrawnFigures]
    PaidPayment = WithAnnotations[Payment, Paid]


@dataclass(frozen=True, kw_only=True)
class InvoiceCard:
    """An invoice in a list or on its own page."""

    public_id: str
    number: str
    issue_date: date
    due_date: date | None
    payable_by: date
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
    draw_on: date | None = None  # the day on which it is drawn by itself, and how much
    draw_amount: Decimal | None = None
    draw_kind: str | None = None  # from a bank account or a card


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What the account owes on a day."""

    owing: Decimal
    overdue: Decimal
    disputed: Decimal
    next_due: date | None
    next_invoice: InvoiceCard | None
    newest: tuple[InvoiceCard, ...]
    credit: Decimal = ZERO  # what the next bill is paid from
    kept: Decimal = ZERO  # credit that waits to go back as money, which no bill takes
    on_its_way: Decimal = ZERO  # what a bank was asked for and has not paid yet
    marks: frozenset[str] = frozenset()  # what the caller asked about in passing, and is so


def with_outstanding(rows: QuerySet[Invoice], *, shown: bool = False) -> QuerySet[OpenInvoice]:
    """Annotate what is still unpaid and what is contested, as the ledger keeps it.

    `shown` leaves out what a complaint about somebody's safety contests: it is collected from
    nobody, and shown to nobody.
    """
    return rows.select_related("open_item").annotate(
        outstanding=F("open_item__amount"),
        disputed=F("open_item__held_shown" if shown else "open_item__held"),
        payable_by=F("open_item__due_date"),
    )


def invoices(account: Account, *, shown: bool = False) -> QuerySet[DrawnInvoice]:
    """The account's invoices; `shown` as a page may show what is contested of them."""
    draw = Draw.objects.filter(invoice=OuterRef("pk"), state__in=LIVE_DRAWS)
    rows = with_outstanding(Invoice.objects.filter(account=account), shown=shown)
    return rows.annotate(
        draw_on=Subquery(draw.values("on")[:1]),
        draw_amount=Subquery(draw.values("amount")[:1]),
        draw_surcharge=Subquery(draw.values("surcharge")[:1]),
        draw_kind=Subquery(draw.values("mandate__kind")[:1]),
    )


def unpaid_invoices(account: Account) -> list[DrawnInvoice]:
    """Invoices with something left to pay, oldest due date first."""
    rows = invoices(account).filter(outstanding__gt=ZERO).order_by("payable_by", "pk")
    return list(rows)


def card(row: OpenInvoice, on: date) -> InvoiceCard:
    """An annotated invoice as a page shows it on a day."""
    return InvoiceCard(
        public_id=str(row.public_id),
        number=row.number,
        issue_date=row.issue_date,
        due_date=row.due_date,
        payable_by=row.payable_by,
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
        draw_on=getattr(row, "draw_on", None),
        draw_amount=_drawn_in_all(row),
        draw_kind=getattr(row, "draw_kind", None),
    )


def _drawn_in_all(row: OpenInvoice) -> Decimal | None:
    """What is drawn for an invoice, with what the card adds; None: nothing."""
    amount: Decimal | None = getattr(row, "draw_amount", None)
    return None if amount is None else amount + getattr(row, "draw_surcharge", ZERO)


def status_on(row: OpenInvoice, on: date) -> str:
    """paid, disputed, overdue, part_paid or due: a question about a day, never a state."""
    if row.outstanding <= ZERO:
        return "paid"
    if row.disputed >= row.outstanding:
        return "disputed"
    if on > row.payable_by:
        return "overdue"
    return "part_paid" if row.outstanding < row.total_inc else "due"


def balance(
    account: Account,
    on: date,
    newest: int = 0,
    *,
    shown: bool = False,
    marks: Mapping[str, Exists] | None = None,
) -> Balance:
    """What is owed and overdue, what falls due next, and the newest bills. One query.

    `shown` as a page may show what is contested; what is collected asks without it. `marks` are
    asked along with it; where there is no bill at all none of them is so.
    """
    asked = {f"mark_{name}": mark for name, mark in (marks or {}).items()}
    recent = Invoice.objects.filter(account=account).order_by("-issue_date", "-number")[:newest]
    rows = invoices(account, shown=shown).filter(
        Q(outstanding__gt=ZERO) | Q(pk__in=Subquery(recent.values("pk")))
    )
    rows = rows.annotate(
        begun=_on_its_way(account), drawn=_being_drawn(account), kept=_kept(account), **asked
    )
    found = list(rows.order_by("payable_by", "pk"))
    credit = balance_of(account).credit
    kept = (found[0].kept if found else _kept_of_credit(account, credit)) or ZERO
    cards = [card(row, on) for row in found]
    unpaid = [one for one in cards if one.outstanding > ZERO]
    late = [one for one in unpaid if one.payable_by < on]
    ahead = [one for one in unpaid if one.payable_by >= on]
    return Balance(
        credit=max(ZERO, credit - kept),
        kept=kept,
        on_its_way=((found[0].begun or ZERO) + (found[0].drawn or ZERO)) if found else ZERO,
        owing=sum((one.outstanding for one in unpaid), ZERO),
        overdue=sum((max(ZERO, one.outstanding - one.disputed) for one in late), ZERO),
        disputed=sum((one.disputed for one in unpaid), ZERO),
        marks=frozenset(name for name in marks or () if getattr(found[0], f"mark_{name}"))
        if found
        else frozenset(),
        next_due=ahead[0].payable_by if ahead else None,
        next_invoice=next(iter(late or ahead), None),
        newest=tuple(sorted(cards, key=lambda one: one.issue_date, reverse=True)[:newest]),
    )


def is_overdue(account: Account, on: date) -> bool:
    """Whether anything uncontested is unpaid past its day."""
    return balance(account, on).overdue > ZERO


def allocations(invoice: Invoice) -> list[Allocation]:
    """What paid the invoice: payments and credit notes, oldest first."""
    rows = Allocation.objects.filter(invoice=invoice, undone_on__isnull=True)
    return list(rows.select_related("payment", "credit_note").order_by("applied_on", "pk"))


@dataclass(frozen=True, kw_only=True)
class LateFee:
    """What paying an invoice on a day would add.

    `is_set` is false where the terms allow a fee but name no amount: nobody charges that unasked.
    """

    fee: Decimal | None
    interest: Decimal | None
    is_set: bool
    because: list[dict[str, Any]]


def late_fee_if_paid(account: Account, invoice: OpenInvoice, on: date) -> LateFee:
    """What the terms add if what of the invoice is open and not contested is paid on that day."""
    balance = max(ZERO, invoice.outstanding - invoice.disputed)
    return late_charge(account, invoice, balance=balance, paid_on=on)


def advised_before(invoice: Invoice, day: date) -> bool:
    """Whether a notice that was really sent named the late charge before a day."""
    return ChargeAdvice.objects.filter(invoice=invoice, advised_on__lt=day).exists()


def late_charge(
    account: Account,
    invoice: Invoice,
    *,
    balance: Decimal,
    paid_on: date,
    charge_advised: bool | None = None,
) -> LateFee:
    """What the terms add to an amount of the invoice that is paid on a day, in dollars.

    Told beforehand means: in a notice that went out before the day on which it would arise, unless
    `charge_advised` supposes it. Late is what comes after the day until which it can be paid, as
    an outcome may have moved it.
    """
    customer = account.customer
    provider = customer.provider
    if invoice.due_date is None or balance <= ZERO:
        return LateFee(fee=None, interest=None, is_set=False, because=[])
    advised = advised_before(invoice, paid_on) if charge_advised is None else charge_advised
    facts: dict[str, Any] = {
        "balance": balance,
        "due_date": invoice.open_item.due_date,
        "bill_date": invoice.issue_date,
        "paid_on": paid_on,
        "tcp": customer.is_tcp,
        "state": State(account.state),
        "elected": provider.late_payment_elected or None,
        "late_fee_amount": provider.late_fee_amount,
        "penalty_rate_percent": provider.penalty_rate_percent,
        "actual_cost": provider.late_payment_cost,
        "charge_advised": advised,
    }
    known = {key: value for key, value in facts.items() if value is not None}
    bound = binding(
        account,
        paid_on,
        actual_cost=provider.late_payment_cost,
        charge_advised=advised,
        caused_by=Cause.CUSTOMER,
    )
    typed = read_facts(rules.late_fee, known)
    try:
        answer = bound.decide(rules.late_fee, **typed)
        # The law's cap on an amount that the terms leave open is not itself an amount.
        is_set = rules.late_fee(bound.profile, **typed).fee is not None
    except TermsSilent as silence:
        return LateFee(fee=None, interest=None, is_set=False, because=as_json(silence.because))
    except BadFacts:
        # The provider has not yet said what its terms leave to it: nobody is charged meanwhile.
        return LateFee(fee=None, interest=None, is_set=False, because=[])
    return LateFee(
        fee=answer.fee if is_set else None,
        interest=answer.interest,
        is_set=is_set,
        because=as_json(answer.because),
    )


def last_payment_on(invoice: Invoice) -> date | None:
    """The day on which the last payment of an invoice was received; None if none was."""
    days = [row.payment.received_on for row in allocations(invoice) if row.payment is not None]
    return max(days, default=None)


def late_charge_as_paid(account: Account, invoice: Invoice) -> LateFee:
    """What the terms add to an invoice for the money that came after its day, in dollars.

    Interest counts for each payment to its own day; a fee arises once. What a credit note took
    off was never owed, so it never came late.
    """
    late: dict[date, Decimal] = {}
    for row in allocations(invoice):
        if row.payment is not None and row.payment.received_on > invoice.open_item.due_date:
            day = row.payment.received_on
            late[day] = late.get(day, ZERO) + row.amount
    found = [
        late_charge(account, invoice, balance=amount, paid_on=day)
        for day, amount in sorted(late.items())
    ]
    interest = sum((one.interest or ZERO for one in found), ZERO)
    dearest = max(found, key=lambda one: one.fee or ZERO, default=None)
    if interest or dearest is None:
        why = [reason for one in found if one.interest for reason in one.because]
        return LateFee(fee=None, interest=interest, is_set=bool(interest), because=why)
    return LateFee(fee=dearest.fee, interest=ZERO, is_set=dearest.is_set, because=dearest.because)


# --- whose money it is

# The digits of an account in its payment reference, before the check digit.
REFERENCE_DIGITS = 8
SUGGESTED = 10


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """An account that money could be for, and what speaks for it."""

    account: Account
    why: str


def check_digit(digits: str) -> str:
    """The MOD10V05 check digit of a BPAY reference (RF-PAY-04).

    Each digit counts by its place (1, 2, 3 …); the last digit of the sum is the check digit.
    """
    return str(sum(place * int(one) for place, one in enumerate(digits, start=1)) % 10)


def payment_reference(account: Account) -> str:
    """The account's own BPAY customer reference number: printed on its bills, never changing."""
    digits = f"{account.pk:0{REFERENCE_DIGITS}d}"
    return digits + check_digit(digits)


def reads_as_reference(text: str) -> str:
    """The digits of what looks like a payment reference, spaces left out; "" if it is none."""
    digits = "".join(text.split())
    is_one = digits.isascii() and digits.isdigit() and len(digits) > REFERENCE_DIGITS
    return digits if is_one else ""


def has_right_check_digit(reference: str) -> bool:
    """Whether the last digit of a reference follows from the others."""
    return check_digit(reference[:-1]) == reference[-1]


def account_of_reference(provider: Provider, reference: str) -> Account | None:
    """The provider's account with this payment reference; None where there is none."""
    if not has_right_check_digit(reference) or len(reference) > 2 * REFERENCE_DIGITS:
        return None
    rows = Account.objects.filter(customer__provider=provider).select_related("customer")
    found = rows.filter(pk=int(reference[:-1])).first()
    return found if found is not None and payment_reference(found) == reference else None


def named_in(provider: Provider, text: str) -> tuple[list[Account], list[Invoice]]:
    """The provider's accounts and invoices whose numbers stand in a text as whole words."""
    words = {one.upper() for one in re.split(r"[^0-9A-Za-z-]+", text) if one}
    mine = Account.objects.filter(customer__provider=provider).select_related("customer")
    invoices_ = Invoice.objects.filter(account__customer__provider=provider, number__in=words)
    return (
        list(mine.filter(number__in=words)),
        list(invoices_.select_related("account__customer")),
    )


def unmatched(rows: QuerySet[Payment]) -> QuerySet[Payment]:
    """Money that came in and of which nobody has said whose it is.

    The bank's sum for a file of direct debits and a payout of the gateway are nobody's.
    """
    return rows.filter(
        account__isnull=True,
        reversed_on__isnull=True,
        debit_file__isnull=True,
        payout__isnull=True,
    )


def suggestions(payment: Payment) -> list[Suggestion]:
    """Accounts that money in suspense could be for, the surest first; at most ten."""
    provider = payment.provider
    found: dict[int, Suggestion] = {}

    def suggest(account: Account | None, why: str) -> None:
        if account is not None:
            found.setdefault(account.pk, Suggestion(account=account, why=why))

    reference = reads_as_reference(payment.reference)
    if reference:
        suggest(account_of_reference(provider, reference), "its payment reference")
    named, billed = named_in(provider, payment.reference)
    for invoice in billed:
        suggest(invoice.account, f"invoice {invoice.number} is named")
    for account in named:
        suggest(account, "its number is named")
    for account in _one_digit_off(provider, reference) if reference else []:
        suggest(account, "its payment reference differs in a digit, or two changed places")
    open_now = OpenItem.objects.filter(
        account__customer__provider=provider, amount=payment.amount
    ).select_related("account__customer", "invoice")
    for item in open_now.order_by("due_date")[:SUGGESTED]:
        suggest(item.account, f"invoice {item.invoice} is open with this amount")
    owing = Account.objects.filter(customer__provider=provider, balance__owed=payment.amount)
    for account in owing.select_related("customer")[:SUGGESTED]:
        suggest(account, "it owes this amount")
    return list(found.values())[:SUGGESTED]


def _one_digit_off(provider: Provider, reference: str) -> list[Account]:
    """Accounts whose reference somebody may have mistyped: one digit, or two swapped."""
    near = {
        reference[:place] + digit + reference[place + 1 :]
        for place in range(len(reference))
        for digit in "0123456789"
    } | {
        reference[:place] + reference[place + 1] + reference[place] + reference[place + 2 :]
        for place in range(len(reference) - 1)
    }
    keys = {int(one[:-1]) for one in near if one != reference and has_right_check_digit(one)}
    rows = Account.objects.filter(customer__provider=provider, pk__in=sorted(keys)[:200])
    return list(rows.select_related("customer")[:SUGGESTED])


# --- paying in the portal


@dataclass(frozen=True, kw_only=True)
class Payable:
    """What somebody could pay now, in dollars, without what is contested or on its way already."""

    overdue: Decimal
    owed: Decimal
    on_its_way: Decimal


def payable(owed: Balance) -> Payable:
    """What of a balance, as a page may show it, can be paid now."""
    return Payable(
        overdue=max(ZERO, owed.overdue - owed.on_its_way),
        owed=max(ZERO, owed.owing - owed.disputed - owed.on_its_way),
        on_its_way=owed.on_its_way,
    )


def _on_its_way(account: Account) -> Subquery:
    rows = OnlinePayment.objects.filter(account=account, state=OnlineState.IN_PROGRESS)
    # What is drawn from a card by itself counts as being drawn.
    return _sum(rows.filter(draw__isnull=True))


def _being_drawn(account: Account) -> Subquery:
    return _sum(Draw.objects.filter(account=account, state=DrawState.SENT))


def _kept_of_credit(account: Account, credit: Decimal) -> Decimal:
    """What waits to go back of an account without bills; looked up only where there is credit."""
    return kept_for_refunds(account) if credit else ZERO


def _kept(account: Account) -> Subquery:
    return _sum(Refund.objects.filter(account=account, state__in=WAITING_REFUNDS))


def _sum(rows: QuerySet[Any]) -> Subquery:
    return Subquery(rows.order_by().values("account").annotate(sum=Sum("amount")).values("sum"))


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a payment would pay: bills by number with dollars, and what stays as credit."""

    pays: tuple[tuple[str, Decimal], ...]
    credit: Decimal
    because: list[dict[str, Any]]


def preview(
    account: Account, amount: Decimal, on: date, towards: Invoice | None = None
) -> Preview:
    """What an amount would pay if it came on a day, as a page may show it (payment_allocation)."""
    rows = {
        row.number: row for row in invoices(account, shown=True) if row.outstanding > row.disputed
    }
    pays, left = [], amount
    if towards is not None and (named := rows.pop(towards.number, None)):
        part = min(left, named.outstanding - named.disputed)
        pays.append((named.number, part))
        left -= part
    answer = binding(account, on).decide(
        rules.payment_allocation,
        balances=tuple(
            OpenBalance(
                invoice=row.number, date=row.issue_date, amount=row.outstanding - row.disputed
            )
            for row in rows.values()
        ),
        payment=left,
    )
    pays += [(one.invoice, one.amount) for one in answer.applied]
    return Preview(pays=tuple(pays), credit=answer.credit or ZERO, because=as_json(answer.because))


def payments_of(account: Account) -> QuerySet[PaidPayment]:
    """The account's payments with what each pays, for a list. Three queries, however many."""
    live = Allocation.objects.filter(undone_on__isnull=True).select_related("invoice")
    rows = (
        Payment.objects.filter(account=account)
        .select_related("online")
        .prefetch_related(Prefetch("allocations", queryset=live, to_attr="pays"))
    )
    return cast("QuerySet[PaidPayment]", rows)


def under_way(account: Account) -> list[OnlinePayment]:
    """What was begun in the portal and may still become money, newest first."""
    rows = OnlinePayment.objects.filter(account=account, state=OnlineState.IN_PROGRESS)
    return list(rows.filter(draw__isnull=True))


def unsolved(rows: QuerySet[GatewayEvent]) -> QuerySet[GatewayEvent]:
    """What a gateway said that does not fit, and about which nobody has done anything."""
    return rows.filter(solved_at__isnull=True).exclude(problem="")


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A payment as its receipt says it; amounts in dollars."""

    payment: Payment
    surcharge: Decimal
    pays: tuple[tuple[Invoice, Decimal], ...]
    credit: Decimal

    @property
    def status(self) -> str:
        return "reversed" if self.payment.reversed_on else "succeeded"

    @property
    def total(self) -> Decimal:
        """What the payer gave."""
        total: Decimal = self.payment.amount + self.surcharge
        return total


def receipt(row: PaidPayment) -> Receipt:
    """The receipt of a payment that `payments_of` gave."""
    online = getattr(row, "online", None)
    pays = tuple((one.invoice, one.amount) for one in row.pays)
    tied = sum((amount for _, amount in pays), ZERO)
    return Receipt(
        payment=row,
        surcharge=online.surcharge if online else ZERO,
        pays=pays,
        credit=ZERO if row.reversed_on else row.amount - tied,
    )
