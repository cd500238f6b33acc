"""What the ledger says: balances, what is open, and whether all of it agrees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet, Sum

from billing.ledger.models import LedgerEntry, OpenItem, Posting
from billing.ledger.states import LedgerAccount, PostingKind
from parties.accounts.models import Account, Balance, Provider
from terms.money import ZERO


@dataclass(frozen=True, kw_only=True)
class Discrepancy:
    """Two figures that should agree and do not."""

    what: str
    expected: Decimal
    found: Decimal


def balance_of(account: Account) -> Balance:
    """The kept balance of an account, as it was read with it if it was.

    An account without entries owes nothing.
    """
    try:
        return account.balance
    except Balance.DoesNotExist:
        return Balance(account=account)


def open_items(account: Account) -> QuerySet[OpenItem]:
    """The account's invoices with something left open, oldest invoice first."""
    return (
        OpenItem.objects.filter(account=account, amount__gt=ZERO)
        .select_related("invoice")
        .order_by("invoice__issue_date", "invoice__number")
    )


def credit_of(account: Account) -> Decimal:
    """Money and credits of the account that are tied to no invoice, from the entries."""
    found = LedgerEntry.objects.filter(
        account=account, ledger_account=LedgerAccount.CREDIT
    ).aggregate(sum=Sum("amount"))["sum"]
    return -(found or ZERO)


def entries_of(account: Account) -> QuerySet[LedgerEntry]:
    """What was posted to the account's receivable and credit, oldest first."""
    return (
        LedgerEntry.objects.filter(
            account=account,
            ledger_account__in=[LedgerAccount.RECEIVABLE, LedgerAccount.CREDIT],
        )
        .select_related("posting", "invoice")
        .order_by("posting__day", "posting_id", "pk")
    )


@dataclass(frozen=True, kw_only=True)
class StatementRow:
    """A posting as a statement shows it: what it added to what the account owes, in dollars."""

    day: date
    kind: PostingKind
    reference: str
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What an account owed before the first day, what happened, and what it owes after the last.

    Below zero the account is in credit.
    """

    opening: Decimal
    rows: tuple[StatementRow, ...]
    closing: Decimal


def statement(account: Account, first: date, last: date) -> Statement:
    """The account's statement of some days, both included. Two queries, whatever their number.

    What only moves between credit and an invoice of the account is left out: it owes the same.
    """
    of_account = LedgerEntry.objects.filter(
        account=account,
        ledger_account__in=[LedgerAccount.RECEIVABLE, LedgerAccount.CREDIT],
    )
    before = of_account.filter(posting__day__lt=first).aggregate(sum=Sum("amount"))["sum"]
    opening = balance = before or ZERO
    sums = (
        of_account.filter(posting__day__range=(first, last))
        .order_by()
        .values("posting", "posting__day", "posting__kind", "posting__key")
        .annotate(sum=Sum("amount"))
        .exclude(sum=0)
        .order_by("posting__day", "posting")
    )
    rows = []
    for row in sums:
        balance += row["sum"]
        rows.append(
            StatementRow(
                day=row["posting__day"],
                kind=PostingKind(row["posting__kind"]),
                reference=_reference(row["posting__key"]),
                amount=row["sum"],
                balance=balance,
            )
        )
    return Statement(opening=opening, rows=tuple(rows), closing=balance)


def _reference(key: str) -> str:
    """What people know of a posting's key: the number of an invoice or a credit note."""
    kind, _, rest = key.partition(":")
    return rest if kind in ("invoice", "credit_note") else ""


def trial_balance(provider: Provider, *, until: date | None = None) -> dict[str, Decimal]:
    """The sum of each ledger account up to a day, included; all of them sum to zero."""
    rows = LedgerEntry.objects.filter(posting__provider=provider)
    if until is not None:
        rows = rows.filter(posting__day__lte=until)
    sums = rows.order_by().values("ledger_account").annotate(sum=Sum("amount"))
    found = {row["ledger_account"]: row["sum"] for row in sums}
    return {one.label: found.get(one.value) or ZERO for one in LedgerAccount}


def gst_collected(provider: Provider, first: date, last: date) -> Decimal:
    """The GST of a quarter or any other days, both included."""
    found = LedgerEntry.objects.filter(
        posting__provider=provider,
        posting__day__range=(first, last),
        ledger_account=LedgerAccount.GST,
    ).aggregate(sum=Sum("amount"))["sum"]
    return -(found or ZERO)


def discrepancies() -> Iterator[Discrepancy]:
    """Everything that does not agree: postings, open amounts, kept balances."""
    unbalanced = (
        Posting.objects.annotate(sum=Sum("entries__amount")).exclude(sum=0).exclude(sum=None)
    )
    for posting in unbalanced:
        yield Discrepancy(what=f"posting {posting.key}", expected=ZERO, found=posting.sum)
    sums = dict(
        LedgerEntry.objects.filter(ledger_account=LedgerAccount.RECEIVABLE)
        .order_by()
        .values("invoice")
        .annotate(sum=Sum("amount"))
        .values_list("invoice", "sum")
    )
    for item in OpenItem.objects.select_related("invoice").iterator(2000):
        expected = sums.get(item.invoice_id) or ZERO
        if item.amount != expected:
            yield Discrepancy(
                what=f"open amount of {item.invoice}", expected=expected, found=item.amount
            )
    open_of = dict(
        OpenItem.objects.order_by()
        .values("account")
        .annotate(sum=Sum("amount"))
        .values_list("account", "sum")
    )
    credits = dict(
        LedgerEntry.objects.filter(ledger_account=LedgerAccount.CREDIT)
        .order_by()
        .values("account")
        .annotate(sum=Sum("amount"))
        .values_list("account", "sum")
    )
    for kept in Balance.objects.select_related("account").iterator(2000):
        owed = open_of.get(kept.account_id) or ZERO
        credit = -(credits.get(kept.account_id) or ZERO)
        if kept.owed != owed:
            yield Discrepancy(
                what=f"balance of {kept.account.number}", expected=owed, found=kept.owed
            )
        if kept.credit != credit:
            yield Discrepancy(
                what=f"credit of {kept.account.number}", expected=credit, found=kept.credit
            )
