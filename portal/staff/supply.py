"""The steps of staff about a service: it starts, changes, stands still, comes back, ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from billing.charging.services import bill_from
from contracts.network.services import WorkRefused, note_directly
from contracts.network.states import WorkKind
from contracts.supply import services
from contracts.supply.models import Service
from contracts.supply.services import SupplyRefused
from contracts.supply.states import Item, ServiceStatus, SuspensionCause
from parties.authority.selectors import NotAuthorised, local_day, role_names, staff_may
from portal.web.fields import DollarsField
from portal.web.guards import audit_actor
from terms.calendar import State
from terms.facts import Action
from terms.lifecycle import IllegalStep

from .asking_network import SUPPLIES, AskForm, ask_of_network, may_ask
from .equipment import may_note
from .leaving import LeavingSteps
from .payments_forms import DayField


class SupplyForm(forms.Form):
    """The day on which something happened, and why."""

    # Only what has happened is noted, except where a later day is agreed.
    may_come = False

    on = DayField(label="On which day")
    why = forms.CharField(
        label="Why", max_length=200, help_text="Who asked for it, and how. It is kept."
    )


class ActivateForm(SupplyForm):
    """Since when a service works."""

    ready = DayField(
        label="Told ready on",
        required=False,
        help_text="When the customer was told that it can be used; charges may start later.",
    )
    used = DayField(
        label="First used on",
        required=False,
        help_text="If they used it before they were told. The terms may start it on that day.",
    )
    field_order = ("on", "ready", "used")


class SuspendForm(SupplyForm):
    """Since when and for whose cause a service stands still."""

    cause = forms.ChoiceField(label="Cause", choices=SuspensionCause.choices)
    field_order = ("on", "cause")


class ChangeForm(SupplyForm):
    """How many, and at which price, from a day on."""

    may_come = True

    quantity = forms.IntegerField(label="How many", required=False, min_value=1, max_value=10_000)
    unit_fee = DollarsField(
        label="Price of each a month",
        required=False,
        nil=True,
        help_text="Lower than now, in the basis of its price. Empty: stays. A higher one is told "
        "first: “Draft a new price” does that.",
    )
    field_order = ("on", "quantity", "unit_fee")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and given.get("quantity") is None and given.get("unit_fee") is None:
            raise forms.ValidationError("Give a new number, a new price, or both.")
        return given


class NameForm(forms.Form):
    """How a service is called."""

    label = forms.CharField(
        label="What it is", max_length=80, help_text="As the customer reads it."
    )
    identifier = forms.CharField(label="Number, link or host name", max_length=40)
    why = forms.CharField(label="Why", max_length=200, help_text="What was wrong. It is kept.")


class AddForm(forms.Form):
    """More of something that the service has, with the days that terms may charge it from."""

    may_come = False

    item = forms.ChoiceField(label="What", choices=Item.choices)
    quantity = forms.IntegerField(
        label="How many it has then, together", min_value=2, max_value=10_000
    )
    installed = DayField(label="Installed on", required=False)
    on = DayField(
        label="Works since",
        help_text="The terms say whether installation or this day starts the charges.",
    )
    why = forms.CharField(
        label="Why", max_length=200, help_text="Who asked for it, and how. It is kept."
    )


def _since(row: Service, on: date) -> datetime:
    """The beginning of a day at the service."""
    return datetime.combine(on, time(), State(row.contract.account.state).zone)


def _activate(row: Service, given: dict[str, Any], facts: dict[str, Any]) -> None:
    known = {"ready_notified_on": given["ready"], "first_used_on": given["used"]}
    days = {name: day for name, day in known.items() if day is not None}
    if days:
        Service.objects.filter(pk=row.pk).update(**days)
    services.start_supply(service=row, activated_on=given["on"], **facts)


def _suspend(row: Service, given: dict[str, Any], facts: dict[str, Any]) -> None:
    since, cause = _since(row, given["on"]), SuspensionCause(given["cause"])
    services.suspend_supply(service=row, cause=cause, since=since, **facts)


def _restore(row: Service, given: dict[str, Any], facts: dict[str, Any]) -> None:
    services.restore_supply(service=row, since=_since(row, given["on"]), **facts)


def _change(row: Service, given: dict[str, Any], facts: dict[str, Any]) -> None:
    what = {"quantity": given["quantity"], "unit_fee": given["unit_fee"]}
    services.adjust_supply(service=row, on=given["on"], **what, **facts)


def _add(row: Service, given: dict[str, Any], facts: dict[str, Any]) -> None:
    services.add_items(
        service=row,
        item=Item(given["item"]),
        quantity=given["quantity"],
        installed_on=given["installed"],
        activated_on=given["on"],
        **facts,
    )


def _confirm(row: Service, given: dict[str, Any], facts: dict[str, Any]) -> None:
    bill_from(service=row, first_day=given["on"], **facts)


Step = Callable[[Service, dict[str, Any], dict[str, Any]], None]
STEPS: dict[str, tuple[str, type[Any], Step]] = {
    "activate": ("It works", ActivateForm, _activate),
    "suspend": ("It stands still", SuspendForm, _suspend),
    "restore": ("It works again from this day", SupplyForm, _restore),
    "add": ("More of what it has", AddForm, _add),
    "change": ("Another number or price from this day", ChangeForm, _change),
    "confirm": ("Bill it from this day", SupplyForm, _confirm),
}


def steps_of(row: Service) -> list[str]:
    """The steps that a service can take now."""
    steps = {
        ServiceStatus.ORDERED: ["activate"],
        ServiceStatus.ACTIVE: ["suspend", "add", "change"],
        ServiceStatus.SUSPENDED: ["restore"],
        ServiceStatus.ENDED: [],
    }[ServiceStatus(row.status)]
    return steps if row.billing_start_confirmed else [*steps, "confirm"]


class SupplySteps(LeavingSteps):
    """Adds the steps to a service's own page."""

    admin_site: Any

    change_form_template = "admin/contracts/service/change_form.html"

    def get_urls(self) -> list[Any]:
        step = self.admin_site.admin_view(self.supply_step)
        name = "contracts_service_supply_step"
        named = self.admin_site.admin_view(self.name_step)
        return [
            path("<int:pk>/supply/<slug:act>/", step, name=name),
            path("<int:pk>/name/", named, name="contracts_service_name_step"),
            path(
                "<int:pk>/ask/",
                self.admin_site.admin_view(self.ask_step),
                name="contracts_service_ask_step",
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
        steps: list[tuple[str, str]] = []
        if row is not None and request.user.has_perm(SUPPLIES):
            name = "admin:contracts_service_supply_step"
            steps = [(STEPS[act][0], reverse(name, args=[row.pk, act])) for act in steps_of(row)]
        ends = self.leaving_links(request, row) if row is not None else []
        if row is not None and request.user.has_perm("contracts.add_variation"):
            draft = reverse("admin:contracts_variation_add")
            steps.append(("Draft a new price", f"{draft}?service={row.pk}"))
        if row is not None and may_note(request):
            noted = reverse("admin:contracts_equipment_add")
            steps.append(("Note equipment", f"{noted}?service={row.pk}"))
        if row is not None and staff_may(request.user, Action.OPEN_SERVICE).allowed:
            named = reverse("admin:contracts_service_name_step", args=[row.pk])
            steps.append(("Put its name right", named))
        if row is not None and may_ask(request, row):
            asked = reverse("admin:contracts_service_ask_step", args=[row.pk])
            steps.append(("Ask the network", asked))
        extra = {"steps": steps, "ends": ends}
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def name_step(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put right how a service is called, and its number as noted."""
        if not staff_may(request.user, Action.OPEN_SERVICE).allowed:
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        start = {"label": row.label, "identifier": row.identifier}
        form = NameForm(request.POST or None, initial=start)
        back = reverse("admin:contracts_service_change", args=[row.pk])
        if form.is_valid():
            try:
                services.name_service(
                    service=row, by=request.user, at=request.at, **form.cleaned_data
                )
            except (SupplyRefused, NotAuthorised) as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Noted.")
                return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": "Put its name right",
            "action": "Note it",
            "about": row,
            "intro": "What is supplied and what it costs stay as they are.",
            "form": form,
            "opts": self.opts,
            "back": back,
        }
        return TemplateResponse(request, "staff/step.html", context)

    def ask_step(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the network to let the service work, stand still, or be switched off."""
        if not request.user.has_perm(SUPPLIES):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or not may_ask(request, row):
            raise Http404
        form = AskForm(request.POST or None, service=row)
        back = reverse("admin:contracts_service_change", args=[row.pk])
        if form.is_valid():
            try:
                ask_of_network(request, row, form)
            except (WorkRefused, IllegalStep) as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Asked. It counts once the network has done it.")
                return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": "Ask the network",
            "action": "Ask",
            "about": row,
            "intro": "Charges follow what is done. A return counts from now for the customer.",
            "form": form,
            "opts": self.opts,
            "back": back,
        }
        return TemplateResponse(request, "staff/step.html", context)

    def supply_step(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        """Note what happened to the service, or will on a day."""
        if not request.user.has_perm(SUPPLIES):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or act not in steps_of(row):
            raise Http404
        title, form_class, step = STEPS[act]
        today = local_day(row.contract.account, request.at)
        form = form_class(request.POST or None, initial={"on": today})
        back = reverse("admin:contracts_service_change", args=[row.pk])
        if form.is_valid():
            given = form.cleaned_data
            if given["on"] > today and not form.may_come:
                form.add_error("on", "That day is still to come.")
            else:
                actor = audit_actor(request, acted_as=role_names(request.user))
                try:
                    with transaction.atomic():
                        step(row, given, {"at": request.at, "actor": actor, "why": given["why"]})
                        if act in WorkKind.values:
                            note_directly(
                                order_of=WorkKind(act),
                                service_id=row.pk,
                                at=request.at,
                                actor=actor,
                            )
                except (SupplyRefused, IllegalStep) as refusal:
                    form.add_error(None, str(refusal))
                else:
                    messages.success(request, "Noted. The next bill follows it.")
                    return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "action": "Note it",
            "about": row,
            "intro": "Days that were billed already are set right by the next bill.",
            "form": form,
            "opts": self.opts,
            "back": back,
        }
        return TemplateResponse(request, "staff/step.html", context)
