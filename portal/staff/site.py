"""The staff side: Django's admin with worklists first."""

from __future__ import annotations

from functools import partial, wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from parties.desk.selectors import open_call
from portal.composition.worklists import worklists

from . import complaint_figures, debt, phone, terms, viewing
from .openings import ReasonNeeded


class PortalAdminSite(AdminSite):
    """Opens on what is due now, for me and my team."""

    site_header = "Staff"
    site_title = "Staff"
    index_title = "What is due now"
    enable_nav_sidebar = True

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        extra = {"worklists": worklists(request.user, request.at)} | (extra_context or {})
        return super().index(request, extra)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Passwords change where everyone's do, with the same checks."""
        return redirect("account_change_password")

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def get_urls(self) -> list[Any]:
        def page(view: Any) -> Any:
            return self.admin_view(partial(view, site=self))

        return [
            path("debt/", page(debt.aged_debt), name="aged_debt"),
            path("debt/accounts/", page(debt.aged_debt_accounts), name="aged_debt_accounts"),
            path("terms/", page(terms.reports), name="terms_reports"),
            path("terms/<slug:document>/", page(terms.report), name="terms_report"),
            path("complaint-figures/", page(complaint_figures.figures), name="complaint_figures"),
            path("reason/<uuid:public_id>/", self.admin_view(viewing.ask_reason), name="reason"),
            path(
                "view-as/<uuid:public_id>/",
                self.admin_view(viewing.view_as_customer),
                name="view_as",
            ),
            path("phone/<slug:act>/", page(phone.ask), name="phone_ask"),
            path("phone/<uuid:public_id>/answer/", page(phone.answer), name="phone_answer"),
            path("view-as/stop/", self.admin_view(viewing.stop_viewing), name="stop_viewing"),
            *super().get_urls(),
        ]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Send whoever opens a record without a reason to where they give one."""

        @wraps(view)
        def ask_first(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.user.is_authenticated:
                # Each permission asks for their roles: read once a request.
                prefetch_related_objects([request.user], "groups")
            try:
                return view(request, *args, **kwargs)
            except ReasonNeeded as needed:
                asking = reverse("admin:reason", args=[needed.account.public_id])
                return redirect(f"{asking}?{urlencode({'next': request.get_full_path()})}")

        return super().admin_view(ask_first, cacheable)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Besides Django's own: the call that the member of staff is on, asked for if shown."""
        return super().each_context(request) | {"call_now": lambda: _call_now(request)}


def _call_now(request: HttpRequest) -> Any:
    on_line = request.user.is_authenticated and request.user.is_staff and hasattr(request, "at")
    return open_call(request.user, request.at) if on_line else None
