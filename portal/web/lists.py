"""Choosing an account, claiming one, the people on it, and what lists have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.views.generic import ListView

from .guards import AccountPage
from .sheets import csv_file


class ListPage(AccountPage, ListView):  # type: ignore[type-arg]
    """A list of the account's things: search, sort, pages of 20, CSV.

    `search_in` are fields that a search looks in, `sorts` the orders offered by key (a key that
    no sort knows is ignored), `csv_columns` headings with the attribute behind each.
    """

    paginate_by = 20
    search_in: tuple[str, ...] = ()
    sorts: dict[str, str] = {}
    csv_columns: dict[str, str] = {}
    csv_name = "list"

    @property
    def searched(self) -> tuple[str, ...]:
        """The fields that this reader may search in."""
        return self.search_in

    def rows(self) -> QuerySet[Any]:
        """The account's rows, before search and order."""
        raise LookupError(f"{type(self).__name__} names no rows")

    def get_queryset(self) -> QuerySet[Any]:
        found = self.rows()
        asked = self.request.GET.get("q", "").strip()
        if asked:
            where = Q()
            for name in self.searched:
                where |= Q(**{f"{name}__icontains": asked})
            found = found.filter(where)
        order = self.request.GET.get("sort", "")
        field = self.sorts.get(order.lstrip("-"))
        if field:
            found = found.order_by(f"-{field}" if order.startswith("-") else field)
        return found

    def get_paginate_by(self, queryset: Any) -> int:
        return self.paginate_by

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.GET.get("format") == "csv" and self.csv_columns:
            cells = (
                [getattr(row, name) for name in self.csv_columns.values()]
                for row in self.csv_rows()
            )
            return csv_file(self.csv_name, self.csv_columns, cells)
        return super().get(request, *args, **kwargs)

    def csv_rows(self) -> Iterable[Any]:
        """What the file holds, one object a row, for `csv_columns` to read."""
        return self.get_queryset().iterator(500)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(q=self.request.GET.get("q", ""), **kwargs)
