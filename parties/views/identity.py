"""Prove who you are before a high-risk step: by a second factor, else by a fresh code."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import FormView

from parties import selectors, services
from parties.access import AccountPage, Action, keep_proof
from parties.forms.identity import CodeForm
from parties.models import IdentityCheck
from parties.services import IdentityNotProven
from parties.states import Factor, HighRisk

# How long ago the second factor may have been given on the page that asks for it.
JUST_NOW = timedelta(minutes=3)
FACTORS = {
    "totp": Factor.TOTP,
    "webauthn": Factor.PASSKEY,
    "recovery_codes": Factor.RECOVERY_CODE,
}


class ProveIdentity(AccountPage, FormView):  # type: ignore[type-arg]
    """Ask for the second factor; what was passed is kept for 15 minutes, for this step only."""

    action = Action.LODGE_COMPLAINT
    template_name = "parties/prove_identity.html"
    form_class = CodeForm
    section = "people"

    @cached_property
    def risk(self) -> HighRisk:
        try:
            return HighRisk(self.kwargs["risk"])
        except ValueError:
            raise Http404 from None

    @property
    def target(self) -> str:
        wanted = self.request.GET.get("next", "")
        hosts = {self.request.get_host()}
        is_ours = url_has_allowed_host_and_scheme(wanted, hosts, self.request.is_secure())
        return wanted if is_ours else resolve_url("home")

    @cached_property
    def has_second_factor(self) -> bool:
        strong = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
        return Authenticator.objects.filter(user=self.request.user, type__in=strong).exists()

    @cached_property
    def code(self) -> IdentityCheck | None:
        return selectors.open_code(
            self.account, self.request.user, self.risk.value, self.request.at
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        factor = self._given_factor() if self.has_second_factor else None
        if factor:
            return self._passed(
                services.note_factor(
                    account=self.account,
                    person=request.user,
                    purpose=self.risk.value,
                    factor=factor,
                    at=request.at,
                )
            )
        return super().get(request, *args, **kwargs)

    def _given_factor(self) -> Factor | None:
        """The second factor that was given a moment ago, if one was."""
        since = (self.request.at - JUST_NOW).timestamp()
        for one in reversed(get_authentication_records(self.request, self.request.user)):
            if one["method"] == "mfa" and one.get("reauthenticated") and one["at"] > since:
                return FACTORS.get(one.get("type", ""))
        return None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.has_second_factor:
            # Whoever has a second factor uses it: the code by email is for those who have none.
            return redirect(self._factor_url())
        if "send" in request.POST:
            return self._send(request)
        return super().post(request, *args, **kwargs)

    def _send(self, request: HttpRequest) -> HttpResponse:
        try:
            services.send_code(
                account=self.account, person=request.user, purpose=self.risk.value, at=request.at
            )
        except IdentityNotProven as refusal:
            messages.error(request, str(refusal))
        return redirect(request.get_full_path())

    def form_valid(self, form: CodeForm) -> HttpResponse:
        if self.code is None:
            return redirect(self.request.get_full_path())
        try:
            check = services.enter_code(
                check=self.code, code=form.cleaned_data["code"], at=self.request.at
            )
        except IdentityNotProven as refusal:
            form.add_error("code", str(refusal))
            return self.form_invalid(form)
        return self._passed(check)

    def _passed(self, check: IdentityCheck) -> HttpResponse:
        keep_proof(self.request, self.risk, check)
        return redirect(self.target)

    def _factor_url(self) -> str:
        here = f"{self.request.path}?{urlencode({'next': self.target})}"
        return f"{resolve_url('mfa_reauthenticate')}?{urlencode({'next': here})}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            risk=self.risk,
            because=selectors.why_high_risk(self.account, self.risk, self.today),
            factor_url=self._factor_url() if self.has_second_factor else "",
            code=self.code,
            **kwargs,
        )
