from __future__ import annotations

from django.contrib import admin

from parties.admin import ConfinedAdmin

from .models import Contract, Plan, Service


@admin.register(Plan)
class PlanAdmin(ConfinedAdmin):
    provider_path = "provider"
    list_display = ("name", "provider", "kind", "monthly_fee", "minimum_months")
    list_filter = ("provider", "kind")
    search_fields = ("name", "code")
    list_select_related = ("provider",)


class ServiceInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Service
    extra = 0
    fields = ("label", "identifier", "plan", "quantity", "status", "activated_on", "ended_on")
    readonly_fields = fields
    can_delete = False


@admin.register(Contract)
class ContractAdmin(ConfinedAdmin):
    provider_path = "account__customer__provider"
    list_display = ("reference", "account", "version", "started_on", "minimum_months")
    list_filter = ("account__customer__provider", "version")
    search_fields = ("reference", "account__number", "account__customer__name")
    list_select_related = ("account__customer",)
    autocomplete_fields = ("account",)
    inlines = (ServiceInline,)


@admin.register(Service)
class ServiceAdmin(ConfinedAdmin):
    provider_path = "contract__account__customer__provider"
    list_display = ("label", "identifier", "plan", "status", "activated_on", "ended_on")
    list_filter = ("status", "plan__kind", "contract__account__customer__provider")
    search_fields = ("label", "identifier", "contract__account__number")
    list_select_related = ("plan",)
    readonly_fields = ("status", "activated_on", "ended_on")
    autocomplete_fields = ("contract", "plan")
