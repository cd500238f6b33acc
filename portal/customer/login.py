"""Changes of one's own log-in, which need a second factor first (RF-ID-03, RF-ID-04)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.password_change import (
    finalize_password_change,
    finalize_password_set,
)
from allauth.account.views import EmailView, PasswordChangeView, PasswordSetView
from allauth.mfa.base.views import ReauthenticateView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url

from parties.authority.selectors import local_day
from parties.security.selectors import why_high_risk
from parties.security.services import LogInRefused, log_ins
from parties.security.states import HighRisk
from portal.web.fresh import factor_page
from portal.web.guards import current, proof_of


class _LogIn:
    """Asks customers for a second factor; staff gave theirs when they logged in.

    Where the page also shows something, only sending it asks. Who has several accounts chooses
    one first: on that the proof is recorded.
    """

    risk: HighRisk
    asks_on: tuple[str, ...] = ("POST",)
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.needs_proof(request):
            return super().dispatch(request, *args, **kwargs)
        known = current(request)
        here = urlencode({"next": request.path})
        if known.chosen is None:
            return redirect(f"{resolve_url('choose_account')}?{here}")
        account = known.chosen.account
        asks = why_high_risk(account, self.risk, local_day(account, request.at))
        if asks and not proof_of(request, self.risk):
            return redirect(f"{resolve_url('prove_identity', self.risk.value)}?{here}")
        return super().dispatch(request, *args, **kwargs)

    def needs_proof(self, request: HttpRequest) -> bool:
        """Whether this is one of whom a second factor is asked, sending what asks for it."""
        is_customer = not request.user.is_staff and current(request).choices
        return bool(is_customer) and request.method in self.asks_on

    def save(self, form: Any) -> bool:
        """Keep the new password; a refusal stands in the form."""
        try:
            log_ins.change_password(
                person=self.request.user,
                save=form.save,
                proof=proof_of(self.request, self.risk),
                at=self.request.at,
            )
        except LogInRefused as refusal:
            form.add_error(None, str(refusal))
            return False
        return True


class ChangeEmail(_LogIn, EmailView):
    """Change the email address of the log-in; the new one is confirmed first, by a code.

    There is only ever one address, so there is nothing to send again, to remove or to prefer.
    """

    risk = HighRisk.CHANGE_EMAIL

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "action_add" not in request.POST:
            return redirect("account_email")
        return super().post(request, *args, **kwargs)


class ChangePassword(_LogIn, PasswordChangeView):
    """Change the password."""

    risk = HighRisk.PASSWORD_RESET
    asks_on = ("GET", "POST")

    def form_valid(self, form: Any) -> HttpResponse:
        if not self.save(form):
            return self.form_invalid(form)
        finalize_password_change(self.request, form.user)
        return redirect(self.get_success_url())


class SetPassword(_LogIn, PasswordSetView):
    """Choose a password where there is none, or none that works."""

    risk = HighRisk.PASSWORD_RESET
    asks_on = ("GET", "POST")

    def form_valid(self, form: Any) -> HttpResponse:
        if not self.save(form):
            return self.form_invalid(form)
        finalize_password_set(self.request, form.user)
        return redirect(self.get_success_url())


class _FirstFactor(_LogIn):
    """The first second factor is set up after a proof: from then on it is one itself."""

    risk = HighRisk.PASSWORD_RESET
    asks_on = ("GET", "POST")

    def needs_proof(self, request: HttpRequest) -> bool:
        return super().needs_proof(request) and not is_mfa_enabled(request.user)


class ActivateTOTP(_FirstFactor, ActivateTOTPView):
    """Set up an authenticator app."""


class AddPasskey(_FirstFactor, AddWebAuthnView):
    """Set up a passkey. It can be found by a browser without a name, so it logs in by itself."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        wanted = context["js_data"]["creation_options"]["publicKey"]["authenticatorSelection"]
        wanted |= {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        }
        return context


class ShowFactor(ReauthenticateView):
    """Show a factor again: whoever has passkeys alone is never asked for an app.

    With `code` in the address they can use a recovery code instead.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asks = factor_page(request.user)
        if request.method == "GET" and "code" not in request.GET and asks != "mfa_reauthenticate":
            return redirect(f"{resolve_url(asks)}?{request.GET.urlencode()}")
        return super().dispatch(request, *args, **kwargs)
