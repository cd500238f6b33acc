"""Leaving without a fee because of a change: the day, what is still paid, and the last step."""

from __future__ import annotations

from abc import abstractmethod
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from billing.invoices.selectors import usage_not_billed
from contracts.leaving import selectors as leaving
from contracts.leaving import services
from contracts.leaving.selectors import WayOut
from contracts.leaving.services import LeavingRefused
from contracts.supply.models import Service
from contracts.variations.models import PriceChange, TermsChange
from parties.security.states import HighRisk
from portal.web.guards import AccountPage, StepUp
from terms.calendar import in_words
from terms.facts import Action

from .appointing_forms import DateInput
from .leaving import ShownForm


class LastDayForm(forms.Form):
    """The last day of service, inside the days to leave."""

    on = forms.DateField(
        label="Last day of service",
        widget=DateInput(),
        required=False,
        help_text="Leave it empty for today.",
    )


class WayOutFacts(AccountPage):
    """What leaving one service because of a change means, on the day that is asked about."""

    @property
    @abstractmethod
    def change(self) -> PriceChange | TermsChange:
        """The change that was told. Raises Http404."""

    @property
    @abstractmethod
    def service(self) -> Service:
        """The service that would be left. Raises Http404."""

    @property
    def service_asked(self) -> str:
        return str(self.service.public_id)

    @cached_property
    def form(self) -> LastDayForm:
        return LastDayForm(self.request.GET or None)

    @property
    def asked_on(self) -> date | None:
        return self.form.cleaned_data["on"] if self.form.is_valid() else None

    @cached_property
    def usage(self) -> Decimal:
        return usage_not_billed(self.account, self.service.pk, on=self.today)

    @cached_property
    def found(self) -> WayOut:
        return leaving.way_out(
            self.change,
            service=self.service,
            today=self.today,
            ends_on=self.asked_on,
            usage=self.usage,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            change=self.change,
            service=self.service,
            one=self.found,
            form=self.form,
            today=self.today,
            **kwargs,
        )


class LeaveFree(WayOutFacts, StepUp, TemplateView):
    """The day and what is still paid once more, and the button that ends the service."""

    action = Action.CLOSE_SERVICE
    risk = HighRisk.CLOSE_ACCOUNT
    template_name = "customer/services/leave_free.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
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
            notice = services.walk_away(
                change=self.change,
                service=self.service,
                by=request.user,
                at=request.at,
                ends_on=self.asked_on,
                usage=self.usage,
                shown=(given["last_day"], given["cost"]),
                proof=self.proof,
            )
        except LeavingRefused as refusal:
            return self._again(str(refusal), because=refusal.because)
        day = in_words(notice.ends_on)
        messages.success(request, f"You leave without a fee. The last day is {day}.")
        return redirect("service", self.service.public_id)

    @abstractmethod
    def back(self) -> str:
        """The page of the change."""

    def _again(self, refusal: str, **context: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(refusal=refusal, **context))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = {"last_day": self.found.ends_on, "cost": self.found.total}
        return super().get_context_data(shown=ShownForm(initial=shown), back=self.back(), **kwargs)
