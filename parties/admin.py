"""Staff pages about people and accounts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from .models import Account, Appointment, Customer, Invitation, Provider, User


class ConfinedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows a staff member of one provider nothing of another's.

    `provider_path` leads from the model to its provider.
    """

    provider_path = ""
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.provider_id and self.provider_path:
            rows = rows.filter(**{self.provider_path: request.user.provider_id})
        return rows

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ConfinedAdmin):
    """What is only read: it was issued, sent or recorded."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AppointmentInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Appointment
    extra = 0
    fields = ("user", "role", "starts_on", "ends_on", "limits", "verified_at", "revoked_at")
    readonly_fields = fields
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    provider_path = "customer__provider"
    list_display = ("number", "customer", "provider", "status", "state", "opened_on")
    list_filter = ("customer__provider", "status", "state", "customer__kind")
    search_fields = ("number", "customer__name", "billing_email", "suburb")
    list_select_related = ("customer__provider",)
    inlines = (AppointmentInline,)

    @admin.display(ordering="customer__provider__name")
    def provider(self, account: Account) -> str:
        return account.customer.provider.name


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    provider_path = "provider"
    list_display = ("name", "provider", "kind", "is_tcp", "email")
    list_filter = ("provider", "kind", "is_tcp")
    search_fields = ("name", "email", "abn")
    list_select_related = ("provider",)


@admin.register(Provider)
class ProviderAdmin(ReadOnlyAdmin):
    provider_path = "pk"
    list_display = ("name", "key", "complaints_email")


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """People, without anything that signs them in."""

    list_display = ("full_name", "email", "is_staff", "provider", "is_active", "last_login")
    list_filter = ("is_staff", "is_active", "provider")
    search_fields = ("full_name", "email")
    list_select_related = ("provider",)
    exclude = ("password", "user_permissions")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.provider_id:
            mine = request.user.provider_id
            rows = rows.filter(provider=mine) | rows.filter(
                appointments__account__customer__provider=mine
            )
            return rows.distinct()
        return rows


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("user", "role", "account", "starts_on", "ends_on", "revoked_at")
    list_filter = ("role", "account__customer__provider")
    search_fields = ("user__full_name", "user__email", "account__number")
    list_select_related = ("user", "account__customer")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("email", "account", "sent_at", "expires_at", "used_at", "wrong_tries")
    search_fields = ("email", "account__number")
    list_select_related = ("account__customer",)
    exclude = ("token_hash",)
