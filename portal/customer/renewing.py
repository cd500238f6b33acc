"""What follows a minimum term: renew it, let it go on, or leave; and taking a renewal back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView

from contracts.leaving import selectors as leaving
from contracts.renewing import selectors as renewing
from contracts.renewing import services
from contracts.renewing.models import TermRenewal
from contracts.renewing.selectors import RenewalOffer
from contracts.renewing.services import RenewalRefused
from contracts.renewing.states import RenewalState
from parties.security.states import HighRisk
from portal.web.guards import StepUp
from terms.calendar import in_words
from terms.facts import Action

from .services import ServicePage


class SeenForm(forms.Form):
    """The last day and the total that a person saw when they renewed."""

    last_day = forms.DateField(widget=forms.HiddenInput)
    total = forms.DecimalField(widget=forms.HiddenInput, max_digits=12, decimal_places=2)


class _RenewalPage(ServicePage):
    """A page about what follows a service's minimum term."""

    @cached_property
    def offer(self) -> RenewalOffer | None:
        return renewing.renewal_offer(self.service, self.today)

    @cached_property
    def standing(self) -> TermRenewal | None:
        return renewing.standing_renewal(self.service)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offer, row = self.offer, self.standing
        may_decide = self.allows(Action.OPEN_SERVICE, self.service_asked)
        return super().get_context_data(
            service=self.service,
            offer=offer,
            early=leaving.cost_if_renewed(offer, on=self.today) if offer else None,
            standing=row,
            may_renew=may_decide and offer is not None and not offer.refusal and row is None,
            may_take_back=may_decide
            and row is not None
            and renewing.may_take_back(row, self.today),
            **kwargs,
        )


class RenewTerm(_RenewalPage, TemplateView):
    """The choices at the end of a term, each with its days, sums and clause."""

    action = Action.VIEW_BILLS
    template_name = "customer/services/renew_term.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.offer is None and self.standing is None:
            raise Http404
        return super().get(request, *args, **kwargs)


class ConfirmRenewal(_RenewalPage, StepUp, TemplateView):
    """The new term once more, and the button that renews, after a second factor."""

    action = Action.OPEN_SERVICE
    risk = HighRisk.ADD_SERVICE
    template_name = "customer/services/confirm_renewal.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        offer = self.offer
        if offer is None or offer.refusal or self.standing is not None:
            return redirect("renew_term", self.service_asked)
        services.require_renewal(
            request.user, self.service, offer.monthly, on=self.today, at=request.at
        )
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = SeenForm(request.POST)
        if not form.is_valid():
            return self._again("Look at the day and the total again, then renew.")
        seen = form.cleaned_data
        try:
            row = services.renew_term(
                service=self.service,
                by=request.user,
                at=request.at,
                shown=(seen["last_day"], seen["total"]),
                proof=self.proof,
            )
        except RenewalRefused as refusal:
            return self._again(str(refusal), because=refusal.because)
        messages.success(request, _done(row))
        return redirect("renew_term", self.service_asked)

    def _again(self, refusal: str, **context: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(refusal=refusal, **context))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offer = self.offer
        seen = {"last_day": offer.ends_on, "total": offer.total} if offer else {}
        return super().get_context_data(seen=SeenForm(initial=seen), **kwargs)


class TakeBackRenewal(_RenewalPage, View):
    """Take a renewal back before the new term begins."""

    action = Action.OPEN_SERVICE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        row = self.standing
        if row is None:
            messages.info(request, "Nothing is renewed: the term ends as before.")
            return redirect("service", self.service_asked)
        try:
            services.take_back_renewal(renewal=row, by=request.user, at=request.at)
        except RenewalRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "The renewal is taken back. The term ends as before.")
        return redirect("service", self.service_asked)


def _done(row: TermRenewal) -> str:
    if row.state == RenewalState.ASKED:
        return "We have your wish. We look whether it can be paid, and write to you."
    return (
        f"Renewed: the minimum term runs to {in_words(row.ends_on)}. A confirmation is on its way."
    )
