"""How long a log-in lasts, what may be kept of its pages, and what is left when it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url

from parties.accounts.models import Provider

from .guards import current

Handler = Callable[[HttpRequest], HttpResponse]
SINCE_KEY = "logged_in_at"
SEEN_KEY = "seen_at"
# How exactly use is noted: not a write for each page.
SEEN_EVERY = timedelta(minutes=1)
NOTED_EVERY = timedelta(minutes=10)
# Anybody may keep these: they say nothing of who asked.
PUBLIC = ("/static/", "/brand/", "/healthz")
PUBLIC_UNLESS_LOGGED_IN = ("/terms/",)
CLEAR = '"cache", "cookies", "storage"'


def note_log_in(*, request: HttpRequest, **_: Any) -> None:
    """Forget the clocks of an earlier log-in; the next request starts new ones."""
    for name in (SINCE_KEY, SEEN_KEY):
        request.session.pop(name, None)


def limits_of(request: HttpRequest) -> tuple[timedelta, timedelta]:
    """How long the log-in of this request may be idle, and how long it lasts at most.

    Staff have their provider's limits, customers the tightest of those whose accounts they see.
    """
    person = request.user
    if person.is_staff:
        own = person.provider or Provider()
        return timedelta(minutes=own.staff_idle_minutes), timedelta(hours=own.staff_session_hours)
    providers = [one.account.customer.provider for one in current(request).choices]
    providers = providers or [Provider()]
    return (
        timedelta(hours=min(one.customer_idle_hours for one in providers)),
        timedelta(hours=min(one.customer_session_hours for one in providers)),
    )


class SessionLimits:
    """Ends log-ins that were idle too long or are too old, and notes when each was last used."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        if self._is_over(request):
            logout(request)
            messages.info(request, "You were logged out, because it was a while. Log in again.")
            target = resolve_url("account_login")
            return redirect(f"{target}?{urlencode({'next': request.get_full_path()})}")
        return self.get_response(request)

    def _is_over(self, request: HttpRequest) -> bool:
        now = int(request.at.timestamp())
        session = request.session
        since = session.setdefault(SINCE_KEY, now)
        seen = session.get(SEEN_KEY, now)
        idle, longest = limits_of(request)
        if now - seen > idle.total_seconds() or now - since > longest.total_seconds():
            return True
        if SEEN_KEY not in session or now - seen > SEEN_EVERY.total_seconds():
            session[SEEN_KEY] = now
        self._note_use(request)
        return False

    def _note_use(self, request: HttpRequest) -> None:
        """Note the use for the list of log-ins, at most every ten minutes."""
        last = datetime.fromtimestamp(request.session.get("noted_at", 0), UTC)
        if request.at - last > NOTED_EVERY:
            UserSession.objects.create_from_request(request)
            request.session["noted_at"] = int(request.at.timestamp())


class PrivatePages:
    """Lets no cache keep what a log-in or a link shows, and clears the browser at log-out."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(PUBLIC):
            return self.get_response(request)
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        was_logged_in = has_session and SESSION_KEY in request.session
        response = self.get_response(request)
        is_logged_in = SESSION_KEY in request.session if has_session else False
        if was_logged_in and not is_logged_in:
            response["Clear-Site-Data"] = CLEAR
        if request.path.startswith(PUBLIC_UNLESS_LOGGED_IN) and not (
            was_logged_in or is_logged_in
        ):
            return response
        if "no-store" not in response.get("Cache-Control", ""):
            response["Cache-Control"] = "private, no-store"
        return response
