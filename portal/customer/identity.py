"""Prove who you are before a high-risk step, by a second factor or a fresh code; stop one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import FormView

from parties.correspondence import selectors as correspondence
from parties.people.models import User
from parties.security import selectors as security_selectors
from parties.security import services as security
from parties.security.models import IdentityCheck, Pause
from parties.security.services import IdentityNotProven
from parties.security.states import TOLD_AS, Factor, HighRisk
from portal.composition.identity_forms import FACTORS, CodeForm
from portal.web.guards import StandingPage, keep_proof
from terms import library
from terms.facts import Role

# How long ago the second factor may have been given on the page that asks for it.
JUST_NOW = timedelta(minutes=3)
SPENT_KEY = "factor_spent_at"


class ProveIdentity(StandingPage, FormView):  # type: ignore[type-arg]
    """Ask for the second factor; what was passed is kept for 15 minutes, for this step only.

    Whoever stands on the account can show who they are, whatever else they may do there.
    """

    own_only = True
    template_name = "customer/people/prove_identity.html"
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
    def paused(self) -> Pause | None:
        return security_selectors.pause_of(self.account)

    @cached_property
    def ways(self) -> dict[str, Factor]:
        """By which ways a code can be sent to somebody without a second factor.

        Who logged in by a code from their mailbox has shown that they read it: another code there
        shows nothing new (RF-ID-01).
        """
        given = {one["method"] for one in get_authentication_records(self.request, self.person)}
        by_email = "code" not in given or "password" in given
        ways = {"text": Factor.TEXTED_CODE} if self.phone else {}
        return ways | ({"email": Factor.EMAILED_CODE} if by_email else {})

    @cached_property
    def phone(self) -> correspondence.Phone | None:
        return correspondence.phone_of(
            self.person, self.account, is_holder=self.decision.role == Role.HOLDER
        )

    @property
    def person(self) -> User:
        return cast(User, self.request.user)

    @cached_property
    def code(self) -> IdentityCheck | None:
        return security_selectors.open_code(
            self.account, self.request.user, self.risk.value, self.request.at
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        factor = self._given_factor() if self.has_second_factor else None
        if factor and not self.paused:
            return self._passed(
                security.note_factor(
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
        since = max(
            (self.request.at - JUST_NOW).timestamp(), self.request.session.get(SPENT_KEY, 0)
        )
        for one in reversed(get_authentication_records(self.request, self.request.user)):
            if one["method"] == "mfa" and one.get("reauthenticated") and one["at"] > since:
                # It opens this one step: the next asks again.
                self.request.session[SPENT_KEY] = one["at"]
                return FACTORS.get(one.get("type", ""))
        return None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.paused:
            return self.get(request, *args, **kwargs)
        if self.has_second_factor:
            # Whoever has a second factor uses it: the code by email is for those who have none.
            return redirect(self._factor_url())
        if "send" in request.POST:
            return self._send(request)
        return super().post(request, *args, **kwargs)

    def _send(self, request: HttpRequest) -> HttpResponse:
        try:
            security.send_code(
                account=self.account,
                person=self.person,
                purpose=self.risk.value,
                factor=self.ways[request.POST["send"]],
                at=request.at,
            )
        except KeyError:
            messages.error(request, "A code can't be sent that way. Choose another way.")
        except IdentityNotProven as refusal:
            messages.error(request, str(refusal))
        return redirect(request.get_full_path())

    def form_valid(self, form: CodeForm) -> HttpResponse:
        if self.code is None:
            return redirect(self.request.get_full_path())
        try:
            check = security.enter_code(
                check=self.code, code=form.cleaned_data["code"], at=self.request.at
            )
        except IdentityNotProven as refusal:
            form.add_error("code", str(refusal))
            return self.form_invalid(form)
        return self._passed(check)

    def get_form_kwargs(self) -> dict[str, Any]:
        is_text = self.code is not None and self.code.factor == Factor.TEXTED_CODE
        return super().get_form_kwargs() | ({"what": "text message"} if is_text else {})

    def _passed(self, check: IdentityCheck) -> HttpResponse:
        keep_proof(self.request, self.risk, check)
        return redirect(self.target)

    def _factor_url(self) -> str:
        here = f"{self.request.path}?{urlencode({'next': self.target})}"
        return f"{resolve_url('mfa_reauthenticate')}?{urlencode({'next': here})}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        paused = self.paused
        because = (
            security_selectors.why_paused(paused, self.today)
            if paused
            else security_selectors.why_high_risk(self.account, self.risk, self.today)
        )
        return super().get_context_data(
            risk=self.risk,
            step_words=TOLD_AS[self.risk.value],
            because=because,
            paused=paused,
            provider=library.provider(self.account.customer.provider.key),
            ways=self.ways,
            phone=self.phone,
            password_url=f"{resolve_url('account_reauthenticate')}?"
            f"{urlencode({'next': self.request.get_full_path()})}",
            factor_url=self._factor_url() if self.has_second_factor else "",
            code=self.code,
            **kwargs,
        )
