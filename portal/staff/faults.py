"""Faults: taken in hand, agreed to by phone, worked on with a preview of the cost, closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from contracts.requests import selectors as requests
from contracts.requests import services
from contracts.requests.models import Fault, FaultWork
from contracts.requests.selectors import Fee
from contracts.requests.services import FaultRefused
from contracts.requests.states import OPEN_FAULT, FaultState, Found
from parties.authority.selectors import NotAuthorised, staff_may
from portal.web.fields import DollarsField, MomentField
from terms.facts import Action
from terms.lifecycle import IllegalStep
from terms.money import in_dollars

from .base import ReadOnlyAdmin
from .faults_heard import HeardFaults
from .guarantee import GuaranteeSteps
from .leaving_forms import ConfirmForm
from .seen_form import SeenForm

REFUSALS = (FaultRefused, IllegalStep, NotAuthorised)


class CostForm(forms.Form):
    """The customer agreed, by phone or in another way, to what it can cost."""

    caller = forms.CharField(
        label="Who agreed, and how", max_length=150, help_text="It is kept, and they are told."
    )
    estimate = DollarsField(
        label="Price agreed for the work, GST included",
        required=False,
        help_text="Only where the terms let it be charged once it was priced.",
    )


class WorkForm(SeenForm):
    """A visit or work from afar."""

    on_site = forms.TypedChoiceField(
        label="Where",
        choices=[("yes", "A visit"), ("no", "From afar")],
        coerce=lambda word: word == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
    )
    started_at = MomentField(label="Began")
    ended_at = MomentField(label="Ended")
    found = forms.ChoiceField(label="Found", choices=Found.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        label="What was done, as the customer reads it", min_length=5, max_length=400
    )


class CloseForm(forms.Form):
    """How it came out."""

    is_mended = forms.TypedChoiceField(
        label="Outcome",
        choices=[("yes", "It works again"), ("no", "No fault was found")],
        coerce=lambda word: word == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
    )
    outcome = forms.CharField(
        label="What it was, as the customer reads it", min_length=5, max_length=500
    )


class WaitsFilter(admin.SimpleListFilter):
    """Those that wait for us, and for no outage."""

    title = "waits"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("new", "To take in hand"), ("open", "Not over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "new":
            return requests.open_faults(queryset).filter(state=FaultState.REPORTED)
        return requests.open_faults(queryset) if self.value() == "open" else queryset


@admin.register(Fault)
class FaultAdmin(GuaranteeSteps, HeardFaults):
    """Each fault, what was told and agreed, and the step that comes next."""

    provider_path = "service__contract__account__customer__provider"
    reference = "reference"
    list_display = (
        *("reference", "account", "service", "trouble", "state", "taken_at", "agreed"),
        *("outage", "complaint"),
    )
    list_filter = (
        WaitsFilter,
        "state",
        "trouble",
        "service__contract__account__customer__provider",
    )
    search_fields = ("reference", "service__identifier", "service__contract__account__number")
    list_select_related = ("service__contract__account__customer", "outage")
    date_hierarchy = "reported_at"
    fields = (
        *("reference", "service", "trouble", "what", "since", "tried", "reach", "channel"),
        *("reported_by", "caller", "reported_at", "taken_at", "cost_accepted_at"),
        *(
            "cost_accepted_by",
            "estimate",
            "outage",
            "complaint",
            "free_under",
            "state",
            "result",
            "closed_at",
        ),
    )
    steps = {
        "take": "Take it in hand",
        "cost": "They agree to the cost",
        "work": "Note work or a visit",
        "close": "Close it",
    }

    @admin.display(description="account", ordering="service__contract__account__number")
    def account(self, row: Fault) -> str:
        return row.service.contract.account.number

    @admin.display(description="agreed to cost", boolean=True)
    def agreed(self, row: Fault) -> bool:
        return row.cost_accepted_at is not None

    def reasons(self, row: Fault) -> Any:
        return [*row.desk_because, *row.cost_because]

    def steps_now(self, request: HttpRequest, row: Fault) -> list[str]:
        may = staff_may(request.user, Action.TROUBLESHOOT).allowed
        if row.state not in OPEN_FAULT or not may:
            return []
        return [slug for slug in self.steps if slug != "take" or row.state == FaultState.REPORTED]

    def take(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take it in hand."""
        return self._take(request, pk, "take", ConfirmForm, services.take_fault)

    def cost(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that they agree to what it can cost."""
        return self._take(request, pk, "cost", CostForm, services.accept_cost)

    def close(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Close it; they are told."""
        return self._take(request, pk, "close", CloseForm, services.close_fault)

    def work(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note a visit or work from afar, after a look at what it costs them."""
        row = self._row(request, pk, "work")
        start = {"started_at": request.at - timedelta(hours=1), "ended_at": request.at}
        form = WorkForm(request.POST or None, initial=start)
        notes, because, action = "", [], "Show what it costs them"
        if form.is_valid():
            given = {
                name: form.cleaned_data[name] for name in ("on_site", "started_at", "ended_at")
            }
            given["found"] = Found(form.cleaned_data["found"])
            words = form.cleaned_data["words"]
            try:
                if form.is_previewed():
                    services.note_work(
                        fault=row, words=words, by=request.user, at=request.at, **given
                    )
                    messages.success(request, "Noted; they are told.")
                    return redirect("admin:contracts_fault_change", pk)
                fee = services.preview_work(fault=row, **given)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                notes, because = _said(fee, row), fee.because
                form.show()
                action = "Note it, and tell them"
        return self._page(request, row, form, "work", action, notes, because)

    def _take(
        self,
        request: HttpRequest,
        pk: int,
        slug: str,
        form_class: type[forms.Form],
        service: Callable[..., Any],
    ) -> HttpResponse:
        row = self._row(request, pk, slug)
        told = requests.cost_told(row.service, request.at)
        parts = "; ".join(
            f"{name}: {in_dollars(first)} for the first hour, then {in_dollars(more)} an hour"
            for name, first, more in told.parts
        )
        notes = f"{told.words} {parts}" if slug == "cost" else ""
        return self.take_step(
            request,
            row,
            slug,
            form_class(request.POST if request.method == "POST" else None),
            partial(service, fault=row),
            refusals=REFUSALS,
            done="Done.",
            back_to_row=True,
            notes=notes,
            because=told.because,
            intro=_trouble(row),
        )

    def _row(self, request: HttpRequest, pk: int, slug: str) -> Fault:
        row: Fault = self.row_for_step(request, pk, slug, Action.TROUBLESHOOT)
        return row

    def _page(
        self,
        request: HttpRequest,
        row: Fault,
        form: Any,
        slug: str,
        action: str,
        notes: str,
        because: Any,
    ) -> HttpResponse:
        return self.step(
            request,
            form,
            title=self.steps[slug],
            action=action,
            about=row,
            notes=notes,
            because=because,
            intro=_trouble(row),
            back=reverse("admin:contracts_fault_change", args=[row.pk]),
        )


@admin.register(FaultWork)
class FaultWorkAdmin(ReadOnlyAdmin):
    """Visits and work from afar, with what each cost."""

    provider_path = "fault__service__contract__account__customer__provider"
    list_display = ("fault", "started_at", "ended_at", "on_site", "found", "dollars")
    list_filter = ("found", "on_site", provider_path)
    search_fields = ("fault__reference", "fault__service__contract__account__number")
    list_select_related = ("fault__service__contract__account__customer",)
    exclude = ("because", "amount")
    readonly_fields = ("dollars",)

    @admin.display(description="cost, inc GST", ordering="amount")
    def dollars(self, row: FaultWork) -> str:
        return in_dollars(row.amount)


def _said(fee: Fee, row: Fault) -> str:
    """What it would cost them, in words."""
    if fee.amount:
        return f"It costs {in_dollars(fee.amount)}, GST included, on the next bill."
    if not fee.is_known:
        return "It costs nothing here: the terms print no price. See the clause."
    if row.free_under:
        return f"It costs nothing, as agreed in complaint {row.free_under}."
    if row.cost_accepted_at is None:
        return "It costs nothing: nobody had agreed to the cost before it began, or it was ours."
    return "It costs nothing."


def _trouble(row: Fault) -> str:
    return f"{row.get_trouble_display()}: {row.what}"
