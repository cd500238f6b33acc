"""Home, the way in for staff, and health."""

from __future__ import annotations

import secrets
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from portal.composition import health


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The process and what it depends on: 200 if all is well now, else 503.

    What is not well is said only to whoever brings READYZ_TOKEN.
    """
    found = health.checks(request.at)
    well = all(check.well for check in found)
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    if not _brings(request, settings.READYZ_TOKEN):
        words = "ok\n" if well else "not ok\n"
        return HttpResponse(words, content_type="text/plain", status=status)
    checks = {check.name: {"well": check.well, "what": check.what} for check in found}
    return JsonResponse({"ready": well, "checks": checks}, status=status)


def _brings(request: HttpRequest, token: str) -> bool:
    given = request.headers.get("Authorization", "")
    return bool(token) and secrets.compare_digest(given.encode(), f"Bearer {token}".encode())
