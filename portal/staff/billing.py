from __future__ import annotations

from django.contrib import admin

from billing.charging.models import NotBilled
from billing.disputes.models import Hold
from billing.invoices.models import Invoice, InvoiceLine
from billing.runs.models import BillRun, RunProblem
from contracts.supply.models import Chargeable

from .base import ReadOnlyAdmin


@admin.register(BillRun)
class BillRunAdmin(ReadOnlyAdmin):
    provider_path = "provider"
    list_display = ("provider", "issue_on", "status", "accounts_done", "accounts_total")
    list_filter = ("provider", "status")
    date_hierarchy = "issue_on"
    list_select_related = ("provider",)


@admin.register(RunProblem)
class RunProblemAdmin(ReadOnlyAdmin):
    provider_path = "run__provider"
    account_path = "account"
    list_display = ("account", "run", "what", "at")
    list_select_related = ("account__customer", "run__provider")


class LineInline(admin.TabularInline):  # type: ignore[type-arg]
    model = InvoiceLine
    fields = (
        "position",
        "description",
        "service_label",
        "quantity",
        "amount_ex",
        "gst",
        "amount_inc",
    )


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("number", "account", "issue_date", "due_date", "total_inc")
    list_filter = ("account__customer__provider", "issue_date")
    search_fields = ("number", "account__number", "account__customer__name")
    date_hierarchy = "issue_date"
    list_select_related = ("account__customer",)
    inlines = (LineInline,)
    change_form_template = "admin/billing/invoice/change_form.html"


@admin.register(Chargeable)
class ChargeableAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("description", "account", "amount", "incurred_on", "kind")
    list_filter = ("kind", "account__customer__provider")
    list_select_related = ("account__customer",)


@admin.register(NotBilled)
class NotBilledAdmin(ReadOnlyAdmin):
    """What is owed and can't be billed, and why."""

    provider_path = "account__customer__provider"
    list_display = ("what", "account", "reason", "starts_on", "ends_on", "settled_at")
    list_filter = (
        "reason",
        ("settled_at", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
    list_select_related = ("account__customer",)


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    provider_path = "invoice__account__customer__provider"
    list_display = ("invoice", "amount", "complaint", "status", "opened_at")
    list_filter = ("status",)
    list_select_related = ("invoice",)
