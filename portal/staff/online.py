"""Paying in the portal, for staff: what is offered, what was begun, what the gateway said."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from billing.payments import selectors, services
from billing.payments.models import GatewayEvent, OnlinePayment, PaymentOption
from billing.payments.services import PaymentRefused
from parties.accounts.models import Account
from parties.authority.selectors import staff_may
from parties.people.states import StaffData
from terms.facts import Action
from terms.money import in_dollars

from .base import ConfinedAdmin, ReadOnlyAdmin, StepAdmin


class OptionForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is said of one way to pay, and why it changes."""

    reason = forms.CharField(
        label="Why", min_length=5, max_length=300, help_text="Kept with the change, for auditors."
    )


@admin.register(PaymentOption)
class PaymentOptionAdmin(ConfinedAdmin):
    """What a provider says of each way to pay in the portal; terms and law decide the rest."""

    form = OptionForm
    provider_path = "provider"
    list_display = ("card", "provider", "is_offered", "surcharge_percent", "cost_percent")
    list_filter = ("provider",)
    list_select_related = ("provider",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save it with a record of what it was, who changed it and why."""
        services.keep_option(
            option=obj, reason=form.cleaned_data["reason"], by=request.user, at=request.at
        )


@admin.register(OnlinePayment)
class OnlinePaymentAdmin(ReadOnlyAdmin):
    """Payments that people began in the portal."""

    provider_path = "account__customer__provider"
    guarded = {StaffData.CARD: ("called", "method", "cards")}
    list_display = ("started_at", "dollars", "account", "called", "method", "state")
    list_filter = ("state", "method")
    search_fields = ("account__number", "account__customer__name", "payment__reference")
    date_hierarchy = "started_at"
    list_select_related = ("account__customer",)
    readonly_fields = ("called",)
    fields = (
        "called",
        "account",
        "amount",
        "surcharge",
        "method",
        "cards",
        "state",
        "why",
        "started_at",
        "started_by",
        "finished_at",
        "settled_at",
        "payment",
    )

    @admin.display(description="amount", ordering="amount")
    def dollars(self, row: OnlinePayment) -> str:
        return in_dollars(row.total)

    @admin.display(description="reference")
    def called(self, row: OnlinePayment) -> str:
        return row.reference


class ToSolve(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Does not fit")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return selectors.unsolved(queryset) if self.value() == "open" else queryset


class SolutionForm(forms.Form):
    """What was done about something that does not fit."""

    solution = forms.CharField(
        label="What was done",
        max_length=200,
        help_text="For instance: refunded at the gateway; recorded as a payment for T100101.",
    )


@admin.register(GatewayEvent)
class GatewayEventAdmin(StepAdmin):
    """What the payment gateways said; what does not fit is for somebody to look into."""

    provider_path = "provider"
    list_display = ("heard_at", "provider", "kind", "amount", "problem", "solution")
    list_filter = (ToSolve, "provider")
    search_fields = ("event", "money")
    list_select_related = ("provider",)
    change_form_template = "admin/billing/gatewayevent/change_form.html"

    def accounts_of(self, record: Any) -> list[Account]:
        return [record.online.account] if record.online else []

    def get_urls(self) -> list[Any]:
        return [
            path(
                "<int:pk>/solve/",
                self.admin_site.admin_view(self.solve),
                name="billing_gatewayevent_solve_step",
            ),
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
        is_open = row is not None and bool(row.problem) and row.solved_at is None
        extra = {"may_solve": is_open and self._handles(request)} | (extra_context or {})
        return super().change_view(request, object_id, form_url, extra)

    def solve(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note what was done about it."""
        if not self._handles(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        form = SolutionForm(request.POST or None)
        if form.is_valid():
            try:
                services.solve_event(
                    event=row,
                    solution=form.cleaned_data["solution"],
                    by=request.user,
                    at=request.at,
                )
            except PaymentRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Noted.")
                return redirect(f"{self.list_address}?state=open")
        return self.step(
            request,
            form,
            title="Note what was done",
            action="Note it",
            about=row,
            notes=row.problem,
            intro="Look for it at the gateway by its id. Money that came is recorded at the money "
            "desk; nothing was booked by itself.",
            back=reverse("admin:billing_gatewayevent_change", args=[row.pk]),
        )

    def _handles(self, request: HttpRequest) -> bool:
        return staff_may(request.user, Action.PAY_BILL).allowed
