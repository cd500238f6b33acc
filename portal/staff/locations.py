"""Addresses of services: taken down for a caller, confirmed, sent on for the number database."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from contracts.locations import selectors as locations
from contracts.locations import services
from contracts.locations.models import ServiceAddress
from contracts.locations.services import LocationRefused
from contracts.locations.states import AddressState
from parties.accounts.models import Account
from parties.authority.selectors import NotAuthorised, local_day, staff_may
from parties.desk import selectors as desk
from parties.people.states import StaffData
from parties.security.states import HighRisk
from portal.composition.address_forms import TellForm
from terms.facts import Action
from terms.lifecycle import IllegalStep

from .base import AddStepAdmin, StepsAdmin

REFUSALS = (LocationRefused, IllegalStep, NotAuthorised)


class HeardAddressForm(TellForm):
    """What somebody told staff of where services are used."""

    caller = forms.CharField(label="Who told us", max_length=120, help_text="It is kept.")
    field_order = ("caller", *TellForm.field_order)


class HeardForm(forms.Form):
    """Who said so."""

    caller = forms.CharField(label="Who said so, and how", max_length=120, help_text="It is kept.")


class SentForm(forms.Form):
    """How it can be found again."""

    sent_as = forms.CharField(
        label="Sent on as",
        max_length=80,
        min_length=2,
        help_text="The file or reference by which it can be found there.",
    )


class AddressesFilter(admin.SimpleListFilter):
    """Those that wait for somebody."""

    title = "waits"
    parameter_name = "waits"
    stages = {"send": AddressState.CONFIRMED, "confirm": AddressState.ASKED}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("send", "To be sent on"), ("confirm", "To be confirmed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        stage = self.stages.get(self.value() or "")
        return locations.open_addresses(queryset).filter(stage=stage) if stage else queryset


@admin.register(ServiceAddress)
class ServiceAddressAdmin(StepsAdmin, AddStepAdmin):
    """Each address of a service, and the step that comes next; adding one is for a caller."""

    provider_path = "service__contract__account__customer__provider"
    reference = "reference"
    guarded = {StaffData.CONTACT: ("street", "suburb", "state", "postcode")}
    list_display = ("reference", "account", "service", "stage", "used_from", "told", "told_at")
    list_filter = (AddressesFilter, "stage", "told", provider_path)
    search_fields = ("reference", "service__identifier", "service__contract__account__number")
    list_select_related = ("service__contract__account__customer",)
    date_hierarchy = "told_at"
    fields = (
        *("reference", "service", "street", "suburb", "state", "postcode", "used_from", "gear"),
        *("told", "told_at", "told_by", "caller", "stage", "confirmed_at", "confirmed_by"),
        *("sent_on_at", "sent_on_by", "sent_as", "ended_at"),
    )
    steps = {
        "confirm": "They confirm it",
        "same": "It is still where it was",
        "sent": "Sent on for the number database",
    }
    add_title = "Write down where a service is used"
    action = asked_of = Action.CHANGE_DETAILS

    @admin.display(description="account", ordering="service__contract__account__number")
    def account(self, row: ServiceAddress) -> str:
        return row.service.contract.account.number

    def steps_now(self, request: HttpRequest, row: ServiceAddress) -> list[str]:
        if not staff_may(request.user, Action.CHANGE_DETAILS).allowed:
            return []
        now = {
            AddressState.ASKED: ["confirm", "same"],
            AddressState.CONFIRMED: ["sent"],
        }
        return now.get(AddressState(row.stage), [])

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Take down where services are used, for whoever is calling."""
        call = desk.open_call(request.user, request.at, account)
        offered = locations.running_services(account)
        form = HeardAddressForm(
            request.POST or None,
            offered=offered,
            is_phone=True,
            initial={
                "caller": call.caller if call else "",
                "state": account.state,
                "used_from": local_day(account, request.at),
            },
        )
        if form.is_valid():
            try:
                services.tell_address(
                    services=form.chosen,
                    wish=form.wish,
                    caller=form.cleaned_data["caller"],
                    by=request.user,
                    at=request.at,
                    proof=self.proof(request, account, HighRisk.CHANGE_DETAILS),
                )
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Noted. Read it back, and let them confirm it.")
                return self.done(request, account)
        return self.step(
            request,
            form,
            title=self.add_title,
            action="Note it",
            about=account,
            notes=f"Read out: {services.RELIES}",
            intro="Nothing on file changes before they confirm it."
            if offered
            else "Nothing on this account runs.",
            back=reverse("admin:parties_account_change", args=[account.pk]),
        )

    def confirm(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Confirm it for whoever is calling."""
        return self._take(request, pk, "confirm", HeardForm, services.confirm_address)

    def same(self, request: HttpRequest, pk: int) -> HttpResponse:
        """It is still at the address on file."""
        return self._take(request, pk, "same", HeardForm, services.confirm_same)

    def sent(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that it was sent on."""

        def act(*, service: Any, **given: Any) -> None:
            services.send_on(address=self._row(request, pk, "sent"), **given)

        return self._take(request, pk, "sent", SentForm, act)

    def _take(
        self,
        request: HttpRequest,
        pk: int,
        slug: str,
        form_class: type[forms.Form],
        act: Callable[..., Any],
    ) -> HttpResponse:
        row = self._row(request, pk, slug)
        account = row.service.contract.account

        def step() -> HttpResponse:
            return self.take_step(
                request,
                row,
                slug,
                form_class(request.POST or None),
                partial(act, service=row.service),
                refusals=REFUSALS,
                done="Noted.",
                about=f"{row.reference}: {row.service}",
                notes=f"Told: {row.line}. On file: {locations.current_address(row.service).line}.",
                because=row.because,
            )

        if slug == "sent":
            return step()
        return self.for_caller(request, account, step, asked_of=Action.CHANGE_DETAILS)

    def _row(self, request: HttpRequest, pk: int, slug: str) -> ServiceAddress:
        row: ServiceAddress = self.row_for_step(request, pk, slug, Action.CHANGE_DETAILS)
        return row
