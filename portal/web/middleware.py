"""What every request carries, and how refusals are shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import wraps
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode

import structlog
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.template.loader import render_to_string
from django.utils import timezone

from terms.calendar import State

from .fresh import FACTOR_PAGES, factor_page, needs_factor
from .guards import current

Handler = Callable[[HttpRequest], HttpResponse]


class ClientAddress:
    """Puts the visitor's own address in place of the proxy's.

    Only what the nearest proxy wrote counts: what stands before it, the visitor may have made up.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        nearest = request.headers.get("X-Forwarded-For", "").rpartition(",")[2]
        if settings.BEHIND_PROXY and (address := _address(nearest)):
            request.META["REMOTE_ADDR"] = address
        return self.get_response(request)


def _address(text: str) -> str | None:
    """The network address that a text holds, or None."""
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None


class RequestFacts:
    """Reads the clock once, as `request.at`, and shows times on the account's own clock.

    Whatever is recorded in the request knows from where it came.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.at = timezone.now()
        request.request_id = structlog.contextvars.get_contextvars().get("request_id", "")
        structlog.contextvars.bind_contextvars(
            address=_address(request.META.get("REMOTE_ADDR", ""))
        )
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
        staff = request.user.is_authenticated and request.user.is_staff
        if staff and request.path.startswith("/admin/") and not is_mfa_enabled(request.user):
            return redirect(f"{settings.STAFF_MFA_SETUP}?next={request.get_full_path()}")
        return self.get_response(request)


class FactorFirst:
    """To see, make, add, change or remove a factor one shows a factor that one has."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.url_name not in FACTOR_PAGES or not needs_factor(request):
            return None
        target = resolve_url(factor_page(request.user))
        return redirect(f"{target}?{urlencode({'next': request.path})}")


def reads_itself(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view that reads what is posted by itself, once it knows from whom it comes."""

    @wraps(view)
    def marked(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    marked.reads_itself = True
    return marked


class PlainText:
    """Answers what no page can mean, with words instead of a failure.

    A NUL is in no text that anybody types, and no database takes it. A number of twenty digits in
    an address is no record's: where it does not fit a column, there is nothing.
    """

    HUGE = re.compile(r"\d{19}")

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = (request.path_info, *_texts(request.GET), *request.headers.values())
        if any("\x00" in one for one in asked):
            return HttpResponse(render_to_string("400.html"), status=400)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], *_: object
    ) -> HttpResponse | None:
        if request.method != "POST" or getattr(view, "reads_itself", False):
            return None
        if any("\x00" in one for one in _texts(request.POST)):
            return HttpResponse(render_to_string("400.html"), status=400)
        return None

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        is_huge = isinstance(failure, OverflowError | DataError | OperationalError)
        if is_huge and self.HUGE.search(request.get_full_path()):
            return render(request, "404.html", status=404)
        return None


def _texts(data: QueryDict) -> Iterator[str]:
    """Every name and value of what was sent."""
    for name, values in data.lists():
        yield name
        yield from (one for one in values if isinstance(one, str))
