"""Staff pages about people and accounts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.exceptions import NotRegistered
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from records.audit.services import record

from . import selectors, services
from .access import Action, audit_actor, role_names, sees_in_lists, staff_may
from .forms.identity import CodeForm
from .forms.staff import AccountForm, CallerForm, HolderForm, StaffContactForm, VerifyForm
from .models import (
    Account,
    Appointment,
    ContactChange,
    Customer,
    HolderEvent,
    IdentityCheck,
    Invitation,
    Presence,
    Provider,
    StaffGrant,
    User,
)
from .services import Happened, HolderChangeRefused, IdentityNotProven
from .services.openings import open_record
from .states import Factor, HighRisk, HolderEventKind, StaffData


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


class CheckFilter(admin.SimpleListFilter):
    title = "identity check"
    parameter_name = "check"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waits", "Waits for a check")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return selectors.to_check(queryset) if self.value() == "waits" else queryset


class StepAdmin(ReadOnlyAdmin):
    """Has pages on which staff take a step: a form, one call inward, a word about it."""

    def step(
        self,
        request: HttpRequest,
        form: Any,
        *,
        title: str,
        action: str,
        about: Any = "",
        intro: str = "",
        because: Any = (),
    ) -> HttpResponse:
        """Show the step's form."""
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "action": action,
            "about": about,
            "intro": intro,
            "because": because,
            "form": form,
            "opts": self.opts,
            "back": reverse(f"admin:parties_{self.opts.model_name}_changelist"),
        }
        return TemplateResponse(request, "admin/parties/step.html", context)

    def list_page(self) -> HttpResponse:
        """Go back to the list."""
        return redirect(f"admin:parties_{self.opts.model_name}_changelist")

    def account_asked(self, request: HttpRequest) -> Account | None:
        """The account that the address names by its number, if the person may see it."""
        number = request.GET.get("account", "").strip().upper()
        accounts = self.admin_site.get_model_admin(Account)
        found = accounts.get_queryset(request).filter(number=number).first()
        # Opened as any record is: for a reason.
        return accounts.get_object(request, str(found.pk)) if found else None

    def ask_account(self, request: HttpRequest, title: str) -> HttpResponse:
        """Ask which account it is about."""
        form = AccountForm(request.POST or None)
        if form.is_valid():
            number = form.cleaned_data["account"]
            return redirect(f"{request.path}?{urlencode({'account': number})}")
        if "account" in request.GET:
            messages.error(request, "No account has this number.")
        return self.step(request, form, title=title, action="Continue")


@admin.register(Appointment)
class AppointmentAdmin(StepAdmin):
    provider_path = "account__customer__provider"
    list_display = (
        "person", "role", "account", "starts_on", "ends_on", "needs_check", "verified_at",
        "revoked_at",
    )  # fmt: skip
    list_filter = (CheckFilter, "role", "account__customer__provider")
    search_fields = ("named", "user__full_name", "user__email", "account__number")
    list_select_related = ("user", "account__customer")
    change_form_template = "admin/parties/appointment/change_form.html"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/verify/", view(self.verify), name="parties_appointment_verify"),
            path("<int:pk>/form/", view(self.file), name="parties_appointment_file"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        extra: dict[str, Any] = {}
        if row is not None:
            extra = {
                "signature": selectors.signature_of(row),
                "needs": selectors.access_needs(row.account.customer),
                "may_verify": row.revoked_at is None and row.verified_at is None,
            }
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def verify(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note how the person's identity was checked."""
        if not staff_may(request.user, Action.CHANGE_DETAILS).allowed:
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or row.revoked_at:
            raise Http404
        form = VerifyForm(request.POST or None)
        if form.is_valid():
            services.verify(appointment=row, by=request.user, at=request.at, **form.cleaned_data)
            messages.success(request, f"{row.person}: the check is noted, both sides are told.")
            return self.list_page()
        title = "Note the identity check"
        return self.step(
            request, form, title=title, action=title, about=row,
            intro=selectors.access_needs(row.account.customer),
        )  # fmt: skip

    def file(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The signed form as it was uploaded."""
        row = self.get_object(request, str(pk))
        signature = selectors.signature_of(row) if row else None
        if signature is None or not signature.file:
            raise Http404
        return FileResponse(
            signature.file.open("rb"), as_attachment=True, content_type=signature.media_type
        )


@admin.register(IdentityCheck)
class IdentityCheckAdmin(StepAdmin):
    """Who proved who they are, when, how and what for; adding one checks a caller."""

    provider_path = "account__customer__provider"
    list_display = ("person", "account", "purpose", "factor", "asked_at", "asked_by", "passed_at")
    list_filter = ("purpose", "factor", "account__customer__provider")
    search_fields = ("person__full_name", "account__number")
    list_select_related = ("person", "account__customer", "asked_by")
    exclude = ("code_hash",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return staff_may(request.user, Action.CHANGE_DETAILS).allowed

    def get_urls(self) -> list[Any]:
        code = self.admin_site.admin_view(self.code)
        return [path("<int:pk>/code/", code, name="parties_identitycheck_code"),
                *super().get_urls()]  # fmt: skip

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Check who is calling: send a code, or note the documents."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        account = self.account_asked(request)
        if account is None:
            return self.ask_account(request, "Check who is calling")
        form = CallerForm(request.POST or None, account=account)
        if form.is_valid():
            given = form.cleaned_data | {"account": account, "at": request.at}
            evidence = given.pop("evidence")
            try:
                if given["factor"] == Factor.DOCUMENTS:
                    services.note_factor(**given, evidence=evidence, seen_by=request.user)
                    messages.success(request, "The documents are noted. It counts for 15 minutes.")
                    return self.list_page()
                check = services.send_code(**given, asked_by=request.user)
                return redirect("admin:parties_identitycheck_code", check.pk)
            except IdentityNotProven as refusal:
                form.add_error(None, str(refusal))
        return self.step(
            request, form, title="Check who is calling", action="Continue", about=account,
            intro=selectors.access_needs(account.customer),
        )  # fmt: skip

    def code(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Enter the code that the caller reads out."""
        check = self.get_object(request, str(pk))
        if check is None or check.asked_by_id != request.user.pk:
            raise Http404
        form = CodeForm(request.POST or None)
        if form.is_valid():
            try:
                services.enter_code(check=check, code=form.cleaned_data["code"], at=request.at)
                messages.success(request, f"{check.person} is who they say, for 15 minutes.")
                return self.list_page()
            except IdentityNotProven as refusal:
                form.add_error("code", str(refusal))
        return self.step(
            request, form, title="Enter the code", action="Check", about=check.person,
            intro=f"Sent to {check.sent_to or 'their phone'}. Ask the caller to read it out.",
        )  # fmt: skip


@admin.register(ContactChange)
class ContactChangeAdmin(StepAdmin):
    """Changes of contact details; adding one changes them for a customer who asks."""

    provider_path = "account__customer__provider"
    list_display = ("account", "changed_at", "by", "undo_until", "undone_at")
    list_filter = ("account__customer__provider",)
    search_fields = ("account__number", "account__customer__name")
    list_select_related = ("account__customer", "by")
    exclude = ("token_hash",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return staff_may(request.user, Action.CHANGE_DETAILS).allowed

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Change contact details, with the caller's identity checked, or a reason why not."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        account = self.account_asked(request)
        if account is None:
            return self.ask_account(request, "Change contact details")
        proof = services.recent_check(account, HighRisk.CHANGE_DETAILS, at=request.at)
        form = StaffContactForm(
            request.POST or None, initial=services.contact_details(account), checked=proof
        )
        if form.is_valid():
            given = form.cleaned_data
            services.change_contact(
                account=account, by=request.user, at=request.at, proof=proof,
                without=given.pop("without", ""), details=given,
            )  # fmt: skip
            messages.success(request, "Changed. The old address is told and can undo it.")
            return self.list_page()
        return self.step(
            request, form, title="Change contact details", action="Change them", about=account
        )


@admin.register(HolderEvent)
class HolderEventAdmin(StepAdmin):
    """What happened to account holders; adding one may change the holder."""

    provider_path = "account__customer__provider"
    list_display = ("account", "kind", "since", "old_holder", "new_holder_email", "recorded_by")
    list_filter = ("kind", "account__customer__provider")
    search_fields = ("account__number", "account__customer__name")
    list_select_related = ("account__customer", "old_holder", "recorded_by")
    change_form_template = "admin/parties/holderevent/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return staff_may(request.user, Action.ADD_REPRESENTATIVE).allowed

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Record what happened, with its evidence; end the old standing, invite the new holder."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        account = self.account_asked(request)
        if account is None:
            return self.ask_account(request, "Record what happened to the account holder")
        proof = services.recent_check(account, HighRisk.TRANSFER, at=request.at)
        form = HolderForm(request.POST or None, checked=proof)
        because: list[dict[str, Any]] = []
        if form.is_valid():
            given = form.cleaned_data
            checked = proof or f"none: {given.pop('without')}"
            kind = HolderEventKind(given.pop("kind"))
            try:
                services.record_holder_event(
                    account=account, happened=Happened(kind=kind, **given), by=request.user,
                    at=request.at, checked=checked,
                )  # fmt: skip
                messages.success(request, "Recorded. Standings and invitation follow from it.")
                return self.list_page()
            except HolderChangeRefused as refusal:
                form.add_error(None, str(refusal))
                because = refusal.because
        return self.step(
            request, form, title="Record what happened to the account holder", action="Record it",
            about=account, because=because,
        )  # fmt: skip


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
