"""Where and when somebody can be reached safely. Only they see this page's answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse_lazy
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import FormView

from parties.correspondence import selectors as correspondence
from parties.correspondence.models import SafeContact
from parties.correspondence.states import SafeChannel
from parties.security.services import safety
from parties.security.states import HighRisk
from portal.composition.identity_forms import CodeForm
from portal.web.fresh import require_fresh
from portal.web.guards import StandingPage, proof_of

from .safety_forms import SafeContactForm


class SafeContactPage(StandingPage, FormView):  # type: ignore[type-arg]
    """Set a safe contact: no proof of need, no story, and nobody else is told.

    Who logged in a while ago gives their password or passkey again: an open session alone must
    not tell others where messages go. What was typed is kept meanwhile. Whoever stands on the
    account can, also while their appointment lets them do nothing yet.
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
        require_fresh(self.request, at=self.request.at)
        given = form.cleaned_data
        try:
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
        except safety.SafeContactRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, "Saved. Messages to you go there from now on.")
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            contact=correspondence.safe_contact_of(self.account, self.request.user), **kwargs
        )


class ConfirmSafeContact(StandingPage, FormView):  # type: ignore[type-arg]
    """Let codes and links that act go to the safe contact, too.

    First the person shows who they are by what was known before, then the code from there.
    """

    own_only = True
    is_private = True
    template_name = "safety/confirm.html"
    section = "profile"
    form_class = CodeForm
    success_url = reverse_lazy("safe_contact")

    @cached_property
    def contact(self) -> SafeContact | None:
        found = correspondence.safe_contact_of(self.account, self.request.user)
        return found if found and not found.carries_secrets else None

    @property
    def proof(self) -> str:
        return proof_of(self.request, HighRisk.CHANGE_EMAIL)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.contact is None:
            return redirect("safe_contact")
        if not self.proof:
            target = resolve_url("prove_identity", HighRisk.CHANGE_EMAIL.value)
            return redirect(f"{target}?{urlencode({'next': request.path})}")
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.contact is None or not self.proof:
            return self.get(request, *args, **kwargs)
        if "send" in request.POST:
            try:
                safety.send_safe_code(account=self.account, user=request.user, at=request.at)
            except safety.SafeContactRefused as refusal:
                messages.error(request, str(refusal))
            return redirect(request.path)
        if not safety.code_place(self.contact):
            return self._confirm("")
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        is_phone = self.contact is not None and self.contact.channel == SafeChannel.PHONE
        return super().get_form_kwargs() | ({"what": "text message"} if is_phone else {})

    def form_valid(self, form: CodeForm) -> HttpResponse:
        return self._confirm(form.cleaned_data["code"], form)

    def _confirm(self, code: str, form: CodeForm | None = None) -> HttpResponse:
        try:
            safety.confirm_safe_contact(
                account=self.account,
                user=self.request.user,
                code=code,
                proof=self.proof,
                at=self.request.at,
            )
        except safety.SafeContactRefused as refusal:
            if form is None:
                messages.error(self.request, str(refusal))
                return redirect("safe_contact")
            form.add_error("code", str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, "Confirmed. Codes for logging in go there, too.")
        return redirect("safe_contact")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        place = safety.code_place(self.contact) if self.contact else ""
        return super().get_context_data(contact=self.contact, place=place, **kwargs)


class EndSafeContact(StandingPage, View):
    """Go back to the usual addresses."""

    own_only = True
    is_private = True
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        require_fresh(request, at=request.at)
        safety.end_safe_contact(account=self.account, user=request.user, at=request.at)
        messages.success(request, "Messages go to your usual addresses again.")
        return redirect("safe_contact")
