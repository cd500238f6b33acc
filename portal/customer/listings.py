"""What directories say of a number: asked for after a second factor, followed, taken back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views import View
from django.views.generic import FormView

from contracts.locations import selectors as locations
from contracts.locations import services
from contracts.locations.services import ListingRefused
from parties.security.states import HighRisk
from portal.composition.listing_forms import ListingForm
from portal.web.guards import StepUp
from terms.calendar import Channel
from terms.facts import Action
from terms.lifecycle import IllegalStep

from .services import ServicePage


class _Listed(ServicePage):
    """A page that shows a directory entry: only for whoever may see personal details."""

    action = Action.CHANGE_DETAILS
    also = (Action.VIEW_PERSONAL_DETAILS,)


class ListingPage(_Listed, StepUp, FormView):  # type: ignore[type-arg]
    """The changes asked for so far, and the form for another."""

    risk = HighRisk.CHANGE_DETAILS
    template_name = "customer/services/listing.html"
    form_class = ListingForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if not locations.is_listed_kind(self.service):
            raise Http404("It has no number that directories list.")
        return super().get_context_data(
            service=self.service,
            listings=locations.listings_of(self.service),
            waits=locations.open_listing(self.service),
            writing=locations.writing_of(self.service, Channel.WEB, self.today),
            **kwargs,
        )

    def form_valid(self, form: ListingForm) -> HttpResponse:
        try:
            services.ask_listing(
                service=self.service,
                wish=form.wish(),
                by=self.request.user,
                at=self.request.at,
                proof=self.proof,
            )
        except ListingRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, "We have your request, and write to you when it is done.")
        return redirect("listing", self.service.public_id)


class WithdrawListing(_Listed, View):
    """Take a request back."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        row = locations.open_listing(self.service)
        if row is None:
            raise Http404("No request is open.")
        try:
            services.end_listing(listing=row, by=request.user, at=request.at)
        except IllegalStep:
            messages.info(request, "It was carried out meanwhile.")
        else:
            messages.success(request, "Taken back. The entry stays as it is.")
        return redirect("listing", self.service.public_id)
