"""Records about people and accounts that staff read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from parties.models import (
    Account,
    Appointment,
    Customer,
    Invitation,
    Presence,
    Provider,
    StaffGrant,
    User,
)

from .base import ReadOnlyAdmin


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
    change_form_template = "admin/parties/account/change_form.html"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The customer's page: who they are and what is going on, on top of the record."""
        account = self.get_object(request, object_id)
        extra = self.admin_site.account_header(request, account) if account else {}
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

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

    def accounts_of(self, record: Any) -> list[Account]:
        return list(record.accounts.select_related("customer__provider"))


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

    def accounts_of(self, record: Any) -> list[Account]:
        accounts = Account.objects.filter(appointments__user=record).distinct()
        return list(accounts.select_related("customer__provider"))


@admin.register(Presence)
class PresenceAdmin(ReadOnlyAdmin):
    """What advocates asked for with the customer there, and the answers."""

    provider_path = "account__customer__provider"
    list_display = ("asked_at", "advocate", "account", "words", "state", "confirmed_by")
    list_filter = ("state", "act", "account__customer__provider")
    search_fields = ("advocate__full_name", "account__number", "words")
    list_select_related = ("advocate", "account__customer", "confirmed_by")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("email", "account", "sent_at", "expires_at", "used_at", "wrong_tries")
    search_fields = ("email", "account__number")
    list_select_related = ("account__customer",)
    exclude = ("token_hash",)


@admin.register(StaffGrant)
class StaffGrantAdmin(ReadOnlyAdmin):
    """Which senior manager asked for whose access, and when it ended."""

    provider_path = "user__provider"
    list_display = ("user", "role", "asked_by", "from_outside", "given_at", "ended_at")
    list_filter = ("role", "from_outside")
    search_fields = ("user__full_name", "user__email", "asked_by")
    list_select_related = ("user",)
