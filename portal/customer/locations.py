"""Where a service is used: what calls to 000 show, told, confirmed, and what it was before."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import FormView, TemplateView

from contracts.catalogue.states import FIXED_VOICE
from contracts.locations import selectors as locations
from contracts.locations import services
from contracts.locations.selectors import Where
from contracts.locations.services import LocationRefused
from contracts.locations.states import Told
from contracts.supply.models import Service
from parties.security.states import HighRisk
from portal.composition.address_forms import TellForm
from portal.web.guards import StepUp
from terms.facts import Action

from .services import ServicePage

REASONS = {
    Told.CUSTOMER: "We were told this address.",
    Told.DETAILS: "The address of the account changed.",
    Told.MOVE: "We moved a service there.",
    Told.YEARLY: "We ask once a year.",
}


class _Located(ServicePage):
    """A page that shows where a service is used: only for whoever may see personal details."""

    action = Action.CHANGE_DETAILS
    also = (Action.VIEW_PERSONAL_DETAILS,)

    @cached_property
    def place(self) -> Where:
        return locations.where(self.service, self.request.at)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(service=self.service, place=self.place, **kwargs)


class AddressPage(_Located, TemplateView):
    """The address on file, one that waits to be confirmed, and the earlier ones."""

    template_name = "customer/services/address.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.place.asked
        return super().get_context_data(
            reason=REASONS[Told(asked.told)] if asked else "",
            is_early=asked is not None and asked.used_from > self.today,
            **kwargs,
        )


class TellAddress(_Located, StepUp, FormView):  # type: ignore[type-arg]
    """Tell a new address, after a second factor; it counts once it is confirmed."""

    risk = HighRisk.CHANGE_DETAILS
    template_name = "customer/services/tell_address.html"
    form_class = TellForm

    @cached_property
    def offered(self) -> list[Service]:
        """This service, and the other phone services that they may change."""
        phones = locations.running_voice(self.account)
        rows = {one.pk: one for one in [self.service, *phones]}
        return [
            one
            for one in rows.values()
            if self.allows(self.action, str(one.public_id))
            and self.allows(Action.VIEW_PERSONAL_DETAILS, str(one.public_id))
        ]

    def get_form_kwargs(self) -> dict[str, Any]:
        is_phone = any(one.plan.kind in FIXED_VOICE for one in self.offered)
        return super().get_form_kwargs() | {"offered": self.offered, "is_phone": is_phone}

    def get_initial(self) -> dict[str, Any]:
        return {
            "services": [self.service_asked],
            "state": self.account.state,
            "used_from": self.today,
        }

    def form_valid(self, form: TellForm) -> HttpResponse:
        try:
            services.tell_address(
                services=form.chosen,
                wish=form.wish,
                by=self.request.user,
                at=self.request.at,
                proof=self.proof,
            )
        except LocationRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, "Noted. Look at it once more and confirm it.")
        return redirect("service_address", self.service.public_id)


class ConfirmAddress(_Located, View):
    """Confirm the address that was told, or say that it is still the one on file."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        steps = {"yes": services.confirm_address, "same": services.confirm_same}
        step = steps.get(self.kwargs["answer"])
        if step is None:
            raise Http404
        try:
            step(service=self.service, by=request.user, at=request.at)
        except LocationRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Confirmed. Calls to 000 show this address.")
        return redirect("service_address", self.service.public_id)
