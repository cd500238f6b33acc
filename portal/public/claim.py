"""Choosing an account, claiming one, the people on it, and what lists have in common."""

from __future__ import annotations

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.generic import FormView

from parties.appointments import services as appointments
from parties.appointments.services import InvitationRefused, find_invitation

from .claim_forms import AcceptForm, ClaimForm


class ClaimAccount(FormView):  # type: ignore[type-arg]
    """Claim an account, or take up an appointment on it, from the emailed invitation."""

    template_name = "parties/claim.html"
    form_class = ClaimForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            self.invitation = find_invitation(kwargs["token"], at=request.at)
        except InvitationRefused as refusal:
            context = {"refusal": str(refusal)}
            return render(request, "parties/claim_refused.html", context, status=410)
        return super().dispatch(request, *args, **kwargs)

    def get_form_class(self) -> type[ClaimForm | AcceptForm]:
        return AcceptForm if self.invitation.appointment_id else ClaimForm

    def get_form_kwargs(self) -> dict[str, Any]:
        has_log_in = appointments.has_log_in(self.invitation)
        return super().get_form_kwargs() | {"has_log_in": has_log_in}

    def get_initial(self) -> dict[str, Any]:
        row = self.invitation.appointment
        return {"full_name": row.person} if row else {}

    def form_valid(self, form: ClaimForm | AcceptForm) -> HttpResponse:
        take = appointments.claim_account if form.claims else appointments.accept_appointment
        try:
            user = take(token=self.kwargs["token"], at=self.request.at, **form.cleaned_data)
        except InvitationRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        if is_mfa_enabled(user):
            messages.success(self.request, f"{form.done} Log in with both factors.")
            return redirect("account_login")
        login(self.request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
        messages.success(self.request, form.done)
        return redirect("home")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(invitation=self.invitation, **kwargs)


class DeclineAppointment(View):
    """Decline an appointment from the emailed invitation."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            appointments.decline_appointment(token=token, at=request.at)
        except InvitationRefused as refusal:
            context = {"refusal": str(refusal)}
            return render(request, "parties/claim_refused.html", context, status=410)
        return render(request, "parties/declined.html")
