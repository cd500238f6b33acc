"""Changes of one's own log-in, which need a second factor first (RF-ID-03, RF-ID-04)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView

from parties.privacy import services as privacy
from parties.security import services as security
from parties.security.services import LogInRefused, StopRefused, UndoRefused, log_ins, pausing
from parties.security.states import HighRisk
from terms import library


class UndoEmailChange(TemplateView):
    """Undo a change of the log-in's address from the old address; no log-in is needed."""

    template_name = "account/undo_email.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self.change = log_ins.find_email_change(kwargs["token"], at=request.at)
            return super().dispatch(request, *args, **kwargs)
        except LogInRefused as refusal:
            context = {"refusal": str(refusal)}
            return render(request, "parties/undo_refused.html", context, status=410)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        log_ins.undo_email_change(token=token, at=request.at)
        if request.user == self.change.user:
            logout(request)
        return render(request, "account/undone_email.html")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(change=self.change, **kwargs)


@method_decorator(csrf_exempt, name="dispatch")
class Unsubscribe(View):
    """End marketing at once and without a log-in; mail programs post here by themselves."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Ask first: programs that look through emails open every link."""
        return self._answer(request, token, done=False)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._answer(request, token, done=True)

    def _answer(self, request: HttpRequest, token: str, *, done: bool) -> HttpResponse:
        try:
            account = (
                privacy.unsubscribe(token=token, at=request.at)
                if done
                else privacy.account_of_link(token)
            )
        except privacy.BadLink as refusal:
            return render(request, "privacy/bad_link.html", {"refusal": refusal}, status=404)
        provider = account.customer.provider.name
        return render(request, "privacy/unsubscribe.html", {"done": done, "provider": provider})


class UndoContactChange(TemplateView):
    """Undo a change of contact details from the old contact point; no log-in is needed."""

    template_name = "parties/undo_contact.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            self.change = security.find_change(kwargs["token"], at=request.at)
        except UndoRefused as refusal:
            context = {"refusal": str(refusal)}
            return render(request, "parties/undo_refused.html", context, status=410)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        security.undo_change(token=token, at=request.at)
        return render(request, "parties/undone.html")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(change=self.change, **kwargs)


class Stop(TemplateView):
    """Stop high-risk steps from the link in what told of one; no log-in is needed.

    Opening it changes nothing: programs that look through emails open every link.
    """

    template_name = "parties/stop.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self.link = pausing.find_stop(kwargs["token"], at=request.at)
        except StopRefused as refusal:
            context = {"refusal": str(refusal)}
            return render(request, "parties/stop_refused.html", context, status=410)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        pausing.pause(token=token, at=request.at)
        if request.user == self.link.person:
            logout(request)
        return self.render_to_response(self.get_context_data(done=True))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        account = self.link.account
        return super().get_context_data(
            step=HighRisk(self.link.step).label,
            asked_at=self.link.sent_at,
            provider=library.provider(account.customer.provider.key),
            **kwargs,
        )
