"""Where a customer is reached, and what helps when one talks with them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.generic import FormView

from contracts.locations.services import change_contact
from parties.security import services as security
from parties.security.states import HighRisk
from portal.composition.contact_forms import AccessNeedsForm, ContactForm
from portal.web.guards import AccountPage, StepUp
from terms.facts import Action


class _SeesDetails(AccountPage):
    """A page that shows the customer's details to change them: only for whoever may see them."""

    action = Action.CHANGE_DETAILS
    also = (Action.VIEW_PERSONAL_DETAILS,)

    def get_initial(self) -> dict[str, Any]:
        return self.details()

    def details(self) -> dict[str, Any]:
        """What is kept now, as its fields show it."""
        phone = self.account.customer.phone
        return security.contact_details(self.account) | {"phone": phone}


class ChangeContact(_SeesDetails, StepUp, FormView):  # type: ignore[type-arg]
    """Change contact details, after a second factor."""

    risk = HighRisk.CHANGE_DETAILS
    template_name = "customer/people/change_contact.html"
    form_class = ContactForm
    section = "profile"

    def form_valid(self, form: ContactForm) -> HttpResponse:
        change = change_contact(
            account=self.account,
            by=self.request.user,
            at=self.request.at,
            details=form.cleaned_data,
            proof=self.proof,
        )
        if change:
            messages.success(
                self.request,
                "Changed. The old contact point was told and can undo it for 48 hours.",
            )
        return redirect("profile")


class AccessNeeds(_SeesDetails, FormView):  # type: ignore[type-arg]
    """Say what helps when we talk; staff see it beside the account."""

    template_name = "customer/people/access_needs.html"
    form_class = AccessNeedsForm
    section = "profile"

    def details(self) -> dict[str, Any]:
        customer = self.account.customer
        return {name: getattr(customer, name) for name in AccessNeedsForm.base_fields}

    def form_valid(self, form: AccessNeedsForm) -> HttpResponse:
        security.note_access_needs(
            account=self.account, by=self.request.user, at=self.request.at, **form.cleaned_data
        )
        messages.success(self.request, "Thank you. Staff see it when they talk with you.")
        return redirect("profile")
