"""What it would cost to leave on a day; give notice that ends a service, and take it back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView

from contracts.leaving import selectors as leaving
from contracts.leaving import services
from contracts.leaving.models import EndNotice
from contracts.leaving.selectors import Leaving
from contracts.leaving.services import LeavingRefused
from contracts.leaving.states import NoticeState
from contracts.supply.states import ServiceStatus
from parties.security.states import HighRisk
from portal.web.guards import AccountPage, StepUp
from terms.calendar import in_words, months_on
from terms.facts import Action

from .appointing_forms import DateInput
from .services import ServicePage

FURTHEST_MONTHS = 120
ONE_DAY = timedelta(days=1)
RUNS = (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED)


class LeaveOnForm(forms.Form):
    """The last day that somebody has in mind; empty for the earliest."""

    on = forms.DateField(
        label="Last day of service",
        widget=DateInput(),
        required=False,
        help_text="Leave it empty for the earliest day.",
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_on(self) -> date | None:
        day: date | None = self.cleaned_data["on"]
        if day is None:
            return None
        if day < self.today:
            raise forms.ValidationError(f"Give today, {in_words(self.today)}, or a later day.")
        furthest = months_on(self.today, FURTHEST_MONTHS)
        if day > furthest:
            raise forms.ValidationError(f"Give a day up to {in_words(furthest)}.")
        return day


class AsksDay(AccountPage):
    """A page that works out what a day in its address would mean."""

    @cached_property
    def form(self) -> LeaveOnForm:
        return LeaveOnForm(self.request.GET or None, today=self.today)

    @property
    def asked_on(self) -> date | None:
        """The day asked for, where it is one that can be asked for."""
        return self.form.cleaned_data["on"] if self.form.is_valid() else None


class LeavingAll(AsksDay, TemplateView):
    """What leaving with everything would cost."""

    action = Action.VIEW_BILLS
    template_name = "customer/services/leaving_all.html"
    section = "services"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = [
            one
            for one in leaving.leaving_all(self.account, today=self.today, asked_on=self.asked_on)
            if self.allows(self.action, str(one.service.public_id))
        ]
        return super().get_context_data(
            form=self.form, found=found, all=leaving.together(found), **kwargs
        )


class _LeavesService(ServicePage, AsksDay):
    """A page about ending one service that runs."""

    @cached_property
    def found(self) -> Leaving:
        if self.service.status not in RUNS:
            raise Http404
        return leaving.leaving_of(self.service, today=self.today, asked_on=self.asked_on)

    @cached_property
    def notice(self) -> EndNotice | None:
        return leaving.living_notice(self.service)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            form=self.form,
            service=self.service,
            one=self.found,
            notice=self.notice,
            today=self.today,
            **kwargs,
        )


class ServiceLeaving(_LeavesService, TemplateView):
    """What leaving with one service would cost, by notice or by moving to another provider."""

    action = Action.VIEW_BILLS
    template_name = "customer/services/leaving.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        on = self.asked_on or self.today
        return super().get_context_data(
            porting=leaving.porting_of(self.service, on=on, today=self.today),
            may_end=self.allows(Action.CLOSE_SERVICE, self.service_asked),
            **kwargs,
        )


class ShownForm(forms.Form):
    """The last day and the known cost that a person saw when they confirmed."""

    last_day = forms.DateField(widget=forms.HiddenInput)
    cost = forms.DecimalField(widget=forms.HiddenInput, max_digits=12, decimal_places=2)


class GiveNotice(_LeavesService, StepUp, TemplateView):
    """The day and the cost once more, and the button that gives notice, after a second factor."""

    action = Action.CLOSE_SERVICE
    risk = HighRisk.CLOSE_ACCOUNT
    template_name = "customer/services/give_notice.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.form.errors:
            # The day is corrected where it is asked for.
            page = resolve_url("service_leaving", self.service_asked)
            return redirect(f"{page}?{request.GET.urlencode()}")
        services.require_end_notice(
            request.user, self.service, self.found.cost, on=self.today, at=request.at
        )
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        shown = ShownForm(request.POST)
        if self.form.errors or not shown.is_valid():
            return self._again("Look at the day and the cost again, then confirm.")
        given = shown.cleaned_data
        try:
            notice = services.give_end_notice(
                service=self.service,
                by=request.user,
                at=request.at,
                asked_on=self.asked_on,
                shown=(given["last_day"], given["cost"]),
                proof=self.proof,
            )
        except LeavingRefused as refusal:
            return self._again(str(refusal), because=refusal.because)
        messages.success(request, _done(notice))
        return redirect("service", self.service.public_id)

    def _again(self, refusal: str, **context: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(refusal=refusal, **context))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        one = self.found
        shown = {"last_day": one.end.ends_on, "cost": one.cost.total}
        until = one.end.ends_on - ONE_DAY if one.end.ends_on else None
        return super().get_context_data(
            shown=ShownForm(initial=shown),
            back_until=until if until and until >= self.today else None,
            **kwargs,
        )


class TakeBackNotice(_LeavesService, View):
    """Take a notice back that has not taken effect."""

    action = Action.CLOSE_SERVICE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        if self.notice is None:
            messages.info(request, "No notice runs: your service goes on.")
            return redirect("service", self.service.public_id)
        try:
            services.take_back_end_notice(notice=self.notice, by=request.user, at=request.at)
        except LeavingRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "The notice is taken back. Your service goes on.")
        return redirect("service", self.service.public_id)


def _done(notice: EndNotice) -> str:
    day = in_words(notice.ends_on)
    if notice.state == NoticeState.ASKED:
        return f"We have your request to end it on {day}. You hear from us."
    return f"Your notice is in. The last day is {day}; we have sent you a confirmation."
