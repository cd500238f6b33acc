"""Emails that reached us: those that were set apart are put into a complaint, or settled."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path, reverse
from django.utils.safestring import mark_safe

from complaints.inbound.models import InboundMail
from complaints.inbound.selectors import laid_out, mails_known_to
from complaints.inbound.services import put_into_complaint, settle_mail
from complaints.inbound.states import MailState
from complaints.lodging.services import FileRefused
from complaints.process.services import StepRefused
from parties.authority.selectors import NotAuthorised
from portal.web.uploads import looked_at
from terms.lifecycle import IllegalStep

from .base import StepAdmin

INTO, NOTHING = "into", "nothing"


class MailForm(forms.Form):
    """What becomes of an email."""

    outcome = forms.ChoiceField(
        label="What becomes of it?",
        choices=[
            (INTO, "It belongs to a complaint, and I made sure who sent it"),
            (NOTHING, "Nothing more is to be done with it here"),
        ],
        widget=forms.RadioSelect,
    )
    reference = forms.CharField(
        label="Which complaint?", max_length=20, required=False, help_text="It begins with C-."
    )
    note = forms.CharField(
        label="Why nothing more?",
        max_length=300,
        required=False,
        help_text="If you wrote it down as a new complaint, its reference.",
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("outcome") == INTO and not given.get("reference"):
            self.add_error("reference", "Say which complaint it belongs to.")
        if given.get("outcome") == NOTHING and not given.get("note"):
            self.add_error("note", "Say in a few words why.")
        return given


@admin.register(InboundMail)
class InboundMailAdmin(StepAdmin):
    """What came by email; only those who work on complaints read it: it may be private."""

    provider_path = "provider"
    account_path = ""
    list_display = ("received_at", "sender", "subject", "state", "complaint")
    list_filter = ("state", "provider")
    search_fields = ("sender", "subject", "message_id")
    list_select_related = ("complaint",)
    fields = (
        "received_at",
        "sender",
        "subject",
        "text",
        "layout",
        "state",
        "why",
        "complaint",
        "settled_by",
    )
    change_form_template = "admin/complaints/inboundmail/change_form.html"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("complaints.change_inboundmail"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundMail]:
        return super().get_queryset(request).filter(pk__in=mails_known_to(request.user))

    @admin.display(description="As the sender laid it out")
    def layout(self, mail: InboundMail) -> str:
        """Its tables and lists, cleaned; links and pictures are left out."""
        with mail.raw.open("rb") as file:
            return mark_safe(laid_out(file.read())) or "–"  # noqa: S308 (nh3 cleaned it)

    def accounts_of(self, record: Any) -> list[Any]:
        """The account of the complaint that it is in, if it is in one."""
        return [record.complaint.account] if record.complaint else []

    def get_urls(self) -> list[Any]:
        return [
            path(
                "<int:pk>/settle/",
                self.admin_site.admin_view(self.settle_view),
                name="complaints_inboundmail_settle",
            ),
            path(
                "<int:pk>/raw/",
                self.admin_site.admin_view(self.raw_view),
                name="complaints_inboundmail_raw",
            ),
            *super().get_urls(),
        ]

    def _mail(self, request: HttpRequest, pk: int) -> InboundMail:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found: InboundMail | None = self.get_object(request, str(pk))
        if found is None:
            raise Http404
        return found

    def raw_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The message as it came, to keep or to hand on; it is never shown here."""
        mail = self._mail(request, pk)
        return FileResponse(
            mail.raw.open("rb"),
            as_attachment=True,
            filename=f"{mail.public_id}.eml",
            content_type="application/octet-stream",
        )

    def settle_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put it into a complaint, or say why nothing more is to be done."""
        mail = self._mail(request, pk)
        form = MailForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                self._settle(request, mail, form.cleaned_data)
            except (StepRefused, FileRefused, IllegalStep) as refusal:
                form.add_error(None, str(refusal))
            except NotAuthorised:
                form.add_error(None, "Your role may not work on that complaint.")
            else:
                messages.success(request, "Settled.")
                return self.list_page()
        return self.step(
            request,
            form,
            title="What becomes of this email?",
            action="Settle it",
            about=f"{mail.sender}: {mail.subject}",
            notes=mail.why if mail.state == MailState.SET_APART else "",
            intro=mail.text[:2000],
            back=reverse("admin:complaints_inboundmail_changelist"),
        )

    def _settle(self, request: HttpRequest, mail: InboundMail, given: dict[str, Any]) -> None:
        facts: dict[str, Any] = {"mail": mail, "by": request.user, "at": request.at}
        if given["outcome"] == INTO:
            put_into_complaint(reference=given["reference"], look=looked_at, **facts)
        else:
            settle_mail(note=given["note"], **facts)
