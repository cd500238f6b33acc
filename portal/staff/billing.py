from __future__ import annotations

from django.contrib import admin

from billing.charging.models import Charge
from billing.disputes.models import Hold
from billing.invoices.models import Invoice, InvoiceLine
from billing.payments.models import Payment
from billing.runs.models import BillRun, RunProblem
from parties.people.states import StaffData

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


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    guarded = {StaffData.CARD: ("reference", "method")}
    list_display = ("received_on", "amount", "account", "reference", "method")
    list_filter = ("method", "account__customer__provider")
    search_fields = ("reference", "account__number")
    list_select_related = ("account__customer",)


@admin.register(Charge)
class ChargeAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("description", "account", "amount", "incurred_on", "line")
    list_filter = ("kind", "account__customer__provider")
    list_select_related = ("account__customer", "line")


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    provider_path = "invoice__account__customer__provider"
    list_display = ("invoice", "amount", "complaint", "status", "opened_at")
    list_filter = ("status",)
    list_select_related = ("invoice",)
