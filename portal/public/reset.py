"""A forgotten password: the emailed link is one factor, a different one is asked for too."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.password_reset import finalize_password_reset
from allauth.account.views import PasswordResetFromKeyView
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import cached_property

from parties.authority.selectors import local_day
from parties.people.models import User
from parties.security import selectors as security
from parties.security import services as security_services
from parties.security.models import IdentityCheck
from parties.security.services import IdentityNotProven, LogInRefused, ResetRequirements, log_ins
from parties.security.states import FRESH, Factor, HighRisk
from portal.composition.identity_forms import FACTORS, CodeForm
from portal.web.passkey_forms import AuthenticatePasskeyForm
from terms import library

RESET_KEY = "reset_proof"
STEP = HighRisk.PASSWORD_RESET
TEXT = "text message"


class ResetPassword(PasswordResetFromKeyView):
    """Choose a new password from the emailed link, after a second factor (RF-ID-01, RF-ID-03).

    Asked of everybody who stands on an account, works here or set up a factor; for anybody else
    the link is enough. What was passed counts for 15 minutes, in this browser, for this person.
    """

    reset_user: User

    @cached_property
    def way(self) -> ResetRequirements:
        return log_ins.way_to_reset(self.reset_user, at=self.request.at)

    @cached_property
    def proof(self) -> str | None:
        """The check that was passed, "" where none is recorded, None where one is still due."""
        way = self.way
        if way.paused:
            return None
        if not (way.account or way.factors or self.reset_user.is_staff):
            return ""
        kept = self.request.session.get(RESET_KEY, {})
        fresh = kept.get("at", "") > (self.request.at - FRESH).isoformat()
        if fresh and kept["person"] == self.reset_user.pk:
            return str(kept["check"])
        return way.documents or None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._ask() if self.proof is None else super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.proof is not None:
            return super().post(request, *args, **kwargs)
        if self.way.paused:
            return self._ask()
        return self._take_factor() if self.way.factors else self._take_text()

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            log_ins.reset_password(
                person=self.reset_user,
                save=form.save,
                proof=self.proof or "",
                at=self.request.at,
            )
        except LogInRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        self.request.session.pop(RESET_KEY, None)
        finalize_password_reset(self.request, self.reset_user)
        return redirect(self.get_success_url())

    def _take_factor(self) -> HttpResponse:
        """Take a code of their authenticator app, a recovery code or a passkey."""
        kind = AuthenticatePasskeyForm if "credential" in self.request.POST else AuthenticateForm
        form = kind(user=self.reset_user, data=self.request.POST)
        if not form.is_valid():
            return self._ask(form)
        used = form.cleaned_data.get("credential") or form.authenticator
        used.record_usage()
        check = self.way.account and security_services.note_factor(
            account=self.way.account,
            person=self.reset_user,
            purpose=STEP.value,
            factor=FACTORS[used.type],
            at=self.request.at,
        )
        return self._passed(check)

    def _take_text(self) -> HttpResponse:
        """Send a code by text, or take the one that was sent."""
        if self.way.phone is None:
            return self._ask()
        form = CodeForm(None if "send" in self.request.POST else self.request.POST, what=TEXT)
        try:
            if "send" in self.request.POST:
                security_services.send_code(
                    account=self.way.account,
                    person=self.reset_user,
                    purpose=STEP.value,
                    factor=Factor.TEXTED_CODE,
                    at=self.request.at,
                )
                return redirect(self.request.path)
            if self.code is None:
                raise IdentityNotProven("This code can't be used any more. Ask for a new one.")
            if not form.is_valid():
                return self._ask(form)
            check = security_services.enter_code(
                check=self.code, code=form.cleaned_data["code"], at=self.request.at
            )
            return self._passed(check)
        except IdentityNotProven as refusal:
            return self._ask(form, refusal=str(refusal))

    @cached_property
    def code(self) -> IdentityCheck | None:
        """The text that was sent for this and can still be entered; an emailed code is none."""
        if self.way.account is None:
            return None
        found = security.open_code(self.way.account, self.reset_user, STEP.value, self.request.at)
        return found if found and found.factor == Factor.TEXTED_CODE else None

    def _passed(self, check: IdentityCheck | None) -> HttpResponse:
        self.request.session[RESET_KEY] = {
            "person": self.reset_user.pk,
            "check": str(check.public_id) if check else "",
            "at": self.request.at.isoformat(),
        }
        return redirect(self.request.path)

    def _ask(self, form: Form | None = None, refusal: str = "") -> HttpResponse:
        """Show what is asked for; while high-risk steps are paused, why nothing is."""
        account = self.way.account
        context = {"way": self.way, "code": self.code, "refusal": refusal, **self._forms(form)}
        if account is not None:
            today = local_day(account, self.request.at)
            context["provider"] = library.provider(account.customer.provider.key)
            context["because"] = (
                security.why_paused(self.way.paused, today)
                if self.way.paused
                else security.why_high_risk(account, STEP, today)
            )
        status = 403 if self.way.paused else 200
        template = "account/password_reset_prove.html"
        return render(self.request, template, context, status=status)

    def _forms(self, form: Form | None) -> dict[str, Any]:
        """The form of what they have, with `form` in its place if that was sent and is wrong."""
        person, has = self.reset_user, self.way.factors
        if not has:
            return {"form": form or CodeForm(what=TEXT)}
        forms: dict[str, Any] = {}
        if any(one != Authenticator.Type.WEBAUTHN for one in has):
            wrong = form if isinstance(form, AuthenticateForm) else None
            forms["form"] = wrong or AuthenticateForm(user=person)
        if Authenticator.Type.WEBAUTHN in has:
            wrong_key = form if isinstance(form, AuthenticatePasskeyForm) else None
            forms["passkey_form"] = wrong_key or AuthenticatePasskeyForm(user=person)
            forms["js_data"] = {"request_options": begin_authentication(person)}
        return forms
