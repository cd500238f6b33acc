"""Pages on which staff take a step about people: check, change, record."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from parties import selectors, services
from parties.access import Action, staff_may
from parties.forms.identity import CodeForm
from parties.forms.staff import CallerForm, HolderForm, StaffContactForm, VerifyForm
from parties.models import Appointment, ContactChange, HolderEvent, IdentityCheck
from parties.services import Happened, HolderChangeRefused, IdentityNotProven
from parties.states import Factor, HighRisk, HolderEventKind

from .base import StepAdmin


class CheckFilter(admin.SimpleListFilter):
    title = "identity check"
    parameter_name = "check"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waits", "Waits for a check")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return selectors.to_check(queryset) if self.value() == "waits" else queryset


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
                given.pop("factor")
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
            intro=f"We sent it to {check.sent_to}. Ask the caller to read it out.",
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
