"""Files of refunds for the bank: made, approved by another where it is much, taken out."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from billing.payments import services
from billing.payments.models import RefundFile
from billing.payments.services import DebitFileRefused
from billing.payments.states import DebitFileState
from parties.authority.selectors import sees_in_lists
from parties.people.states import StaffData
from terms.calendar import in_words
from terms.lifecycle import IllegalStep
from terms.money import in_dollars

from .bank_files import BankFileAdmin
from .debits import SHOWN, FileForm, handles_debits, next_day, providers_with_files
from .giving import DecisionForm


@admin.register(RefundFile)
class RefundFileAdmin(BankFileAdmin):
    """What is paid back to bank accounts, file by file."""

    called = "refunds"
    content_of = services.refund_file_content
    note_taken = services.note_refund_download
    provider_path = "provider"
    list_display = ("day", "provider", "count", "dollars", "state", "asked_by", "decided_by")
    list_filter = ("state", "provider")
    date_hierarchy = "day"
    list_select_related = ("provider", "asked_by", "decided_by")

    @admin.display(description="total", ordering="total")
    def dollars(self, row: RefundFile) -> str:
        return in_dollars(row.total)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return handles_debits(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sees_in_lists(request.user, StaffData.CARD)

    def get_urls(self) -> list[Any]:
        pages = {"decide/": self.decide, "refunds.aba": self.download}
        names = {"decide/": "decide", "refunds.aba": "download"}
        return [
            path(
                f"<int:pk>/{slug}",
                self.admin_site.admin_view(view),
                name=f"billing_refundfile_{names[slug]}",
            )
            for slug, view in pages.items()
        ] + super().get_urls()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Put what waits in a file."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        providers = providers_with_files(request)
        first = providers.first()
        initial = {"provider": first, "day": next_day(first, request) if first else None}
        form = FileForm(request.POST or None, initial=initial)
        form.fields["provider"].queryset = providers
        form.fields["day"].help_text = "A working day, today or in the next two weeks."
        if form.is_valid():
            try:
                made = services.make_refund_file(
                    provider=form.cleaned_data["provider"],
                    day=form.cleaned_data["day"],
                    by=request.user,
                    at=request.at,
                )
            except DebitFileRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"{made.get_state_display()}.")
                return redirect("admin:billing_refundfile_change", made.pk)
        return self.step(
            request,
            form,
            title="Make a file of refunds",
            action="Make it",
            intro="All refunds that go to bank accounts and wait are put in it, each to the "
            "account that the customer gave. A refund never stands in two files.",
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What the file holds, and what can be done with it."""
        row = self.get_object(request, object_id)
        if row is None:
            return super().change_view(request, object_id, form_url, extra_context)
        handles = handles_debits(request)
        refunds = row.refunds.select_related("account__customer", "to").order_by("pk")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Refunds of {in_words(row.day)}",
            "file": row,
            "refunds": refunds[:SHOWN],
            "more": max(0, row.count - SHOWN),
            "may_decide": handles and row.state == DebitFileState.ASKED,
            "may_download": handles and row.state == DebitFileState.SENT,
            "opts": self.opts,
        }
        return TemplateResponse(request, "staff/billing/refund_file.html", context)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Approve or refuse a file that another made."""
        row = self.row_in(request, pk, DebitFileState.ASKED)
        form = DecisionForm(request.POST or None)
        if form.is_valid():
            try:
                done = services.decide_refund_file(
                    file=row, approve=form.cleaned_data["approve"], by=request.user, at=request.at
                )
            except (DebitFileRefused, IllegalStep) as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"{done.get_state_display()}.")
                return redirect("admin:billing_refundfile_change", row.pk)
        return self.step(
            request,
            form,
            title="Decide",
            action="Decide",
            about=row,
            notes=f"{row.asked_by} made it.",
            intro=f"{row.count} refunds, {in_dollars(row.total)}, for {in_words(row.day)}. Once "
            "approved they are paid when the bank's day is over. Refused, they wait for the next "
            "file. Whoever made the file can only refuse it.",
            back=reverse("admin:billing_refundfile_change", args=[row.pk]),
        )
