from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from contracts.agreements.models import Contract
from contracts.catalogue.models import Plan
from contracts.supply import services
from contracts.supply.models import PlanChange, Service
from contracts.supply.services import PlanChangeRefused
from contracts.supply.states import PlanChangeState
from contracts.variations.selectors import waiting_for_index
from parties.authority.selectors import staff_may
from terms.facts import Action

from .base import ConfinedAdmin, ReadOnlyAdmin
from .contracts_forms import DecideForm
from .supply import SupplySteps

# What changes a customer's figures: fixed once a plan or a service is there.
PRICED = (
    "provider",
    "code",
    "kind",
    "monthly_fee",
    "call_rate",
    "minimum_months",
    "every_months",
    "includes",
)
AGREED = (
    "version",
    "started_on",
    "minimum_months",
    "price_fixed_until",
    "agreed",
    "agreed_in",
)
SUPPLIED = ("contract", "plan", "quantity", "ready_notified_on", "first_used_on")


@admin.register(Plan)
class PlanAdmin(ConfinedAdmin):
    provider_path = "provider"
    list_display = ("name", "provider", "kind", "monthly_fee", "minimum_months")
    list_filter = ("provider", "kind")
    search_fields = ("name", "code")
    list_select_related = ("provider",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What customers pay by a plan is not changed for all of them by a form."""
        fixed = PRICED if obj is not None else ()
        return [*super().get_readonly_fields(request, obj), *fixed]


class ServiceInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Service
    extra = 0
    fields = ("label", "identifier", "plan", "quantity", "status", "activated_on", "ended_on")
    readonly_fields = fields
    can_delete = False


@admin.register(Contract)
class ContractAdmin(ConfinedAdmin):
    provider_path = "account__customer__provider"
    list_display = ("reference", "account", "version", "started_on", "minimum_months")
    list_filter = ("account__customer__provider", "version")
    search_fields = ("reference", "account__number", "account__customer__name")
    list_select_related = ("account__customer",)
    autocomplete_fields = ("account",)
    inlines = (ServiceInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was agreed stays as it was signed; amounts are noted by a step of their own."""
        fixed = AGREED if obj is not None else ("agreed",)
        return [*super().get_readonly_fields(request, obj), *fixed]


class RiseFilter(admin.SimpleListFilter):
    """Services by what their yearly rise waits for."""

    title = "yearly rise"
    parameter_name = "rise"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waits", "Waits for the index")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "waits":
            return queryset
        return waiting_for_index(queryset, request.at.date(), request.user.provider)


@admin.register(Service)
class ServiceAdmin(SupplySteps, ConfinedAdmin):
    provider_path = "contract__account__customer__provider"
    list_display = ("label", "identifier", "plan", "status", "activated_on", "ended_on")
    list_filter = ("status", RiseFilter, "plan__kind", "contract__account__customer__provider")
    search_fields = ("label", "identifier", "contract__account__number")
    list_select_related = ("plan",)
    readonly_fields = (
        "status",
        "activated_on",
        "ended_on",
        "numbers_left_on",
        "billed_through",
        "recheck_from",
        "billing_start_confirmed",
    )
    autocomplete_fields = ("contract", "plan")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is supplied, since when and how many changes by steps with a day, not by a form."""
        fixed = SUPPLIED if obj is not None else ()
        return [*super().get_readonly_fields(request, obj), *fixed]


@admin.register(PlanChange)
class PlanChangeAdmin(ReadOnlyAdmin):
    """Plan changes, with the button that decides what waits for the provider's word."""

    provider_path = "service__contract__account__customer__provider"
    list_display = (
        "service",
        "from_plan",
        "to_plan",
        "monthly_before",
        "monthly_after",
        "state",
        "takes_effect_on",
        "asked_by",
    )
    list_filter = (
        "state",
        ("problem", admin.EmptyFieldListFilter),
        "service__contract__account__customer__provider",
    )
    search_fields = ("service__label", "service__contract__account__number")
    list_select_related = ("service", "from_plan", "to_plan", "asked_by")
    change_form_template = "admin/contracts/planchange/change_form.html"

    def get_urls(self) -> list[Any]:
        decide = self.admin_site.admin_view(self.decide)
        return [
            path("<int:pk>/decide/", decide, name="contracts_planchange_decide"),
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
        waits = row is not None and row.state == PlanChangeState.WAITING
        may = staff_may(request.user, Action.CHANGE_PLAN).allowed
        extra = {"may_decide": waits and may} | (extra_context or {})
        return super().change_view(request, object_id, form_url, extra)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Agree, from the day that the terms give, or refuse with a reason."""
        if not staff_may(request.user, Action.CHANGE_PLAN).allowed:
            raise PermissionDenied
        change = self.get_object(request, str(pk))
        if change is None:
            raise Http404
        form = DecideForm(request.POST or None)
        if form.is_valid():
            try:
                services.decide_plan_change(
                    change=change, by=request.user, at=request.at, **form.cleaned_data
                )
                messages.success(request, "Decided. The customer is told.")
                return redirect("admin:contracts_planchange_change", pk)
            except PlanChangeRefused as refusal:
                form.add_error(None, str(refusal))
        context = {
            **self.admin_site.each_context(request),
            "title": "Decide the plan change",
            "action": "Decide",
            "about": change,
            "form": form,
            "opts": self.opts,
            "back": reverse("admin:contracts_planchange_changelist"),
        }
        return TemplateResponse(request, "staff/step.html", context)
