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
from contracts.agreements.services import ContractRefused, note_contract
from contracts.catalogue.models import Plan
from contracts.supply import services
from contracts.supply.models import PlanChange, Service
from contracts.supply.services import PlanChangeRefused, SupplyRefused
from contracts.supply.states import PlanChangeState
from contracts.variations.selectors import waiting_for_index
from parties.accounts.models import Account
from parties.authority.selectors import NotAuthorised, staff_may
from terms import library
from terms.facts import Action

from .base import AddStepAdmin, ReadOnlyAdmin
from .contracts_forms import DecideForm, NamedForm, PaperForm
from .supply import SupplySteps


class ServiceInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Service
    extra = 0
    fields = ("label", "identifier", "plan", "quantity", "status", "activated_on", "ended_on")
    readonly_fields = fields
    can_delete = False


@admin.register(Contract)
class ContractAdmin(AddStepAdmin):
    """Contracts as they were signed; one that was signed on paper is noted by a step."""

    provider_path = "account__customer__provider"
    account_path = "account"
    list_display = ("reference", "account", "version", "started_on", "minimum_months")
    list_filter = ("account__customer__provider", "version")
    search_fields = ("reference", "account__number", "account__customer__name")
    list_select_related = ("account__customer",)
    inlines = (ServiceInline,)
    change_form_template = "admin/billing/steps_change_form.html"
    action = Action.OPEN_SERVICE
    asked_of = Action.OPEN_SERVICE
    add_title = "Note a contract signed on paper"

    def get_urls(self) -> list[Any]:
        add = self.admin_site.admin_view(self.add_service)
        name = "contracts_contract_service_step"
        return [path("<int:pk>/service/", add, name=name), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        steps: list[tuple[str, str]] = []
        if row is not None and self.has_add_permission(request):
            address = reverse("admin:contracts_contract_service_step", args=[row.pk])
            steps.append(("Note a service of it", address))
        return super().change_view(
            request, object_id, form_url, {"steps": steps} | (extra_context or {})
        )

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Note what the paper says; the customer is told what was noted."""
        key = account.customer.provider.key
        form = PaperForm(request.POST or None, versions=library.versions(key))
        if form.is_valid():
            try:
                row = note_contract(
                    account=account,
                    paper=form.paper,
                    why=form.cleaned_data["why"],
                    by=request.user,
                    at=request.at,
                )
            except (ContractRefused, NotAuthorised) as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Noted. The customer is told. Note its services next.")
                return redirect("admin:contracts_contract_change", row.pk)
        return self.step(
            request,
            form,
            title=self.add_title,
            action="Note it",
            about=account,
            intro="A new sale is an order instead. Nothing in a contract is changed later: prices "
            "change by a price change that is told first.",
        )

    def add_service(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note a service that the contract is about; it is charged once it works."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        plans = Plan.objects.filter(provider=row.account.customer.provider_id)
        form = NamedForm(request.POST or None, plans=plans)
        back = reverse("admin:contracts_contract_change", args=[row.pk])

        def note() -> HttpResponse:
            if form.is_valid():
                try:
                    services.note_service(
                        contract=row,
                        named=form.named,
                        why=form.cleaned_data["why"],
                        by=request.user,
                        at=request.at,
                    )
                except (SupplyRefused, NotAuthorised) as refusal:
                    form.add_error(None, str(refusal))
                else:
                    messages.success(request, "Noted. Note since when it works at the service.")
                    return redirect(back)
            return self.step(
                request,
                form,
                title="Note a service of it",
                action="Note it",
                about=row,
                intro="Its price is that of the list on the day of the contract.",
                back=back,
            )

        return self.for_caller(request, row.account, note, asked_of=self.asked_of)


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
class ServiceAdmin(SupplySteps, ReadOnlyAdmin):
    """What is supplied; it changes by steps with a day and a reason, never by a form."""

    provider_path = "contract__account__customer__provider"
    list_display = ("label", "identifier", "plan", "status", "activated_on", "ended_on")
    list_filter = ("status", RiseFilter, "plan__kind", "contract__account__customer__provider")
    search_fields = ("label", "identifier", "contract__account__number")
    list_select_related = ("plan",)


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
