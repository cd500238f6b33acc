"""Lost phones: barred for a caller at once, opened and given new SIMs after a proof."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from contracts.barring import selectors as barring
from contracts.barring import services
from contracts.barring.models import Bar, SimSwap
from contracts.barring.services import BarRefused
from contracts.barring.states import BarKind, BarState, SimForm, SwapState
from contracts.locations.selectors import running_services
from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.authority.selectors import NotAuthorised, staff_may
from parties.desk import selectors as desk
from parties.security.states import HighRisk
from portal.composition.sim_forms import NewSimForm
from terms.facts import Action
from terms.lifecycle import IllegalStep

from .base import AddStepAdmin, StepsAdmin
from .leaving_forms import ConfirmForm
from .refusal_form import RefusalForm

REFUSALS = (BarRefused, IllegalStep, NotAuthorised)


class _ServiceForm(forms.Form):
    """For which service, and for whom."""

    caller = forms.CharField(label="Who told us", max_length=120, help_text="It is kept.")
    service = forms.ChoiceField(label="Which service?", widget=forms.RadioSelect)

    def __init__(self, *args: Any, offered: list[Service], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {str(one.public_id): one for one in offered}
        self.fields["service"].choices = [(key, str(one)) for key, one in self.offered.items()]

    @property
    def chosen(self) -> Service:
        """The service that was chosen."""
        return self.offered[self.cleaned_data["service"]]


class HeardBarForm(_ServiceForm):
    """What a caller wants barred."""

    kind = forms.ChoiceField(
        label="What is to be barred?", choices=BarKind.choices, widget=forms.RadioSelect
    )


class HeardSimForm(_ServiceForm, NewSimForm):
    """Which SIM a caller wants."""

    field_order = ("caller", "service", "form")


class HeardLiftForm(forms.Form):
    """Who wants it open again."""

    caller = forms.CharField(label="Who asked us", max_length=120, help_text="It is kept.")


class WorksForm(forms.Form):
    """The new SIM."""

    sim = forms.CharField(label="Number of the new SIM", min_length=4, max_length=40)


class _PhoneAdmin(StepsAdmin, AddStepAdmin):
    """What bars and SIMs have in common: steps on a row, taken by staff for a customer."""

    provider_path = "service__contract__account__customer__provider"
    reference = "reference"
    search_fields = ("reference", "service__identifier", "service__contract__account__number")
    list_select_related = ("service__contract__account__customer",)
    date_hierarchy = "asked_at"

    @admin.display(description="account", ordering="service__contract__account__number")
    def account(self, row: Any) -> str:
        return str(row.service.contract.account.number)

    def reasons(self, row: Any) -> Any:
        return ()

    def row_for(self, request: HttpRequest, pk: int, slug: str) -> Any:
        """The row, if this person can take the step now. Raises PermissionDenied, Http404."""
        return self.row_for_step(request, pk, slug, self.action)

    def take(
        self,
        request: HttpRequest,
        row: Any,
        slug: str,
        form_class: type[forms.Form],
        act: Callable[..., Any],
    ) -> HttpResponse:
        """Show the step's form, or take it and go back to the list."""
        form = form_class(request.POST if request.method == "POST" else None)
        about = f"{row.reference}: {row.service}"
        return self.take_step(request, row, slug, form, act, refusals=REFUSALS, about=about)

    def take_down(
        self,
        request: HttpRequest,
        account: Account,
        form_class: type[_ServiceForm],
        offered: list[Service],
        act: Callable[[Any], Any],
        notes: str,
    ) -> HttpResponse:
        """Take something down for whoever is calling."""
        call = desk.open_call(request.user, request.at, account)
        initial = {"caller": call.caller if call else ""}
        form = form_class(request.POST or None, offered=offered, initial=initial)
        if form.is_valid():
            try:
                row = act(form)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"Noted, as {row.reference}.")
                return redirect(self.record_address(row))
        return self.step(
            request,
            form,
            title=self.add_title,
            action="Note it",
            about=account,
            notes=notes,
            intro="" if offered else "Nothing on this account has that.",
            back=reverse("admin:parties_account_change", args=[account.pk]),
        )


@admin.register(Bar)
class BarAdmin(_PhoneAdmin):
    """Each bar, and the step that comes next; adding one bars a phone for a caller."""

    list_display = ("reference", "account", "service", "kind", "state", "asked_at", "barred_at")
    list_filter = ("state", "kind", _PhoneAdmin.provider_path)
    exclude = ("authority",)
    steps = {
        "do": "It is barred",
        "ask_lift": "They ask to open it",
        "lift": "It is open again",
    }
    add_title = "Bar a phone"
    action = asked_of = Action.TROUBLESHOOT

    def steps_now(self, request: HttpRequest, row: Bar) -> list[str]:
        if not staff_may(request.user, Action.TROUBLESHOOT).allowed:
            return []
        now = {
            BarState.ASKED: ["do", "ask_lift"],
            BarState.ON: ["ask_lift"],
            BarState.TO_LIFT: ["lift"],
        }
        return now.get(BarState(row.state), [])

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Bar a phone for whoever is calling: nothing stands in the way."""

        def act(form: HeardBarForm) -> Bar:
            given = form.cleaned_data
            return services.ask_bar(
                service=form.chosen,
                kind=BarKind(given["kind"]),
                caller=given["caller"],
                by=request.user,
                at=request.at,
            )

        offered = [one for one in running_services(account) if barring.kinds_of(one)]
        notes = "Bar it first, ask questions later: opening it again takes a proof of identity."
        return self.take_down(request, account, HeardBarForm, offered, act, notes)

    def do(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that it is barred."""
        row = self.row_for(request, pk, "do")
        return self.take(
            request, row, "do", ConfirmForm, lambda **given: services.do_bar(bar=row, **given)
        )

    def ask_lift(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that a caller who proved who they are wants it open."""
        row = self.row_for(request, pk, "ask_lift")
        account = row.service.contract.account
        proof = self.proof(request, account, HighRisk.SIM_SWAP)

        def act(**given: Any) -> Bar:
            return services.ask_lift(bar=row, proof=proof, **given)

        return self.for_caller(
            request,
            account,
            lambda: self.take(request, row, "ask_lift", HeardLiftForm, act),
            asked_of=Action.CHANGE_DETAILS,
        )

    def lift(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that it is open again."""
        row = self.row_for(request, pk, "lift")
        return self.take(
            request, row, "lift", ConfirmForm, lambda **given: services.lift_bar(bar=row, **given)
        )


@admin.register(SimSwap)
class SimSwapAdmin(_PhoneAdmin):
    """Each new SIM, and the step that comes next; adding one takes the caller's proof."""

    list_display = ("reference", "account", "service", "form", "state", "asked_at")
    list_filter = ("state", "form", _PhoneAdmin.provider_path)
    exclude = ("authority",)
    steps = {"do": "The new SIM works", "refuse": "Say no"}
    add_title = "Write down a new SIM"
    action = asked_of = Action.CHANGE_DETAILS

    def steps_now(self, request: HttpRequest, row: SimSwap) -> list[str]:
        may = staff_may(request.user, Action.CHANGE_DETAILS).allowed
        may = may and staff_may(request.user, Action.TROUBLESHOOT).allowed
        return list(self.steps) if may and row.state == SwapState.ASKED else []

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Ask for a new SIM in the name of a caller who proved who they are."""

        def act(form: HeardSimForm) -> SimSwap:
            given = form.cleaned_data
            return services.ask_sim(
                service=form.chosen,
                form=SimForm(given["form"]),
                caller=given["caller"],
                proof=self.proof(request, account, HighRisk.SIM_SWAP),
                by=request.user,
                at=request.at,
            )

        offered = [one for one in running_services(account) if barring.has_sim(one)]
        notes = "The law wants a proof of identity first (RF-ID-02): check who is calling."
        return self.take_down(request, account, HeardSimForm, offered, act, notes)

    def do(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that the new SIM works."""
        row = self.row_for(request, pk, "do")
        return self.take(
            request, row, "do", WorksForm, lambda **given: services.do_sim(swap=row, **given)
        )

    def refuse(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say no, with the reason."""
        row = self.row_for(request, pk, "refuse")
        return self.take(
            request,
            row,
            "refuse",
            RefusalForm,
            lambda **given: services.end_sim(swap=row, **given),
        )
