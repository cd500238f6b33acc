"""Where a customer is reached, and what helps when one talks with them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.generic import FormView, TemplateView

from parties import services
from parties.access import AccountPage, Action, StepUp
from parties.forms.contact import AccessNeedsForm, ContactForm
from parties.services import UndoRefused
from parties.states import HighRisk


class _SeesDetails(AccountPage):
    """A page that shows the customer's details to change them: only for whoever may see them."""

    action = Action.CHANGE_DETAILS
    also = (Action.VIEW_PERSONAL_DETAILS,)

    def get_initial(self) -> dict[str, Any]:
        return self.details()

    def details(self) -> dict[str, Any]:
        """What is kept now, as its fields show it."""
        phone = self.account.customer.phone
        return services.contact_details(self.account) | {"phone": phone}


class ChangeContact(_SeesDetails, StepUp, FormView):  # type: ignore[type-arg]
    """Change contact details, after a second factor."""

    risk = HighRisk.CHANGE_DETAILS
    template_name = "parties/change_contact.html"
    form_class = ContactForm
    section = "profile"

    def form_valid(self, form: ContactForm) -> HttpResponse:
        change = services.change_contact(
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


class UndoContactChange(TemplateView):
    """Undo a change of contact details from the old contact point; no log-in is needed."""

    template_name = "parties/undo_contact.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            self.change = services.find_change(kwargs["token"], at=request.at)
        except UndoRefused as refusal:
            context = {"refusal": str(refusal)}
            return render(request, "parties/undo_refused.html", context, status=410)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        services.undo_change(token=token, at=request.at)
        return render(request, "parties/undone.html")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(change=self.change, **kwargs)


class AccessNeeds(_SeesDetails, FormView):  # type: ignore[type-arg]
    """Say what helps when we talk; staff see it beside the account."""

    template_name = "parties/access_needs.html"
    form_class = AccessNeedsForm
    section = "profile"

    def details(self) -> dict[str, Any]:
        customer = self.account.customer
        return {name: getattr(customer, name) for name in AccessNeedsForm.base_fields}

    def form_valid(self, form: AccessNeedsForm) -> HttpResponse:
        services.note_access_needs(
            account=self.account, by=self.request.user, at=self.request.at, **form.cleaned_data
        )
        messages.success(self.request, "Thank you. Staff see it when they talk with you.")
        return redirect("profile")
