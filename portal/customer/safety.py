"""Where and when somebody can be reached safely. Only they see this page's answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views import View
from django.views.generic import FormView

from parties.correspondence import selectors as correspondence
from parties.correspondence.states import SafeChannel
from parties.security.services import safety
from portal.web.guards import StandingPage

from .safety_forms import SafeContactForm


class SafeContactPage(StandingPage, FormView):  # type: ignore[type-arg]
    """Set a safe contact: no proof, no story, and nobody else is told.

    Whoever stands on the account can, also while their appointment lets them do nothing yet.
    """

    own_only = True
    is_private = True
    template_name = "safety/contact.html"
    section = "profile"
    form_class = SafeContactForm
    success_url = reverse_lazy("safe_contact")

    def get_initial(self) -> dict[str, Any]:
        found = correspondence.safe_contact_of(self.account, self.request.user)
        names = ("channel", "address", "opens", "closes", "safety_threat")
        return {name: getattr(found, name) for name in names} if found else {}

    def form_valid(self, form: SafeContactForm) -> HttpResponse:
        given = form.cleaned_data
        safety.set_safe_contact(
            account=self.account,
            user=self.request.user,
            channel=SafeChannel(given["channel"]),
            address=given["address"],
            opens=given["opens"],
            closes=given["closes"],
            safety_threat=given["safety_threat"],
            at=self.request.at,
        )
        messages.success(self.request, "Saved. Every message to you goes there from now on.")
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            contact=correspondence.safe_contact_of(self.account, self.request.user), **kwargs
        )


class EndSafeContact(StandingPage, View):
    """Go back to the usual addresses."""

    own_only = True
    is_private = True
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        safety.end_safe_contact(account=self.account, user=request.user, at=request.at)
        messages.success(request, "Messages go to your usual addresses again.")
        return redirect("safe_contact")
