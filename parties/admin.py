"""Staff pages about people and accounts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from records.audit.services import record

from .access import audit_actor, role_names, sees_in_lists
from .models import (
    Account,
    Appointment,
    Customer,
    Invitation,
    Provider,
    StaffGrant,
    User,
)
from .services.openings import open_record
from .states import StaffData


class ConfinedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows staff of one provider nothing of another's, and opens no record without a reason.

    `provider_path` leads from the model to its provider, `account_path` to the account that it
    belongs to (by itself where the provider is reached through the account). `guarded` names the
    fields that only some roles see.
    """

    provider_path = ""
    account_path: str | None = None
    guarded: dict[StaffData, tuple[str, ...]] = {}
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.provider_id and self.provider_path:
            rows = rows.filter(**{self.provider_path: request.user.provider_id})
        return rows

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Return the record, once it is known why somebody opens it. Raises ReasonNeeded."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            for account in self.accounts_of(found):
                open_record(
                    request,
                    account,
                    subject=f"{self.opts.verbose_name} {found}",
                    in_queue=self.admin_site.is_in_queue(request, account, found),
                )
        return found

    def accounts_of(self, record: Any) -> list[Account]:
        """The accounts whose record this belongs to."""
        path = self.account_path
        if path is None:
            if not self.provider_path.endswith("customer__provider"):
                return []
            path = self.provider_path.removesuffix("customer__provider").rstrip("_")
        for step in filter(None, path.split("__")):
            record = getattr(record, step)
        return [record] if record else []

    def _hidden(self, request: HttpRequest) -> set[str]:
        return {
            name
            for data, names in self.guarded.items()
            if not sees_in_lists(request.user, data)
            for name in names
        }

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        hidden = self._hidden(request)
        return [name for name in super().get_fields(request, obj) if name not in hidden]

    def get_list_display(self, request: HttpRequest) -> Any:
        hidden = self._hidden(request)
        return [name for name in super().get_list_display(request) if name not in hidden]

    def get_search_fields(self, request: HttpRequest) -> Any:
        hidden = self._hidden(request)
        return [name for name in super().get_search_fields(request) if name not in hidden]

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Leave out what is guarded, and the choice of providers for whoever has only one."""
        hidden = self._hidden(request)
        return [
            name
            for name in super().get_list_filter(request)
            if not isinstance(name, str)
            or not (name in hidden or (request.user.provider_id and name.endswith("provider")))
        ]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer, and accept, only what the person could open in its own list."""
        try:
            related = self.admin_site.get_model_admin(db_field.remote_field.model)
        except NotRegistered:
            pass
        else:
            kwargs.setdefault("queryset", related.get_queryset(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and record on each account what was before and is after."""
        super().save_model(request, obj, form, change)
        before = {name: str(form.initial.get(name) or "") for name in form.changed_data}
        after = {name: str(form.cleaned_data.get(name) or "") for name in form.changed_data}
        changed = [name for name in after if after[name] != before[name] or not change]
        for account in self.accounts_of(obj):
            record(
                account_id=account.pk,
                at=request.at,
                action=f"{'change' if change else 'add'}_{self.opts.model_name}",
                actor=audit_actor(request, acted_as=role_names(request.user)),
                subject=str(obj)[:80],
                before={name: before[name] for name in changed if change},
                after={name: after[name] for name in changed},
            )

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


@admin.register(StaffGrant)
class StaffGrantAdmin(ReadOnlyAdmin):
    """Which senior manager asked for whose access, and when it ended."""

    provider_path = "user__provider"
    list_display = ("user", "role", "asked_by", "from_outside", "given_at", "ended_at")
    list_filter = ("role", "from_outside")
    search_fields = ("user__full_name", "user__email", "asked_by")
    list_select_related = ("user",)
