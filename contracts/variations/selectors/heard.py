"""What a customer heard of changes of price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from contracts.supply.models import Service
from contracts.variations.models import PriceChange, TermsChange
from contracts.variations.states import HEARD, ChangeState
from parties.accounts.models import Account
from terms.calendar import in_words
from terms.money import in_dollars


@dataclass(frozen=True, kw_only=True)
class PriceNews:
    """A change that a customer was told of, as it stands on a day."""

    change: PriceChange
    is_in_force: bool
    may_leave: bool

    @property
    def words(self) -> str:
        """The change in a sentence or two."""
        row, day = self.change, self.change.effective_on
        since = f" from {in_words(day)}" if day else ""
        told = f"{row.service.label} costs {in_dollars(row.monthly_after)} a month{since}."
        if not self.may_leave or row.way_out_until is None:
            return told
        return f"{told} You can leave without a fee until {in_words(row.way_out_until)}."

    @property
    def service(self) -> Service:
        return self.change.service


def news_of(account: Account, on: date, service: Service | None = None) -> list[PriceNews]:
    """Changes that lie ahead, or still let the customer leave, by their day; one query.

    Those of one service, where one is given.
    """
    rows = _heard(on).filter(service__contract__account=account)
    if service is not None:
        rows = rows.filter(service=service)
    found = rows.select_related("service", "variation").order_by("effective_on", "pk")
    return [_news(row, on) for row in found]


def has_news(on: date) -> Exists:
    """Say of each row of a query of services whether `news_of` knows something of it."""
    return Exists(_heard(on).filter(service=OuterRef("pk")))


def _heard(on: date) -> QuerySet[PriceChange]:
    return PriceChange.objects.filter(
        Q(effective_on__gt=on) | Q(way_out_until__gte=on), state__in=HEARD
    )


def change_by_public_id(account: Account, public_id: str) -> PriceChange | None:
    """A change that the account was told of, or None."""
    told = [*HEARD, ChangeState.LEFT, ChangeState.LAPSED, ChangeState.WITHDRAWN]
    return (
        PriceChange.objects.filter(
            service__contract__account=account,
            public_id=public_id,
            state__in=told,
            notice__isnull=False,
        )
        .select_related(
            "variation", "notice", "service__plan", "service__contract__account__customer"
        )
        .first()
    )


def open_way_out(change: PriceChange | TermsChange, on: date) -> bool:
    """Whether the change still lets the customer leave without a fee on that day."""
    until = change.way_out_until
    return change.state in HEARD and until is not None and on <= until


def _news(row: PriceChange, on: date) -> PriceNews:
    return PriceNews(
        change=row,
        is_in_force=row.effective_on is not None and row.effective_on <= on,
        may_leave=open_way_out(row, on),
    )
