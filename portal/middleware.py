"""What every request carries, and how refusals are shown."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from parties.access import NotAuthorised, current
from terms.calendar import State
from terms.lifecycle import IllegalStep

Handler = Callable[[HttpRequest], HttpResponse]


class RequestFacts:
    """Reads the clock once, as `request.at`, and shows times on the account's own clock."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.at = timezone.now()
        request.request_id = structlog.contextvars.get_contextvars().get("request_id", "")
        response = self.get_response(request)
        timezone.deactivate()
        return response

    def process_view(self, request: HttpRequest, *_: object) -> None:
        if request.user.is_authenticated:
            chosen = current(request).chosen
            if chosen is not None:
                timezone.activate(State(chosen.account.state).zone)


class StaffSecondFactor:
    """Staff use the admin only after signing in with a second factor."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/admin/") and request.user.is_authenticated:
            from allauth.mfa.utils import is_mfa_enabled

            if request.user.is_staff and not is_mfa_enabled(request.user):
                return redirect(f"{settings.STAFF_MFA_SETUP}?next={request.get_full_path()}")
        return self.get_response(request)


class Refusals:
    """Turns a refusal into a page that says what, why and what to do instead."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, refusal: Exception) -> HttpResponse | None:
        if isinstance(refusal, NotAuthorised):
            asked = refusal.action.value.replace("_", " ")
            context = {
                "refusal": f"You may not {asked} on this account.",
                "because": refusal.decision.because,
            }
            return render(request, "403.html", context, status=403)
        if isinstance(refusal, IllegalStep):
            return render(request, "409.html", {"refusal": refusal}, status=409)
        return None
