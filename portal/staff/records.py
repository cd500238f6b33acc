"""Staff pages of the records: deadlines, notices, documents, audit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from parties.accounts.models import DeclaredDay
from parties.authority.selectors import role_names, sees_in_lists, staff_may
from parties.correspondence.services import send_again
from parties.people.states import StaffData
from portal.composition.declared_days import clocks_that_would_move
from portal.composition.discretion import (
    clocks_known_to,
    entries_known_to,
    messages_known_to,
    papers_known_to,
)
from portal.web.guards import audit_actor
from records.audit.models import Entry
from records.deadlines.models import Deadline
from records.documents.models import Document
from records.notices.models import Notice
from records.notices.services import draw_again, mark_told
from terms.calendar import DeclaredDay as TermsDay
from terms.calendar import State
from terms.facts import Action

from .base import ConfinedAdmin, ReadOnlyAdmin
from .letters import LettersAdmin
from .pauses import PauseAdmin
from .privacy import DataExportAdmin, PreferenceAdmin, PrivacyRequestAdmin

__all__ = [
    "DataExportAdmin",
    "DeadlineAdmin",
    "DeclaredDayAdmin",
    "DocumentAdmin",
    "EntryAdmin",
    "NoticeAdmin",
    "PauseAdmin",
    "PreferenceAdmin",
    "PrivacyRequestAdmin",
]


@admin.register(Deadline)
class DeadlineAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("title", "account", "due_on", "status", "done_at")
    list_filter = (
        "status",
        "duty",
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
    search_fields = ("subject", "account__number")
    list_select_related = ("account__customer",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Deadline]:
        return clocks_known_to(request.user, super().get_queryset(request))


class NoticeActionForm(ActionForm):
    """Beside the choice of a step: where a message goes that was given up."""

    to = forms.EmailField(required=False, label="To another address")


@admin.register(Notice)
class NoticeAdmin(LettersAdmin):
    provider_path = "account__customer__provider"
    list_display = ("title", "account", "to", "kind", "status", "given_at", "sent_at", "attempts")
    list_filter = ("status", "channel", ("text_failed", admin.EmptyFieldListFilter), "kind")
    search_fields = ("subject_ref", "title", "account__number", "to")
    guarded = {StaffData.SAFETY: ("to", "opens", "closes", "zone", "postal_address")}
    exclude = ("html", "text", "instead", "unsubscribe_url", "leased_until", "lease")
    readonly_fields = ("words",)
    actions = ("told", "again", "print_letters", "note_posted")
    action_form = NoticeActionForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        return messages_known_to(request.user, super().get_queryset(request))

    def has_tell_permission(self, request: HttpRequest) -> bool:
        """Who knows of safe contacts tells by hand; who may change details mends an address."""
        user = request.user
        may_mend = staff_may(user, Action.CHANGE_DETAILS).allowed
        return sees_in_lists(user, StaffData.SAFETY) or may_mend

    @admin.action(description="Note as told by phone or post", permissions=["tell"])
    def told(self, request: HttpRequest, queryset: QuerySet[Notice]) -> None:
        """Note each chosen message as told, and say of each how it went."""
        self._each(request, queryset, mark_told, "Noted as told")

    @admin.action(description="Send again, or to another address", permissions=["tell"])
    def again(self, request: HttpRequest, queryset: QuerySet[Notice]) -> None:
        """Queue each chosen message again, and say of each how it went."""
        to = request.POST.get("to", "").strip()
        self._each(request, queryset, partial(send_again, to=to), "Will be sent again")

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Notice],
        step: Callable[..., None],
        done: str,
    ) -> None:
        actor = audit_actor(request, acted_as=role_names(request.user))
        for notice in queryset:
            try:
                step(notice=notice, by=actor, at=request.at)
            except ValueError as refusal:
                messages.error(request, f"{refusal}.")
            else:
                messages.success(request, f"{done}: {notice}.")


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("title", "account", "kind", "status", "issued_at", "error")
    list_filter = ("status", "kind")
    search_fields = ("subject", "account__number")
    list_select_related = ("account__customer",)
    exclude = ("file", "leased_until")
    actions = ("again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        return papers_known_to(request.user, super().get_queryset(request))

    def has_draw_permission(self, request: HttpRequest) -> bool:
        return staff_may(request.user, Action.CHANGE_DETAILS).allowed

    @admin.action(description="Make the PDF again", permissions=["draw"])
    def again(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        """Let each chosen document be made again, with the messages that waited for it."""
        actor = audit_actor(request, acted_as=role_names(request.user))
        for document in queryset:
            try:
                draw_again(document=document, by=actor, at=request.at)
            except ValueError as refusal:
                messages.error(request, f"{refusal}.")
            else:
                messages.success(request, f"Will be made again: {document}.")


@admin.register(DeclaredDay)
class DeclaredDayAdmin(ConfinedAdmin):
    """What became known of a day; open clocks are recomputed by the sweep that follows.

    Entering an expected day confirms it; another day corrects it; "no holiday" withdraws it, and
    one that was declared, too: a row that clocks have followed is never deleted. It moves the
    clocks of every provider, so staff of one provider only read it.
    """

    list_display = ("day", "state", "name", "withdrawn", "source", "applied_at")
    list_filter = ("state", "withdrawn")
    date_hierarchy = "day"
    readonly_fields = ("applied_at",)
    change_form_template = "admin/parties/declaredday/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not request.user.provider_id and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not request.user.provider_id and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: DeclaredDay, form: Any, change: bool) -> None:
        obj.applied_at = None
        super().save_model(request, obj, form, change)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Say on request how many open clocks would move, before anything is kept."""
        if request.method == "POST" and "_preview" in request.POST:
            return self._preview(request)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _preview(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = self.get_form(request)(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            day = TermsDay(
                state=State(given["state"]),
                day=given["day"],
                name=given["name"],
                withdrawn=given["withdrawn"],
            )
            moved = clocks_that_would_move(day)
            clocks = "1 open clock" if moved == 1 else f"{moved} open clocks"
            messages.info(
                request, f"{given['name']}, {given['day']:%-d %b %Y}: {clocks} would move."
            )
        else:
            messages.error(request, "Fill in state, day, name and source first.")
        filled = {name: request.POST.get(name, "") for name in form.fields}
        return redirect(f"{reverse('admin:parties_declaredday_add')}?{urlencode(filled)}")


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("at", "actor_name", "action", "subject", "account")
    list_filter = ("action",)
    search_fields = ("actor_name", "subject", "account__number")
    list_select_related = ("account__customer",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        return entries_known_to(request.user, super().get_queryset(request))
