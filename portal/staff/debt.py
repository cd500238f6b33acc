"""Aged debt: how much is owed for how long, by provider; as a chart, a table and a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse

from billing.ledger.selectors import AgedSum, aged, aged_by_provider
from parties.accounts.models import Provider
from parties.authority.selectors import sees_in_lists
from parties.people.states import StaffData
from portal.web.sheets import csv_file
from terms.money import ZERO

HEADS = ("Not due", "1 to 30 days", "31 to 60", "61 to 90", "Over 90")
# The chart, in its own units.
WIDTH, BAR, GAP, LABEL = 640, 26, 12, 130


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar of the chart."""

    label: str
    amount: Decimal
    accounts: int
    y: int
    width: int

    @property
    def text_y(self) -> int:
        return self.y + BAR - 8

    @property
    def text_x(self) -> int:
        return LABEL + self.width + 8


def aged_debt(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """Show aged debt today, by the age of each bill or of the oldest, or give the file."""
    if not request.user.has_perm("billing.view_pursuit") or not sees_in_lists(
        request.user, StaffData.BILLING
    ):
        raise PermissionDenied
    own: Provider | None = request.user.provider
    on = request.at.date()
    if request.GET.get("format") == "csv":
        return _file(own, on)
    by_oldest = request.GET.get("by") == "oldest"
    rows = aged_by_provider(on, provider=own, by_oldest=by_oldest)
    context = {
        **site.each_context(request),
        "title": "Aged debt",
        "on": on,
        "by_oldest": by_oldest,
        "heads": HEADS,
        "rows": rows,
        "total": _together(rows),
        "bars": _bars(_together(rows)),
        "height": len(HEADS) * (BAR + GAP),
        "width": WIDTH,
        "bar": BAR,
        "label": LABEL,
    }
    return TemplateResponse(request, "staff/debt/aged.html", context)


def _together(rows: Iterable[AgedSum]) -> AgedSum:
    found = list(rows)
    return AgedSum(
        provider="All",
        amounts=tuple(sum((row.amounts[at] for row in found), ZERO) for at in range(len(HEADS))),
        accounts=tuple(sum(row.accounts[at] for row in found) for at in range(len(HEADS))),
        held=sum((row.held for row in found), ZERO),
    )


def _bars(total: AgedSum) -> list[Bar]:
    most = max(total.amounts)
    room = WIDTH - LABEL - 130
    return [
        Bar(
            label=label,
            amount=amount,
            accounts=accounts,
            y=at * (BAR + GAP),
            width=int(room * amount / most) if most > ZERO else 0,
        )
        for at, (label, amount, accounts) in enumerate(
            zip(HEADS, total.amounts, total.accounts, strict=True)
        )
    ]


def _file(provider: Provider | None, on: date) -> HttpResponseBase:
    """One row for each account that owes; nothing in it works as a formula."""
    head = ["Provider", "Account", "Customer", *HEADS, "Contested"]
    return csv_file(f"aged-debt-{on}", head, map(_cells, aged(provider, on)))


def _cells(row: Any) -> list[Any]:
    customer = row.account.customer
    parts = [row.not_due, row.to_30, row.to_60, row.to_90, row.older, row.held]
    return [customer.provider.name, row.account.number, customer.name, *parts]
