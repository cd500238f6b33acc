"""Aged debt: what is open and not contested, by days past due, from what the ledger keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import Count, ExpressionWrapper, F, Q, QuerySet, Sum

from billing.ledger.models import OpenItem
from parties.accounts.models import Provider
from records.fields import MoneyField
from terms.money import ZERO


class Bucket(StrEnum):
    """How long money is past due."""

    NOT_DUE = "not_due"
    TO_30 = "to_30"
    TO_60 = "to_60"
    TO_90 = "to_90"
    OLDER = "older"


# Days overdue at which the buckets end.
EDGES = (0, 30, 60, 90)
OLDEST = "account__balance__oldest_due_shown"


@dataclass(frozen=True, kw_only=True)
class AgedRow:
    """What an account owes, undisputed, in dollars by bucket; what it contests; its oldest day.

    What only the privacy role may know is contested counts as not contested, as on every page.
    """

    account_id: int
    number: str
    customer: str
    provider: str
    amounts: tuple[Decimal, ...]
    held: Decimal
    oldest_due: date | None

    @property
    def total(self) -> Decimal:
        return sum(self.amounts, ZERO)


@dataclass(frozen=True, kw_only=True)
class AgedSum:
    """What the customers of a provider owe, undisputed, in dollars, and how many accounts.

    `amounts` and `accounts` are by bucket.
    """

    provider: str
    key: str
    amounts: tuple[Decimal, ...]
    accounts: tuple[int, ...]
    held: Decimal

    @property
    def total(self) -> Decimal:
        return sum(self.amounts, ZERO)

    @property
    def overdue(self) -> Decimal:
        return sum(self.amounts[1:], ZERO)


def aged_accounts(
    on: date, *, provider: Provider | None = None, bucket: Bucket | None = None
) -> QuerySet[Any, dict[str, Any]]:
    """What each account that owes has open, one row each, to be sorted and cut before it is read.

    `bucket` is that of the account's oldest bill. A row has `number`, `customer`, `free` and
    `oldest`, all of which it can be sorted by; `as_aged` reads it.
    """
    rows = OpenItem.objects.filter(amount__gt=ZERO)
    if provider is not None:
        rows = rows.filter(account__customer__provider=provider)
    if bucket is not None:
        rows = rows.filter(_in(OLDEST, bucket, on), amount__gt=F("held_shown"))
    found: QuerySet[Any, Any] = (
        rows.order_by()
        .values("account")
        .annotate(
            number=F("account__number"),
            customer=F("account__customer__name"),
            provider=F("account__customer__provider__name"),
            oldest=F(OLDEST),
            free=Sum(_free()),
            disputed=Sum("held_shown"),
            **{one.value: Sum(_free(), filter=_in("due_date", one, on)) for one in Bucket},
        )
        .order_by("number")
    )
    return found


def as_aged(row: dict[str, Any]) -> AgedRow:
    """A row of `aged_accounts`."""
    return AgedRow(
        account_id=row["account"],
        number=row["number"],
        customer=row["customer"],
        provider=row["provider"],
        amounts=tuple(row[one.value] or ZERO for one in Bucket),
        held=row["disputed"] or ZERO,
        oldest_due=row["oldest"],
    )


def aged_by_provider(
    on: date, *, provider: Provider | None = None, by_oldest: bool = False
) -> list[AgedSum]:
    """Aged debt of each provider in one query.

    By the age of each bill, or all that an account owes by the age of its oldest (`by_oldest`);
    the numbers of accounts are always by the age of their oldest.
    """
    rows = OpenItem.objects.filter(amount__gt=ZERO)
    if provider is not None:
        rows = rows.filter(account__customer__provider=provider)
    sums: dict[str, Any] = {}
    for one in Bucket:
        oldest = _in(OLDEST, one, on)
        sums[one.value] = Sum(_free(), filter=oldest if by_oldest else _in("due_date", one, on))
        sums[f"{one}_accounts"] = Count(
            "account", distinct=True, filter=oldest & Q(amount__gt=F("held_shown"))
        )
    name, key = "account__customer__provider__name", "account__customer__provider__key"
    found: Any = (
        rows.order_by()
        .values(name, key)
        .annotate(disputed=Sum("held_shown"), **sums)
        .order_by(name)
    )
    return [
        AgedSum(
            provider=row[name],
            key=row[key],
            amounts=tuple(row[one.value] or ZERO for one in Bucket),
            accounts=tuple(row[f"{one}_accounts"] for one in Bucket),
            held=row["disputed"] or ZERO,
        )
        for row in found
    ]


def _free() -> ExpressionWrapper[Any]:
    """What is open and not contested; the difference of two amounts is an amount again."""
    return ExpressionWrapper(F("amount") - F("held_shown"), output_field=MoneyField())


def _in(path: str, bucket: Bucket, on: date) -> Q:
    """Whether a due day lies in a bucket on a day."""
    at = list(Bucket).index(bucket)
    days = [on - timedelta(days=edge) for edge in EDGES]
    until = Q() if at == 0 else Q(**{f"{path}__lt": days[at - 1]})
    since = Q() if at == len(days) else Q(**{f"{path}__gte": days[at]})
    return since & until
