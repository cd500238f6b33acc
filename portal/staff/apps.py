"""The admin as an app: its own site, and the modules that register records on it by name."""

from importlib import import_module

from django.contrib.admin.apps import SimpleAdminConfig

# Each registers its records on the site; an area that is not named here has no staff pages.
MODULES = (
    "absences",
    "accounts",
    "appointments",
    "bank",
    "barring",
    "billing",
    "calls",
    "charges",
    "complaint_records",
    "complaints",
    "contracts",
    "debits",
    "deposits",
    "equipment",
    "faults",
    "giving",
    "help_paying",
    "identity",
    "indexing",
    "leaving",
    "listings",
    "locations",
    "mails",
    "moving",
    "online",
    "orders",
    "outage_credits",
    "outages",
    "payments",
    "payouts",
    "pauses",
    "plans",
    "privacy",
    "records",
    "refund_files",
    "refunds",
    "renewing",
    "settings",
    "terms_variations",
    "unpaid",
    "unpaid_beyond",
    "variations",
    "work",
)


class PortalAdminConfig(SimpleAdminConfig):
    default_site = "portal.staff.site.PortalAdminSite"

    def ready(self) -> None:
        super().ready()
        import_module("django.contrib.auth.admin")
        for module in MODULES:
            import_module(f"portal.staff.{module}")
