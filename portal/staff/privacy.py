"""Staff pages about people's data: what was asked, and the answer with its clock."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from parties.correspondence.models import Preference
from parties.privacy.models import DataExport, PrivacyRequest
from parties.privacy.services import answer_privacy
from parties.privacy.states import PrivacyState

from .base import ReadOnlyAdmin
from .privacy_forms import PrivacyAnswerForm


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("reference", "kind", "account", "state", "asked_at", "answered_at")
    list_filter = ("state", "kind", "account__customer__provider")
    search_fields = ("reference", "account__number", "text")
    list_select_related = ("account__customer",)
    change_form_template = "admin/parties/privacyrequest/change_form.html"

    def get_urls(self) -> list[Any]:
        answer = path(
            "<int:pk>/answer/",
            self.admin_site.admin_view(self.answer_view),
            name="parties_privacyrequest_answer",
        )
        return [answer, *super().get_urls()]

    def answer_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer in writing; a refusal gives its reasons."""
        if not request.user.has_perm("parties.change_privacyrequest"):
            raise PermissionDenied
        asked = self.get_object(request, str(pk))
        if asked is None:
            raise Http404
        back = reverse("admin:parties_privacyrequest_change", args=[pk])
        form = PrivacyAnswerForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                answer_privacy(
                    asked=asked,
                    by=request.user,
                    outcome=PrivacyState(form.cleaned_data["outcome"]),
                    answer=form.cleaned_data["answer"],
                    at=request.at,
                )
            except ValueError as refusal:
                messages.error(request, f"{refusal}.")
            else:
                messages.success(request, f"{asked.reference} is answered.")
            return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Answer {asked.reference}",
            "asked": asked,
            "form": form,
            "back": back,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/parties/privacyrequest/answer.html", context)


@admin.register(Preference)
class PreferenceAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("account", "kind", "value", "chosen_at", "chosen_by")
    list_filter = ("kind", "value")
    search_fields = ("account__number",)
    list_select_related = ("account__customer", "chosen_by")


@admin.register(DataExport)
class DataExportAdmin(ReadOnlyAdmin):
    """That a file was made; its content is the customer's alone."""

    provider_path = "account__customer__provider"
    list_display = ("account", "asked_by", "asked_at", "state", "expires_at")
    list_filter = ("state",)
    list_select_related = ("account__customer", "asked_by")
    exclude = ("file",)
