"""Aged debt: how much is owed for how long, by provider; as a chart, a table and a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse

from billing.ledger.selectors import (
    AgedRow,
    AgedSum,
    Bucket,
    aged_accounts,
    aged_by_provider,
    as_aged,
)
from parties.accounts.models import Provider
from parties.authority.selectors import sees_in_lists
from parties.people.states import StaffData
from portal.web.sheets import csv_file
from terms.money import ZERO

HEADS = ("Not due", "1 to 30 days", "31 to 60", "61 to 90", "Over 90")
FILE_HEADS = ("Provider", "Account", "Customer", "Oldest due", *HEADS, "Together", "Contested")
SORTS = {
    "amount": ("-free", "number"),
    "oldest": (F("oldest").asc(nulls_last=True), "number"),
    "number": ("number",),
    "customer": ("customer", "number"),
}
ON_PAGE = 50
# The chart, in its own units.
WIDTH, BAR, GAP, LABEL = 640, 26, 12, 130


class FilterForm(forms.Form):
    """Which accounts that owe are listed, and in which order."""

    q = forms.CharField(label="Number or name", required=False, max_length=80)
    provider = forms.ModelChoiceField(
        label="Provider",
        queryset=Provider.objects.none(),
        to_field_name="key",
        required=False,
        empty_label="All",
    )
    bucket = forms.ChoiceField(
        label="Oldest bill",
        required=False,
        choices=[("", "Any age"), *((one.value, HEADS[at]) for at, one in enumerate(Bucket))],
    )
    sort = forms.ChoiceField(
        label="Sorted by",
        required=False,
        choices=[
            ("amount", "What is owed, most first"),
            ("oldest", "Oldest bill first"),
            ("number", "Account number"),
            ("customer", "Name"),
        ],
    )

    def __init__(self, *args: Any, providers: QuerySet[Provider], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].queryset = providers


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
    """Show aged debt today, by the age of each bill or of the oldest, of each account."""
    _require(request)
    own: Provider | None = request.user.provider
    on = request.at.date()
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
        "counts": list(zip(_together(rows).accounts, Bucket, strict=True)),
        "bars": _bars(_together(rows)),
        "height": len(HEADS) * (BAR + GAP),
        "width": WIDTH,
        "bar": BAR,
        "label": LABEL,
    }
    return TemplateResponse(request, "staff/debt/aged.html", context)


def aged_debt_accounts(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """List the accounts that owe, of one provider and bucket, sorted; or give them as a file."""
    _require(request)
    own: Provider | None = request.user.provider
    providers = Provider.objects.filter(pk=own.pk) if own else Provider.objects.order_by("name")
    on = request.at.date()
    form = FilterForm(request.GET, providers=providers)
    chosen = form.cleaned_data if form.is_valid() else {}
    provider = own or chosen.get("provider")
    bucket = Bucket(chosen["bucket"]) if chosen.get("bucket") else None
    sort = chosen.get("sort") or "amount"
    rows = aged_accounts(on, provider=provider, bucket=bucket)
    if chosen.get("q"):
        rows = rows.filter(Q(number__icontains=chosen["q"]) | Q(customer__icontains=chosen["q"]))
    rows = rows.order_by(*SORTS[sort])
    if request.GET.get("format") == "csv":
        return csv_file(f"aged-debt-{on}", FILE_HEADS, (_cells(as_aged(row)) for row in rows))
    page = Paginator(rows, ON_PAGE).get_page(request.GET.get("page"))
    context = {
        **site.each_context(request),
        "title": "Accounts that owe",
        "on": on,
        "form": form,
        "heads": HEADS,
        "page": page,
        "rows": [as_aged(row) for row in page],
        "query": urlencode(
            {name: request.GET[name] for name in FilterForm.base_fields if request.GET.get(name)}
        ),
    }
    return TemplateResponse(request, "staff/debt/accounts.html", context)


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm("billing.view_pursuit") or not sees_in_lists(
        request.user, StaffData.BILLING
    ):
        raise PermissionDenied


def _together(rows: Iterable[AgedSum]) -> AgedSum:
    found = list(rows)
    return AgedSum(
        provider="All",
        key="",
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


def _cells(row: AgedRow) -> list[Any]:
    """A row of the file; nothing in it works as a formula."""
    oldest = row.oldest_due or ""
    return [row.provider, row.number, row.customer, oldest, *row.amounts, row.total, row.held]
