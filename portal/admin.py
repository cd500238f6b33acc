"""Staff pages of the records: deadlines, notices, documents, audit."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from parties.access import audit_actor, role_names, sees_in_lists
from parties.admin import ReadOnlyAdmin
from parties.states import StaffData
from records.audit.models import Entry
from records.deadlines.models import Deadline
from records.documents.models import Document
from records.notices.models import Notice
from records.notices.services import mark_told

from .admin_privacy import DataExportAdmin, PreferenceAdmin, PrivacyRequestAdmin

__all__ = [
    "DataExportAdmin",
    "DeadlineAdmin",
    "DocumentAdmin",
    "EntryAdmin",
    "NoticeAdmin",
    "PreferenceAdmin",
    "PrivacyRequestAdmin",
]


@admin.register(Deadline)
class DeadlineAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("title", "account", "due_on", "status", "done_at")
    list_filter = ("status", "duty", "account__customer__provider")
    search_fields = ("subject", "account__number")
    list_select_related = ("account__customer",)


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("title", "account", "to", "kind", "status", "given_at", "sent_at", "attempts")
    list_filter = ("status", "kind")
    search_fields = ("subject_ref", "title", "account__number", "to")
    guarded = {StaffData.SAFETY: ("to", "opens", "closes", "zone")}
    exclude = ("html", "leased_until")
    actions = ("told",)

    def has_tell_permission(self, request: HttpRequest) -> bool:
        return sees_in_lists(request.user, StaffData.SAFETY)

    @admin.action(description="Note as told by phone or post", permissions=["tell"])
    def told(self, request: HttpRequest, queryset: QuerySet[Notice]) -> None:
        """Note each chosen message as told, and say of each how it went."""
        actor = audit_actor(request, acted_as=role_names(request.user))
        for notice in queryset:
            try:
                mark_told(notice=notice, by=actor, at=request.at)
            except ValueError as refusal:
                messages.error(request, f"{refusal}.")
            else:
                messages.success(request, f"Noted as told: {notice}.")


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("title", "account", "kind", "status", "issued_at")
    list_filter = ("status", "kind")
    search_fields = ("subject", "account__number")
    list_select_related = ("account__customer",)
    exclude = ("file",)


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("at", "actor_name", "action", "subject", "account")
    list_filter = ("action",)
    search_fields = ("actor_name", "subject", "account__number")
    list_select_related = ("account__customer",)
