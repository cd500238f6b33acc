"""The staff side: Django's admin with worklists first."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    default_site = "portal.staff.site.PortalAdminSite"
