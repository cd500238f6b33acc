"""Changes of one's own log-in, which need a second factor first (RF-ID-03, RF-ID-04)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.account.views import EmailView, PasswordChangeView
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, resolve_url

from parties.access import current, local_day, proof_of
from parties.selectors import why_high_risk
from parties.states import HighRisk


class _LogIn:
    """Asks customers for a second factor; staff gave theirs when they logged in.

    Where the page also shows something, only sending it asks.
    """

    risk: HighRisk
    asks_on: tuple[str, ...] = ("POST",)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        chosen = current(request).chosen
        if (
            chosen is not None
            and request.method in self.asks_on
            and not proof_of(request, self.risk)
        ):
            today = local_day(chosen.account, request.at)
            if why_high_risk(chosen.account, self.risk, today):
                target = resolve_url("prove_identity", self.risk.value)
                return redirect(f"{target}?{urlencode({'next': request.path})}")
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class ChangeEmail(_LogIn, EmailView):
    """Change the email address of the log-in."""

    risk = HighRisk.CHANGE_EMAIL


class ChangePassword(_LogIn, PasswordChangeView):
    """Change the password."""

    risk = HighRisk.PASSWORD_RESET
    asks_on = ("GET", "POST")
