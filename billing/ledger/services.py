"""Post money: balanced legs, once for each key, with the sums that lists read."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Sum

from parties.accounts.models import Account, Balance, Provider
from terms.money import ZERO

from .models import ClosedMonth, LedgerEntry, OpenItem, Posting
from .states import LedgerAccount, PostingKind


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One side of a posting: `amount` in dollars, above zero a debit, below a credit."""

    to: LedgerAccount
    amount: Decimal
    account: Account | None = None
    invoice_id: int | None = None
    detail: str = ""


class Unbalanced(Exception):
    """The legs of a posting do not sum to zero."""


class KeyReused(Exception):
    """A key that was posted already comes with other content; nothing was posted."""


class MonthClosed(Exception):
    """The day lies in a month that takes no posting; post it on a later day."""


def post(
    *,
    provider: Provider,
    kind: PostingKind,
    day: date,
    key: str,
    legs: Iterable[Leg],
    at: datetime,
    because: list[dict[str, Any]] | None = None,
    reverses: Posting | None = None,
) -> Posting:
    """Write a posting with its legs and keep open amounts and balances in step.

    Legs of 0.00 are left out. Called again with the same key and content it changes nothing.
    Whoever posts for an account holds its row's lock. Raises Unbalanced, KeyReused, MonthClosed.
    """
    kept = [leg for leg in legs if leg.amount != ZERO]
    if sum((leg.amount for leg in kept), ZERO) != ZERO:
        raise Unbalanced(f"{key}: the legs sum to {sum(leg.amount for leg in kept)}.")
    content = _content(kind, day, kept)
    with transaction.atomic():
        known = Posting.objects.filter(provider=provider, key=key).first()
        if known is not None:
            if known.content != content:
                raise KeyReused(f"“{key}” was posted already, for something else.")
            return known
        if ClosedMonth.objects.filter(provider=provider, month=day.replace(day=1)).exists():
            raise MonthClosed(f"{day:%B %Y} is closed: date the correction later.")
        posting = Posting.objects.create(
            provider=provider,
            kind=kind,
            day=day,
            key=key,
            content=content,
            reverses=reverses,
            because=because or [],
            at=at,
        )
        LedgerEntry.objects.bulk_create(
            LedgerEntry(
                posting=posting,
                ledger_account=leg.to,
                account=leg.account,
                invoice_id=leg.invoice_id,
                detail=leg.detail,
                amount=leg.amount,
            )
            for leg in kept
        )
        _keep_open_items(kept)
        for account in {leg.account.pk: leg.account for leg in kept if leg.account}.values():
            keep_balance(account)
    return posting


def reverse(posting: Posting, *, day: date, key: str, at: datetime) -> Posting:
    """Undo a posting by its mirror image on a day. Raises what `post` raises."""
    legs = [
        Leg(
            to=LedgerAccount(entry.ledger_account),
            amount=-entry.amount,
            account=entry.account,
            invoice_id=entry.invoice_id,
            detail=entry.detail,
        )
        for entry in posting.entries.select_related("account")
    ]
    return post(
        provider=posting.provider,
        kind=PostingKind.REVERSAL,
        day=day,
        key=key,
        legs=legs,
        at=at,
        reverses=posting,
        because=posting.because,
    )


def open_invoice(*, invoice_id: int, account: Account, due_date: date) -> None:
    """Begin to keep what of a new invoice is open."""
    OpenItem.objects.create(invoice_id=invoice_id, account=account, due_date=due_date)


def move_due_date(*, invoice_id: int, due_date: date) -> None:
    """Let what is open be payable by another day (after an outcome, by an extension)."""
    item = OpenItem.objects.select_related("account").get(invoice_id=invoice_id)
    item.due_date = due_date
    item.save(update_fields=["due_date"])
    keep_balance(item.account)


def set_contested(*, invoice_id: int, amount: Decimal, shown: Decimal) -> None:
    """Keep how much of an invoice is contested by all together, and how much pages may show.

    No more of it is held than is open, now and whenever what is open changes.
    """
    item = OpenItem.objects.select_related("account").get(invoice_id=invoice_id)
    item.contested, item.contested_shown = amount, shown
    _hold(item)
    item.save(update_fields=["contested", "contested_shown", "held", "held_shown"])
    keep_balance(item.account)


def close_month(*, provider: Provider, month: date, by: str, at: datetime) -> ClosedMonth:
    """Let a month take no posting any more; twice is harmless."""
    row, _ = ClosedMonth.objects.get_or_create(
        provider=provider,
        month=month.replace(day=1),
        defaults={"closed_at": at, "closed_by": by},
    )
    return row


def keep_balance(account: Account) -> Balance:
    """Write what the account owes, disputes and has to its credit, as the entries say."""
    items = OpenItem.objects.filter(account=account, amount__gt=0)
    sums = items.aggregate(owed=Sum("amount"), held=Sum("held"))
    oldest = items.filter(amount__gt=F("held")).order_by("due_date").first()
    shown = items.filter(amount__gt=F("held_shown")).order_by("due_date").first()
    credit = LedgerEntry.objects.filter(
        account=account, ledger_account=LedgerAccount.CREDIT
    ).aggregate(sum=Sum("amount"))["sum"]
    row, _ = Balance.objects.update_or_create(
        account=account,
        defaults={
            "owed": sums["owed"] or ZERO,
            "held": sums["held"] or ZERO,
            "credit": -(credit or ZERO),
            "oldest_due": oldest.due_date if oldest else None,
            "oldest_due_shown": shown.due_date if shown else None,
        },
    )
    return row


def _keep_open_items(legs: list[Leg]) -> None:
    by_invoice: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for leg in legs:
        if leg.to == LedgerAccount.RECEIVABLE and leg.invoice_id is not None:
            by_invoice[leg.invoice_id] += leg.amount
    for invoice_id, change in by_invoice.items():
        item = OpenItem.objects.get(invoice_id=invoice_id)
        item.amount += change
        _hold(item)
        item.save(update_fields=["amount", "held", "held_shown"])


def _hold(item: OpenItem) -> None:
    item.held = min(item.contested, item.amount)
    item.held_shown = min(item.contested_shown, item.amount)


def _content(kind: PostingKind, day: date, legs: list[Leg]) -> str:
    plain = [
        kind.value,
        day.isoformat(),
        sorted(
            [
                leg.to.value,
                leg.account.pk if leg.account else None,
                leg.invoice_id,
                leg.detail,
                str(leg.amount),
            ]
            for leg in legs
        ),
    ]
    return hashlib.sha256(json.dumps(plain, default=str).encode()).hexdigest()
