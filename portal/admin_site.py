"""The staff side: Django's admin with worklists first."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import path


class PortalAdminConfig(AdminConfig):
    default_site = "portal.admin_site.PortalAdminSite"


class PortalAdminSite(AdminSite):
    """Opens on what is due now, for me and my team."""

    site_header = "Staff"
    site_title = "Staff"
    index_title = "What is due now"
    enable_nav_sidebar = True

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        from .worklists import worklists

        extra = {"worklists": worklists(request.user, request.at)} | (extra_context or {})
        return super().index(request, extra)

    def get_urls(self) -> list[Any]:
        from . import admin_terms

        def page(view: Any) -> Any:
            return self.admin_view(partial(view, site=self))

        ours = [
            path("terms/", page(admin_terms.reports), name="terms_reports"),
            path("terms/<slug:document>/", page(admin_terms.report), name="terms_report"),
        ]
        return [*ours, *super().get_urls()]

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)
