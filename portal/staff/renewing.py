"""Renewals of minimum terms: looked at where capacity to pay has to be, handsets brought."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from contracts.renewing import services
from contracts.renewing.models import TermRenewal
from contracts.renewing.selectors import handsets_to_bring, may_take_back
from contracts.renewing.services import RenewalRefused
from contracts.renewing.states import RenewalState
from parties.authority.selectors import NotAuthorised, local_day, staff_may
from portal.web.fields import DayField
from terms.calendar import in_words
from terms.facts import Action
from terms.lifecycle import IllegalStep
from terms.money import in_dollars

from .base import StepsAdmin

REFUSALS = (RenewalRefused, IllegalStep, NotAuthorised)


class FoundForm(forms.Form):
    """What a look at capacity to pay found."""

    why = forms.CharField(
        label="What you looked at, and what you found",
        min_length=5,
        max_length=300,
        help_text="It is kept. Of a refusal they read it.",
    )


class WhyForm(forms.Form):
    """Who asked for it."""

    why = forms.CharField(label="Who asked for it, and how", min_length=5, max_length=300)


class BroughtForm(forms.Form):
    """When the new handsets came to the customer."""

    on = DayField(label="Brought on")


class WaitsFilter(admin.SimpleListFilter):
    """Renewals by what is still to be done about them."""

    title = "to do"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("handsets", "New handsets to bring")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[TermRenewal]
    ) -> QuerySet[TermRenewal]:
        return handsets_to_bring(queryset) if self.value() == "handsets" else queryset


@admin.register(TermRenewal)
class TermRenewalAdmin(StepsAdmin):
    """Each renewal, and the step that comes next."""

    provider_path = "service__contract__account__customer__provider"
    list_display = ("service", "account", "state", "starts_on", "ends_on", "sum", "handsets_on")
    list_filter = ("state", WaitsFilter, provider_path)
    search_fields = ("service__identifier", "service__contract__account__number")
    list_select_related = ("service__contract__account__customer",)
    date_hierarchy = "asked_at"
    fields = (
        *("service", "state", "months", "starts_on", "ends_on", "monthly", "total"),
        *("brings_handsets", "handsets_on", "asked_at", "asked_by", "authority"),
        *("decided_at", "decided_by", "decided_why"),
    )
    steps = {
        "agree": "It can be paid: renew it",
        "refuse": "It can't be renewed",
        "handsets": "The new handsets are there",
        "back": "The customer takes it back",
    }

    @admin.display(description="account", ordering="service__contract__account__number")
    def account(self, row: TermRenewal) -> str:
        return row.service.contract.account.number

    @admin.display(description="over the term, inc GST", ordering="total")
    def sum(self, row: TermRenewal) -> str:
        return in_dollars(row.total)

    def steps_now(self, request: HttpRequest, row: TermRenewal) -> list[str]:
        if not staff_may(request.user, Action.OPEN_SERVICE).allowed:
            return []
        today = local_day(row.service.contract.account, request.at)
        now = ["agree", "refuse"] if row.state == RenewalState.ASKED else []
        owes = row.brings_handsets and row.handsets_on is None
        if row.state == RenewalState.AGREED and owes:
            now.append("handsets")
        return [*now, "back"] if may_take_back(row, today) else now

    def agree(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Renew it after a look at capacity to pay."""
        return self._take(request, pk, "agree", FoundForm, self._decide(agree=True))

    def refuse(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Refuse it; the term ends as before."""
        return self._take(request, pk, "refuse", FoundForm, self._decide(agree=False))

    def handsets(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note when the new handsets came."""
        return self._take(request, pk, "handsets", BroughtForm, services.note_handsets)

    def back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take it back because the customer asks for it."""
        return self._take(request, pk, "back", WhyForm, services.take_back_renewal)

    def _decide(self, *, agree: bool) -> Callable[..., TermRenewal]:
        return lambda **given: services.decide_renewal(agree=agree, **given)

    def _take(
        self,
        request: HttpRequest,
        pk: int,
        slug: str,
        form_class: type[forms.Form],
        act: Callable[..., Any],
    ) -> HttpResponse:
        row: TermRenewal = self.row_for_step(request, pk, slug, Action.OPEN_SERVICE)
        today = local_day(row.service.contract.account, request.at)
        return self.take_step(
            request,
            row,
            slug,
            form_class(request.POST or None, initial={"on": today}),
            partial(act, renewal=row),
            refusals=REFUSALS,
            done="Done.",
            back_to_row=True,
            about=row.service,
            notes=NOTES[slug],
            intro=f"{row.months} months from {in_words(row.starts_on)}: {in_dollars(row.monthly)} "
            f"a month, {in_dollars(row.total)} over the new term, inc GST.",
            because=row.because,
        )


NOTES = {
    "agree": "They are told, and get a confirmation on paper. The longer term counts at once.",
    "refuse": "They are told what you found. The term ends as before.",
    "handsets": "It is kept. Note each new handset in the register of equipment too.",
    "back": "They are told. The term ends as before, and nothing is owed.",
}
