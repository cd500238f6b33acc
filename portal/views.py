"""Home, the way in for staff, and health."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from billing.selectors import balance
from complaints.selectors import open_complaints, readable
from contracts.selectors import services
from parties.access import Action, StandingPage
from parties.models import Presence
from parties.selectors import asked_of_customer

from . import health
from .together import with_customer

NEWEST_BILLS = 3


class Home(StandingPage, TemplateView):
    """What I owe and when, what is wrong, what waits for me: each part for whoever may see it."""

    template_name = "portal/home.html"
    section = "home"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_pay, sees_account = self.allows(Action.PAY_BILL), self.allows(Action.VIEW_BILLS)
        return super().get_context_data(
            **(self._of_account() if sees_account else {}),
            **self._complaints(),
            sees_account=sees_account,
            may_only_pay=may_pay and not sees_account,
            may_complain=self.allows(Action.LODGE_COMPLAINT),
            may_only_ask=self.allows(Action.REQUEST_RECORDS)
            and not self.allows(Action.VIEW_PERSONAL_DETAILS),
            may_answer=self.allows(Action.ACCEPT_RESOLUTION),
            with_customer=with_customer(self.permissions),
            asked=self._asked(),
            account=self.account,
            today=self.today,
            **kwargs,
        )

    def _of_account(self) -> dict[str, Any]:
        """Bills and services, for whoever may see them."""
        owed = balance(self.account, self.today, newest=NEWEST_BILLS, shown=True)
        return {
            "balance": owed,
            "bills": owed.newest,
            "services": [
                one
                for one in services(self.account, self.today)
                if self.allows(Action.VIEW_BILLS, one.public_id)
            ],
        }

    def _complaints(self) -> dict[str, Any]:
        """The open complaints that the person may read, and those that wait for an answer."""
        if not self.allows(Action.LODGE_COMPLAINT):
            return {}
        found = open_complaints(self.account, self.today, readable(self.permissions))
        return {
            "complaints": found,
            "waiting": [one for one in found if one.state == "proposed"],
        }

    def _asked(self) -> list[Presence]:
        """What an advocate asks the account holder; looked up only if something is asked."""
        if not self.acting.is_asked or self.acting.for_someone_else:
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
