"""A lost phone: barred with one click, opened again or given a new SIM after a second factor."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import FormView, TemplateView

from contracts.barring import selectors as barring
from contracts.barring import services
from contracts.barring.models import Bar
from contracts.barring.services import BarRefused
from contracts.barring.states import BarKind, BarState, SimForm
from parties.correspondence.services import mask_of
from parties.security.states import HighRisk
from portal.composition.sim_forms import NewSimForm
from portal.web.guards import StepUp
from terms.facts import Action
from terms.lifecycle import IllegalStep

from .services import ServicePage


class LostPhone(ServicePage, TemplateView):
    """What is barred, what can be barred with one click, and the new SIM."""

    action = Action.TROUBLESHOOT
    template_name = "customer/services/lost_phone.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = barring.kinds_of(self.service)
        if not kinds:
            raise Http404("Nothing of it can be barred.")
        bars, mask = barring.bars_of(self.service), mask_of(self.permissions)
        swaps = barring.swaps_of(self.service)
        return super().get_context_data(
            service=self.service,
            is_mobile=barring.has_sim(self.service),
            rows=[
                {"kind": kind, "bar": (row := bars.get(kind)), "can_bar": _can_bar(row)}
                for kind in kinds
            ],
            swaps=[(one, mask.text(one.ended_why)) for one in swaps],
            waits=barring.open_swap(self.service),
            may_open=self.allows(Action.CHANGE_DETAILS, self.service_asked),
            **kwargs,
        )


def _can_bar(row: Bar | None) -> bool:
    return row is None or row.state == BarState.TO_LIFT


class BarPhone(ServicePage, View):
    """Bar it now: one click, no second factor."""

    action = Action.TROUBLESHOOT
    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        if self.kwargs["kind"] not in BarKind.values:
            raise Http404
        try:
            services.ask_bar(
                service=self.service,
                kind=BarKind(self.kwargs["kind"]),
                by=request.user,
                at=request.at,
            )
        except BarRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("service", self.service.public_id)
        messages.success(request, "We bar it now, within the hour.")
        return redirect("lost_phone", self.service.public_id)


class OpenPhone(ServicePage, StepUp, FormView):  # type: ignore[type-arg]
    """Open it again, after a second factor."""

    action = Action.CHANGE_DETAILS
    risk = HighRisk.SIM_SWAP
    template_name = "customer/services/open_phone.html"
    form_class = forms.Form

    @cached_property
    def bar(self) -> Bar:
        found = barring.bars_of(self.service).get(self.kwargs["kind"])
        if found is None:
            raise Http404("It is not barred.")
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(service=self.service, bar=self.bar, **kwargs)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            services.ask_lift(
                bar=self.bar, by=self.request.user, at=self.request.at, proof=self.proof
            )
        except (BarRefused, IllegalStep) as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, "We open it, and write to you when it is done.")
        return redirect("lost_phone", self.service.public_id)


class NewSim(ServicePage, StepUp, FormView):  # type: ignore[type-arg]
    """Ask for a new SIM, after a second factor (RF-ID-02)."""

    action = Action.CHANGE_DETAILS
    risk = HighRisk.SIM_SWAP
    template_name = "customer/services/new_sim.html"
    form_class = NewSimForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if not barring.has_sim(self.service):
            raise Http404("It has no SIM.")
        return super().get_context_data(service=self.service, **kwargs)

    def form_valid(self, form: NewSimForm) -> HttpResponse:
        try:
            services.ask_sim(
                service=self.service,
                form=SimForm(form.cleaned_data["form"]),
                by=self.request.user,
                at=self.request.at,
                proof=self.proof,
            )
        except BarRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, "We make a new SIM, and write to you when it works.")
        return redirect("lost_phone", self.service.public_id)


class StopSim(ServicePage, View):
    """Take the request for a new SIM back: that takes no proof."""

    action = Action.TROUBLESHOOT
    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        row = barring.open_swap(self.service)
        if row is None:
            raise Http404("No new SIM is being made.")
        try:
            services.end_sim(swap=row, by=request.user, at=request.at)
        except IllegalStep:
            messages.error(request, "The new SIM works already. If it is not yours, call us.")
        else:
            messages.success(request, "Taken back. The SIM that you have stays as it is.")
        return redirect("lost_phone", self.service.public_id)
