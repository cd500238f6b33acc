"""The statement of an account: all that was billed, paid and credited between two days."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from billing.ledger.selectors import Statement, statement
from billing.payments.services import send_statement, statement_pdf
from portal.web.files import pdf_download
from portal.web.guards import AccountPage
from portal.web.sheets import csv_file
from terms.calendar import months_on
from terms.facts import Action, Role

from .appointing_forms import DateInput

MONTHS = 3
COLUMNS = ("Day", "What", "Number", "Charged", "Paid or credited", "Balance")


class RangeForm(forms.Form):
    """From which day to which; both days are on the statement."""

    first = forms.DateField(label="From", widget=DateInput())
    last = forms.DateField(label="To", widget=DateInput())

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if first and last and last < first:
            self.add_error("last", "The last day lies before the first: swap the two.")
        return given


class StatementPage(AccountPage, TemplateView):
    """What was owed before, what happened, what is owed after; as a page, on paper, or as CSV."""

    action = Action.VIEW_BILLS
    template_name = "customer/bills/statement.html"
    section = "bills"

    @cached_property
    def form(self) -> RangeForm:
        given = {"first": months_on(self.today, -MONTHS), "last": self.today}
        asked = {name: self.request.GET[name] for name in given if name in self.request.GET}
        return RangeForm(given | asked)

    @cached_property
    def found(self) -> Statement | None:
        if not self.form.is_valid():
            return None
        days: dict[str, date] = self.form.cleaned_data
        return statement(self.account, days["first"], days["last"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.GET.get("format") == "csv" and self.found is not None:
            return csv_file("statement", COLUMNS, map(_cells, self.found.rows))
        if request.GET.get("format") == "pdf" and self.found is not None:
            draw = partial(
                statement_pdf,
                self.account,
                days=self.days,
                at=request.at,
                who=self.permissions.sees_who,
            )
            return pdf_download(request, f"statement-{self.account.number.lower()}.pdf", draw)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Have the statement sent to the reader's own address."""
        if self.found is None:
            return super().get(request, *args, **kwargs)
        send_statement(account=self.account, by=request.user, days=self.days, at=request.at)
        messages.success(request, f"It is on its way to {request.user.email}.")
        return redirect(f"{request.path}?{request.GET.urlencode()}")

    @property
    def days(self) -> tuple[date, date]:
        given = self.form.cleaned_data
        return given["first"], given["last"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            form=self.form,
            statement=self.found,
            days=self.form.cleaned_data if self.found is not None else {},
            query=self.request.GET.urlencode(),
            account=self.account,
            may_have_it_sent=self.permissions.sees_who
            and not self.request.user.is_staff
            and self.decision.role != Role.ADVOCATE,
            **kwargs,
        )


def _cells(row: Any) -> tuple[Any, ...]:
    charged = row.amount if row.amount > 0 else ""
    paid = -row.amount if row.amount < 0 else ""
    return (row.day, row.kind.label, row.reference, charged, paid, row.balance)
