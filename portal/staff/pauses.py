"""Staff pages about high-risk steps that somebody stopped: see them, and lift the pause."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from parties.authority.selectors import staff_may
from parties.security.models import Pause
from parties.security.services import LiftRefused, lift_pause
from terms.facts import Action

from .base import StepAdmin


class LiftForm(forms.Form):
    """Why it goes on, once staff know who it is."""

    why = forms.CharField(
        label="What was found, and why it goes on",
        max_length=250,
        help_text="It stands in the audit trail, and the customer is told that it goes on.",
    )


class OpenFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Paused"), ("lifted", "Lifted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Pause]) -> QuerySet[Pause]:
        if self.value() is None:
            return queryset
        return queryset.filter(lifted_at__isnull=self.value() == "open")


@admin.register(Pause)
class PauseAdmin(StepAdmin):
    """High-risk steps that whoever was told of one has stopped."""

    provider_path = "account__customer__provider"
    list_display = ("account", "step", "person", "since", "lifted_at", "lifted_by")
    list_filter = (OpenFilter, "step", "account__customer__provider")
    search_fields = ("account__number", "person__full_name")
    list_select_related = ("account__customer", "person", "lifted_by")
    change_form_template = "admin/parties/pause/change_form.html"

    def get_urls(self) -> list[Any]:
        lift = self.admin_site.admin_view(self.lift)
        return [path("<int:pk>/lift/", lift, name="parties_pause_lift"), *super().get_urls()]

    def lift(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lift the pause, after the account holder was checked in the last 15 minutes."""
        if not staff_may(request.user, Action.CHANGE_DETAILS).allowed:
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or row.lifted_at:
            raise Http404
        form = LiftForm(request.POST or None)
        if form.is_valid():
            try:
                lift_pause(pause=row, by=request.user, why=form.cleaned_data["why"], at=request.at)
                messages.success(request, "Lifted. The customer is told.")
                return self.list_page()
            except LiftRefused as refusal:
                form.add_error(None, str(refusal))
        return self.step(
            request,
            form,
            title="Lift the pause",
            action="Lift it",
            about=row,
            intro="Check first that the account holder is calling: by documents or by a text "
            "message, as an emailed code shows only who reads the mail. Then look at what was "
            "changed or asked for, and undo what was not theirs.",
        )
