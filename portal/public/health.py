"""Home, the way in for staff, and health."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from portal.composition import health


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The process and what it depends on: 200 if all is well, else 503 with what is not."""
    found = health.checks(request.at)
    well = all(check.well for check in found)
    return JsonResponse(
        {
            "ready": well,
            "checks": {check.name: {"well": check.well, "what": check.what} for check in found},
        },
        status=200 if well else 503,
    )
