"""Equipment at services: noted, taken back, charged for where it is missing or damaged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from contracts.agreements.selectors import binding
from contracts.equipment import services
from contracts.equipment.models import Equipment
from contracts.equipment.selectors import swap_of
from contracts.equipment.services import EquipmentRefused
from contracts.equipment.states import GEAR, Basis, Broke, GearAct, Item, Place
from contracts.supply.models import Service
from parties.authority.selectors import NotAuthorised, local_day, staff_may
from portal.web.fields import DayField, DollarsField
from terms.facts import Action
from terms.lifecycle import IllegalStep
from terms.money import in_dollars

from .base import StepAdmin

REFUSALS = (EquipmentRefused, IllegalStep, NotAuthorised)
CAUSES = [
    ("other", "The customer, or nobody knows"),
    ("provider", "We did it"),
    ("fair_wear", "Fair wear and tear"),
]


class NoteForm(forms.Form):
    """A piece that stands at a service."""

    item = forms.ChoiceField(label="What it is", choices=Item.choices)
    serial = forms.CharField(
        label="Serial number", max_length=60, help_text="As it stands on the piece."
    )
    basis = forms.ChoiceField(label="How it came", choices=Basis.choices)
    delivered_on = DayField(label="Delivered on")
    label = forms.CharField(label="Where it stands", max_length=80, required=False)
    price = DollarsField(
        label="Price, GST included", required=False, nil=True, help_text="Of what was bought."
    )
    paid = DollarsField(label="Paid of it so far", required=False, nil=True)

    @property
    def facts(self) -> dict[str, Any]:
        """What was entered, as the register takes it."""
        given = self.cleaned_data
        return given | {"item": Item(given["item"]), "basis": Basis(given["basis"])}


class BackForm(forms.Form):
    """A piece that came back."""

    came_back_on = DayField(label="Came back on")
    is_sound = forms.TypedChoiceField(
        label="How it is",
        choices=[("yes", "Sound"), ("no", "Damaged")],
        widget=forms.RadioSelect,
        coerce=lambda word: word == "yes",
        empty_value=None,
    )
    value = DollarsField(
        label="What repairing it costs, GST included",
        required=False,
        nil=True,
        help_text="Only where the terms print no price for damage.",
    )
    caused_by = forms.ChoiceField(label="Who damaged it", choices=CAUSES)
    why = forms.CharField(label="What was seen", max_length=200, help_text="It is kept.")


class MissingForm(forms.Form):
    """A piece that is lost, or did not come back."""

    value = DollarsField(
        label="Its fair value, GST included",
        required=False,
        nil=True,
        help_text="Only where the terms print no price for it.",
    )
    caused_by = forms.ChoiceField(label="How it was lost", choices=CAUSES[:2])
    why = forms.CharField(label="How we know", max_length=200, help_text="It is kept.")


class SwapForm(forms.Form):
    """Another handset in the place of one that does not work."""

    serial = forms.CharField(
        label="Serial number of the new one", max_length=60, help_text="As it stands on the piece."
    )
    delivered_on = DayField(label="Delivered on")
    cause = forms.TypedChoiceField(
        label="Why it does not work",
        choices=Broke.choices,
        widget=forms.RadioSelect,
        coerce=Broke,
    )
    why = forms.CharField(label="How we know", max_length=200, help_text="It is kept.")


class OverdueFilter(admin.SimpleListFilter):
    """What should be back already."""

    title = "overdue"
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Should be back already")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(place=Place.DUE, due_on__lt=request.at.date())


def may_note(request: HttpRequest) -> bool:
    """Whether somebody keeps the register."""
    return staff_may(request.user, Action.OPEN_SERVICE).allowed


@admin.register(Equipment)
class EquipmentAdmin(StepAdmin):
    """Each piece, where it is, and the steps that it can take."""

    provider_path = "service__contract__account__customer__provider"
    list_display = ("item", "serial", "account", "basis", "place", "due_on", "cost")
    list_filter = (
        "place",
        OverdueFilter,
        "item",
        "basis",
        ("problem", admin.EmptyFieldListFilter),
        "service__contract__account__customer__provider",
    )
    search_fields = ("serial", "service__contract__account__number")
    list_select_related = ("service__contract__account__customer",)
    fields = (
        *("item", "serial", "label", "service", "basis", "price", "paid", "delivered_on"),
        *("place", "asked_back_on", "due_on", "came_back_on", "cost", "problem"),
    )
    change_form_template = "admin/billing/steps_change_form.html"

    @admin.display(description="account", ordering="service__contract__account__number")
    def account(self, row: Equipment) -> str:
        return row.service.contract.account.number

    @admin.display(description="charged, inc GST", ordering="charged")
    def cost(self, row: Equipment) -> str:
        return "–" if row.charged is None else in_dollars(row.charged)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_note(request)

    def get_urls(self) -> list[Any]:
        view, page = self.admin_site.admin_view, "contracts_equipment"
        return [
            path("<int:pk>/back/", view(self.back), name=f"{page}_back_step"),
            path("<int:pk>/swap/", view(self.swap), name=f"{page}_swap_step"),
            path("<int:pk>/missing/", view(self.missing), name=f"{page}_missing_step"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Note a piece at the service that the address names."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        asked = request.GET.get("service", "")
        if not asked:
            messages.info(request, "Open the service that it stands at, then “Note equipment”.")
            return redirect("admin:contracts_service_changelist")
        shown = self.admin_site.get_model_admin(Service)
        service = shown.get_object(request, asked) if asked.isdecimal() else None
        if service is None:
            raise Http404
        today = local_day(service.contract.account, request.at)
        form = NoteForm(request.POST or None, initial={"delivered_on": today})
        if form.is_valid():
            try:
                row = services.note_equipment(
                    service=service, by=request.user, at=request.at, **form.facts
                )
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"Noted: {row}.")
                return redirect("admin:contracts_equipment_change", row.pk)
        back = reverse("admin:contracts_service_change", args=[service.pk])
        return self.step(
            request, form, title="Note equipment", action="Note it", about=service, back=back
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        extra: dict[str, Any] = {}
        if row is not None:
            acts = GEAR.acts(Place(row.place)) if may_note(request) else ()
            named = {GearAct.TAKE_BACK: ("It came back", "back_step")}
            named[GearAct.MISS] = ("It is lost, or did not come back", "missing_step")
            swaps = [("Swap it", "swap_step")] if acts and can_be_swapped(request, row) else []
            extra = {
                "reasons": row.because,
                "steps": [
                    (words, reverse(f"admin:contracts_equipment_{name}", args=[row.pk]))
                    for words, name in swaps
                ]
                + [
                    (words, reverse(f"admin:contracts_equipment_{name}", args=[row.pk]))
                    for act, (words, name) in named.items()
                    if act in acts
                ],
            }
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that a piece came back, sound or damaged."""
        return self._take(request, pk, BackForm, services.take_back, "It came back")

    def missing(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Charge what a piece costs that is lost or did not come back."""
        title = "It is lost, or did not come back"
        return self._take(request, pk, MissingForm, services.charge_missing, title)

    def swap(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put another handset in the place of one that does not work."""
        if not may_note(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is not None and not can_be_swapped(request, row):
            raise Http404
        return self._take(request, pk, SwapForm, services.swap_handset, "Swap it", "delivered_on")

    def _take(
        self,
        request: HttpRequest,
        pk: int,
        form_class: type[forms.Form],
        service: Callable[..., Any],
        title: str,
        day: str = "came_back_on",
    ) -> HttpResponse:
        if not may_note(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        today = local_day(row.service.contract.account, request.at)
        form = form_class(request.POST or None, initial={day: today})
        if form.is_valid():
            try:
                done = service(equipment=row, by=request.user, at=request.at, **form.cleaned_data)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                row.refresh_from_db()
                messages.success(request, f"Noted. It costs {self.cost(row)}; they are told.")
                return redirect("admin:contracts_equipment_change", done.pk)
        return self.step(
            request,
            form,
            title=title,
            action="Note it",
            about=row,
            notes=_prices(row),
            intro="What it costs follows from the terms, and stands on the next bill. What was "
            "charged before is taken back where it is sound after all.",
            back=reverse("admin:contracts_equipment_change", args=[pk]),
        )


def can_be_swapped(request: HttpRequest, row: Equipment) -> bool:
    """Whether the terms swap such a piece, while it stands with the customer."""
    on = local_day(row.service.contract.account, request.at)
    bound = binding(row.service.contract, on)
    return row.place == Place.THERE and swap_of(row, bound, Broke.FAULT) is not None


def _prices(row: Equipment) -> str:
    """What loss and damage of a piece cost, in words."""
    found = services.printed_prices(row)
    words = [f"{name}: {in_dollars(price)} inc GST" for name, price in found.items() if price]
    return "; ".join(words) or "The terms print no price for it."
