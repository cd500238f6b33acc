"""How reminders to pay reach the customer: by email, or by text to a phone that they proved."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views.generic import FormView

from parties.correspondence import selectors as correspondence
from parties.correspondence.states import PreferenceKind
from parties.privacy import services as privacy
from parties.security import selectors as security_selectors
from parties.security import services as security
from parties.security.models import IdentityCheck
from parties.security.services import IdentityNotProven
from parties.security.states import TEXT_REMINDERS, Factor
from portal.composition.identity_forms import CodeForm
from portal.web.guards import AccountPage
from records.notices.texts import answers_taken
from terms.facts import Action, Role

BY_TEXT = "From now on reminders to pay come by text message."
BY_EMAIL = "From now on reminders to pay come by email."


class Reminders(AccountPage, FormView):  # type: ignore[type-arg]
    """Choose text messages, with a code from the phone that they go to, or email again.

    Whoever may change details can go back to email; texts are the holder's own choice.
    """

    action = Action.CHANGE_DETAILS
    own_only = True
    template_name = "customer/privacy/reminders.html"
    section = "profile"
    form_class = CodeForm

    @cached_property
    def is_holder(self) -> bool:
        return self.decision.role == Role.HOLDER

    @cached_property
    def number(self) -> str:
        """The phone that texts would go to; empty for anybody but the holder."""
        if not self.is_holder:
            return ""
        return security_selectors.phone_for_reminders(self.account, self.request.user)

    @cached_property
    def is_proven(self) -> bool:
        return bool(self.number) and security_selectors.has_proven(
            self.account, self.request.user, self.number
        )

    @cached_property
    def code(self) -> IdentityCheck | None:
        if not self.number:
            return None
        return security_selectors.open_code(
            self.account, self.request.user, TEXT_REMINDERS, self.request.at
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "send" in request.POST:
            return self._send()
        if "by" in request.POST:
            return self._choose(request.POST["by"])
        if self.code is None:
            messages.error(request, "That code can't be used any more. Ask for a new one.")
            return redirect(request.path)
        return super().post(request, *args, **kwargs)

    def _send(self) -> HttpResponse:
        if not self.number:
            messages.error(self.request, "There is no mobile number that we can text a code to.")
            return redirect(self.request.path)
        try:
            security.send_code(
                account=self.account,
                person=self.request.user,
                purpose=TEXT_REMINDERS,
                factor=Factor.TEXTED_CODE,
                at=self.request.at,
            )
        except IdentityNotProven as refusal:
            messages.error(self.request, str(refusal))
        return redirect(self.request.path)

    def _choose(self, by: str) -> HttpResponse:
        try:
            privacy.choose(
                account=self.account,
                by=self.request.user,
                at=self.request.at,
                kind=PreferenceKind.REMINDERS,
                value=by,
            )
        except privacy.PhoneNotProven as refusal:
            messages.error(self.request, str(refusal))
            return redirect(self.request.path)
        except ValueError:
            messages.error(self.request, "Choose email or text message.")
            return redirect(self.request.path)
        messages.success(self.request, BY_TEXT if by == "text" else BY_EMAIL)
        return redirect("privacy" if self.allows(Action.VIEW_PERSONAL_DETAILS) else "home")

    def form_valid(self, form: CodeForm) -> HttpResponse:
        check = cast(IdentityCheck, self.code)
        try:
            security.enter_code(check=check, code=form.cleaned_data["code"], at=self.request.at)
        except IdentityNotProven as refusal:
            form.add_error("code", str(refusal))
            return self.form_invalid(form)
        return self._choose("text")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"what": "text message"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chosen = correspondence.preferences(self.account)[PreferenceKind.REMINDERS]
        sender = correspondence.text_sender(self.account, self.today)
        return super().get_context_data(
            by_text=chosen == "text",
            is_holder=self.is_holder,
            tail=correspondence.tail_of(self.number) if self.number else "",
            is_proven=self.is_proven,
            code=self.code,
            sender=correspondence.phone_in_words(sender.shown) if sender.allowed else "",
            because=sender.because,
            answers_taken=answers_taken(),
            **kwargs,
        )
