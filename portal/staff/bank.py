"""Bank files: how each bank writes them, what importing one would do, and importing it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path

from billing.payments import services
from billing.payments.models import BankFormat, BankImport
from billing.payments.services import FileRefused
from billing.payments.services.importing import LARGEST_FILE, error_file
from billing.payments.states import RowFate
from parties.authority.selectors import role_names, sees_in_lists, staff_may
from parties.people.states import StaffData
from portal.web.guards import audit_actor
from portal.web.sheets import csv_file
from terms.facts import Action

from .base import ConfinedAdmin, StepAdmin

SHOWN = 200


@admin.register(BankFormat)
class BankFormatAdmin(ConfinedAdmin):
    """Which column of a bank's files says what."""

    provider_path = "provider"
    list_display = ("name", "provider", "date_format", "point", "method")
    list_filter = ("provider",)
    search_fields = ("name",)
    list_select_related = ("provider",)


class UploadForm(forms.Form):
    """A bank's file, and how that bank writes."""

    form = forms.ModelChoiceField(
        label="Which bank",
        queryset=BankFormat.objects.none(),
        help_text="How its files are written is kept under “Bank formats”.",
    )
    file = forms.FileField(
        label="CSV file", help_text="Nothing is booked yet.", allow_empty_file=True
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(
                "The file is larger than 10 MB: export fewer days at a time."
            )
        return file


@admin.register(BankImport)
class BankImportAdmin(StepAdmin):
    """Files of banks: tried, then imported."""

    provider_path = "provider"
    list_display = ("name", "format", "uploaded_at", "uploaded_by", "imported_at", "not_read")
    list_filter = ("provider", ("imported_at", admin.EmptyFieldListFilter))
    search_fields = ("name",)
    list_select_related = ("format",)

    @admin.display(description="rows not read")
    def not_read(self, row: BankImport) -> int:
        return len(row.refused)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return staff_may(request.user, Action.PAY_BILL).allowed

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sees_in_lists(request.user, StaffData.CARD)

    def get_urls(self) -> list[Any]:
        return [
            path(
                "<int:pk>/import/",
                self.admin_site.admin_view(self.take),
                name="billing_bankimport_import_step",
            ),
            path(
                "<int:pk>/errors.csv",
                self.admin_site.admin_view(self.errors),
                name="billing_bankimport_errors",
            ),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Take a file, and show what importing it would do."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        formats = self.admin_site.get_model_admin(BankFormat).get_queryset(request)
        form.fields["form"].queryset = formats
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                upload, _ = services.try_upload(
                    form=form.cleaned_data["form"],
                    name=file.name,
                    data=file.read(),
                    at=request.at,
                    actor=audit_actor(request, acted_as=role_names(request.user)),
                )
                return redirect("admin:billing_bankimport_change", upload.pk)
            except FileRefused as refusal:
                form.add_error("file", str(refusal))
        return self.step(
            request,
            form,
            title="Import a bank's file",
            action="Show what would happen",
            intro="You see what becomes of each row before anything is booked. Rows that are "
            "known already are left alone, so files may overlap.",
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What became, or would become, of the file's rows."""
        row = self.get_object(request, object_id)
        if row is None:
            return super().change_view(request, object_id, form_url, extra_context)
        rows = []
        if row.imported_at is None:
            try:
                rows = services.read_bank_file(
                    form=row.format, data=bytes(row.content), at=request.at, dry_run=True
                )
            except FileRefused as refusal:
                # What the format says was changed since the file was tried.
                messages.error(request, str(refusal))
        context = {
            **self.admin_site.each_context(request),
            "title": row.name,
            "upload": row,
            "counts": [(fate.label, row.counts.get(fate.value, 0)) for fate in RowFate],
            "rows": rows[:SHOWN],
            "more": max(0, len(rows) - SHOWN),
            "may_import": self.has_add_permission(request) and row.imported_at is None,
            "opts": self.opts,
        }
        return TemplateResponse(request, "staff/billing/bank_import.html", context)

    def take(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Import a file that was tried."""
        row = self._row(request, pk)
        if request.method == "POST":
            try:
                outcomes = services.import_upload(
                    upload=row,
                    at=request.at,
                    actor=audit_actor(request, acted_as=role_names(request.user)),
                )
                booked = sum(one.fate == RowFate.MATCHED for one in outcomes)
                messages.success(request, f"Imported: {booked} of {len(outcomes)} rows booked.")
            except FileRefused as refusal:
                messages.error(request, str(refusal))
        return redirect("admin:billing_bankimport_change", row.pk)

    def errors(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """The rows that were not read, with what to do about each."""
        row = self._row(request, pk)
        head = ["Row", "What to do", "Its cells"]
        return csv_file(f"not-read-{row.pk}", head, error_file(row.refused))

    def _row(self, request: HttpRequest, pk: int) -> BankImport:
        if not self.has_add_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return row
