"""Home, the way in for staff, and health."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from billing.selectors import balance
from complaints.selectors import open_complaints
from contracts.selectors import services
from parties.access import AccountPage, Action, current
from parties.models import Presence
from parties.selectors import asked_of_customer

from . import health

NEWEST_BILLS = 3


class Home(AccountPage, TemplateView):
    """What I owe and when, what is wrong, what waits for me."""

    action = Action.LODGE_COMPLAINT
    template_name = "portal/home.html"
    section = "home"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        complaints = open_complaints(self.account, self.today, self.request.user)
        owed = balance(self.account, self.today, newest=NEWEST_BILLS)
        return super().get_context_data(
            balance=owed,
            bills=owed.newest,
            services=services(self.account, self.today),
            complaints=complaints,
            waiting=[one for one in complaints if one.state == "proposed"],
            asked=self._asked(),
            today=self.today,
            **kwargs,
        )

    def _asked(self) -> list[Presence]:
        """What an advocate asks the account holder; looked up only if something is asked."""
        chosen = current(self.request).chosen
        if chosen is None or not chosen.is_asked or chosen.for_someone_else:
            return []
        return asked_of_customer(self.account, self.request.at)


def staff_login(request: HttpRequest) -> HttpResponse:
    """Staff sign in where everyone does, second factor included."""
    target = request.GET.get("next", reverse("admin:index"))
    if request.user.is_authenticated and request.user.is_staff:
        return redirect("admin:index")
    return redirect(f"{reverse('account_login')}?next={target}")


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
