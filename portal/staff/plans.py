"""The price list: what is offered to new orders, by steps of two people and with a day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from contracts.catalogue import selectors as catalogue
from contracts.catalogue import services
from contracts.catalogue.models import ListChange, Plan
from contracts.catalogue.services import ListRefused, needs_two, provider_day
from contracts.catalogue.states import LIST_OPEN, ListKind, ListState
from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Provider
from parties.authority.selectors import NotAuthorised
from terms.calendar import in_words
from terms.lifecycle import IllegalStep
from terms.money import in_dollars

from .base import StepAdmin
from .plans_forms import DayForm, DecideForm, DropForm, ListForm, PlanForm, PriceForm

REFUSALS = (ListRefused, IllegalStep, NotAuthorised)
ENTERS, DECIDES = "contracts.add_plan", "contracts.change_plan"
NO_NOTICE = (
    "It binds new orders and changes of plan alone, so nobody needs a notice. Another price for "
    "who has the plan is a price change: that one is told first."
)


@admin.register(Plan)
class PlanAdmin(StepAdmin):
    """Plans as they were published; what is offered changes by a step, with a day."""

    provider_path = "provider"
    list_display = ("name", "provider", "kind", "fee", "minimum_months", "is_listed")
    list_filter = ("is_listed", "provider", "kind")
    search_fields = ("name", "code")
    list_select_related = ("provider",)
    change_form_template = "admin/billing/steps_change_form.html"
    change_list_template = "admin/contracts/plan/change_list.html"

    @admin.display(description="monthly fee", ordering="monthly_fee")
    def fee(self, row: Plan) -> str:
        return in_dollars(row.monthly_fee)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(ENTERS))

    def get_urls(self) -> list[Any]:
        view, page = self.admin_site.admin_view, "contracts_plan"
        return [
            path("list/", view(self.on_a_day), name=f"{page}_list"),
            path("<int:pk>/price/", view(self.price), name=f"{page}_price_step"),
            path("<int:pk>/end/", view(self.end), name=f"{page}_end_step"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        steps: list[tuple[str, str]] = []
        if row is not None and row.is_listed and request.user.has_perm(ENTERS):
            page = "admin:contracts_plan"
            steps = [
                ("Another price for new orders", reverse(f"{page}_price_step", args=[row.pk])),
                ("Offer it no longer", reverse(f"{page}_end_step", args=[row.pk])),
            ]
        return super().change_view(
            request, object_id, form_url, {"steps": steps} | (extra_context or {})
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Enter a plan that was not offered before."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        providers = self._providers(request)
        start = {"provider": providers.first()} if providers.count() == 1 else {}
        form = PlanForm(request.POST or None, providers=providers, initial=start)
        return self._enter(
            request,
            form,
            lambda: services.enter_plan(by=request.user, at=request.at, **form.facts),
            title="Enter a new plan",
            notes="Nothing in it but its price in the list can be changed later: another offer is "
            "another plan.",
        )

    def price(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Another price for new orders, from a day on."""
        row = self._listed(request, pk)
        form = PriceForm(request.POST or None)
        return self._enter(
            request,
            form,
            lambda: services.enter_price(
                plan=row, by=request.user, at=request.at, **form.cleaned_data
            ),
            title="Another price for new orders",
            about=f"{row}: {in_dollars(row.monthly_fee)} in the list now",
            notes=_who_has_it(row),
        )

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Not offered any more, from a day on."""
        row = self._listed(request, pk)
        form = ListForm(request.POST or None)
        return self._enter(
            request,
            form,
            lambda: services.enter_end(
                plan=row, by=request.user, at=request.at, **form.cleaned_data
            ),
            title="Offer it no longer",
            about=row,
            notes=_who_has_it(row),
        )

    def on_a_day(self, request: HttpRequest) -> HttpResponse:
        """The list as it stood on a day, and the days on which another version began."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        providers = self._providers(request)
        form = DayForm(request.GET or None, providers=providers)
        asked = form.is_valid()
        provider = form.cleaned_data["provider"] if asked else providers.first()
        if provider is None:
            raise Http404
        today = provider_day(provider, request.at)
        on = (form.cleaned_data["on"] if asked else None) or today
        if on > today:
            form.add_error("on", f"The list is known up to today, {in_words(today)}.")
            on = today
        start = DayForm(initial={"on": on, "provider": provider}, providers=providers)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{provider.name}: the price list on {in_words(on)}",
            "form": form if request.GET else start,
            "listed": catalogue.price_list(provider, on),
            "versions": catalogue.list_versions(provider, today),
            "provider": provider,
            "on": on,
            "opts": self.opts,
        }
        return TemplateResponse(request, "staff/contracts/price_list.html", context)

    def _enter(
        self,
        request: HttpRequest,
        form: Any,
        enter: Callable[[], ListChange],
        *,
        title: str,
        notes: str,
        about: Any = "",
    ) -> HttpResponse:
        if request.method == "POST" and form.is_valid():
            try:
                row = enter()
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"Entered. {row.get_state_display()}.")
                return redirect("admin:contracts_listchange_change", row.pk)
        return self.step(
            request,
            form,
            title=title,
            action="Enter it",
            about=about,
            notes=notes,
            intro=NO_NOTICE,
        )

    def _listed(self, request: HttpRequest, pk: int) -> Plan:
        """The plan, where its place in the list can be changed. PermissionDenied, Http404."""
        if not request.user.has_perm(ENTERS):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or not row.is_listed:
            raise Http404
        plan: Plan = row
        return plan

    def _providers(self, request: HttpRequest) -> QuerySet[Provider]:
        mine = request.user.provider_id
        rows = Provider.objects.order_by("name")
        return rows.filter(pk=mine) if mine else rows


@admin.register(ListChange)
class ListChangeAdmin(StepAdmin):
    """Each change of the list, with who entered and who agreed to it."""

    provider_path = "provider"
    list_display = ("plan", "kind", "price", "on", "provider", "state", "entered_by", "decided_by")
    list_filter = ("state", "kind", "provider", ("problem", admin.EmptyFieldListFilter))
    search_fields = ("plan__name", "plan__code", "why")
    list_select_related = ("provider", "plan", "entered_by", "decided_by")
    date_hierarchy = "on"
    fields = (
        *("plan", "provider", "kind", "price", "on", "state", "why", "entered_by", "entered_at"),
        *("decided_by", "decided_at", "decided_why", "done_at", "problem"),
    )
    change_form_template = "admin/billing/steps_change_form.html"

    @admin.display(description="price a month", ordering="monthly_fee")
    def price(self, row: ListChange) -> str:
        return "–" if row.monthly_fee is None else in_dollars(row.monthly_fee)

    def get_urls(self) -> list[Any]:
        view, page = self.admin_site.admin_view, "contracts_listchange"
        return [
            path("<int:pk>/decide/", view(self.decide), name=f"{page}_decide_step"),
            path("<int:pk>/drop/", view(self.drop), name=f"{page}_drop_step"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        steps: list[tuple[str, str]] = []
        page = "admin:contracts_listchange"
        if row is not None and self._may_decide(request, row):
            steps.append(("Decide", reverse(f"{page}_decide_step", args=[row.pk])))
        if row is not None and row.state in LIST_OPEN and request.user.has_perm(ENTERS):
            steps.append(("Drop it", reverse(f"{page}_drop_step", args=[row.pk])))
        return super().change_view(
            request, object_id, form_url, {"steps": steps} | (extra_context or {})
        )

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Agree to what somebody else entered, or refuse it."""
        return self._take(
            request, pk, DECIDES, DecideForm, services.decide_list_change, "Decide", "Decided."
        )

    def drop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take back what is not in the list yet."""
        return self._take(
            request, pk, ENTERS, DropForm, services.drop_list_change, "Drop it", "Dropped."
        )

    def _may_decide(self, request: HttpRequest, row: ListChange) -> bool:
        is_mine = row.entered_by_id == request.user.pk and needs_two(row.provider)
        waits = row.state == ListState.ASKED
        return waits and not is_mine and bool(request.user.has_perm(DECIDES))

    def _take(
        self,
        request: HttpRequest,
        pk: int,
        permission: str,
        form_class: type[Any],
        take: Callable[..., ListChange],
        title: str,
        done: str,
    ) -> HttpResponse:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        form = form_class(request.POST or None)
        if form.is_valid():
            try:
                take(change=row, by=request.user, at=request.at, **form.cleaned_data)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, done)
                return redirect("admin:contracts_listchange_change", pk)
        price = f", {in_dollars(row.monthly_fee)} a month" if row.monthly_fee is not None else ""
        return self.step(
            request,
            form,
            title=title,
            action=title,
            about=f"{row}{price}, from {in_words(row.on)}",
            notes=_who_has_it(row.plan) if row.kind != ListKind.NEW else "",
            intro=f"Entered by {row.entered_by}: {row.why}. {NO_NOTICE}",
            back=reverse("admin:contracts_listchange_change", args=[pk]),
        )


def _who_has_it(plan: Plan) -> str:
    """How many services go on as they are."""
    runs = (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED, ServiceStatus.ORDERED)
    count = Service.objects.filter(plan=plan, status__in=runs).count()
    if count == 0:
        return "No service is on this plan."
    words = "1 service is" if count == 1 else f"{count} services are"
    return f"{words} on this plan: plan and price stay as they are."
