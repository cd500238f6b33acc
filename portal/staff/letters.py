"""Letters by post: the print queue, what was posted when and by whom, and what came of it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from parties.accounts.models import Account
from parties.accounts.selectors import zone_of
from parties.authority.selectors import role_names
from parties.people.selectors import DESK_CLOCK
from portal.web.guards import audit_actor
from records.documents.models import Document
from records.documents.services import PdfFailed, print_together
from records.notices.models import Notice
from records.notices.paper import (
    LETTER,
    PostRefused,
    mark_posted,
    mark_returned,
    prove_receipt,
)
from records.notices.states import Channel, Status

from .base import StepsAdmin
from .complaints_forms import WhenField

# So many letters are printed in one go.
MOST = 200


class PostedForm(forms.Form):
    """When letters were posted, and as what one of them is registered."""

    ids = forms.CharField(widget=forms.HiddenInput)
    posted_at = WhenField(
        label="When were they posted?",
        help_text="On the customer's clock; for letters into several time zones, on Sydney's.",
    )
    tracking = forms.CharField(
        label="Number of the registered letter",
        max_length=40,
        required=False,
        help_text="Only for one letter at a time; empty if it is not registered.",
    )


class ReceivedForm(forms.Form):
    """By when a letter is proven to have arrived."""

    received_at = WhenField(label="When did it arrive?", help_text="On the customer's clock.")
    proof = forms.CharField(
        label="What proves it",
        max_length=200,
        help_text="Signed for by whom, the carrier's record, or an answer that names it.",
    )


class ReturnedForm(forms.Form):
    """Why a letter came back."""

    why = forms.CharField(label="What the envelope says", max_length=200)


def on_clock(form: Any, zone: ZoneInfo, request: HttpRequest) -> Any:
    """The form with its moments on the customer's clock."""
    for field in form.fields.values():
        if isinstance(field, WhenField):
            field.zone = zone
            field.initial = request.at.astimezone(zone).replace(tzinfo=None)
    return form


class LettersAdmin(StepsAdmin):
    """What the list of messages offers for letters on paper."""

    steps = {"received": "Note its proven receipt", "returned": "It came back"}

    def steps_now(self, request: HttpRequest, row: Notice) -> list[str]:
        is_posted = row.channel == Channel.POST and row.status == Status.SENT
        return list(self.steps) if is_posted and self.has_tell_permission(request) else []

    def has_tell_permission(self, request: HttpRequest) -> bool:
        raise LookupError("Who handles letters is said by the page.")

    def get_urls(self) -> list[Any]:
        posted = self.admin_site.admin_view(self.posted_view)
        return [path("posted/", posted, name="notices_notice_posted"), *super().get_urls()]

    @admin.action(description="Print the letters, in one PDF", permissions=["tell"])
    def print_letters(
        self, request: HttpRequest, queryset: QuerySet[Notice]
    ) -> HttpResponse | None:
        """One PDF with every chosen letter that waits to be posted, enclosures behind each."""
        rows = queryset.filter(status=Status.TO_POST).order_by("given_at", "pk")[:MOST]
        documents = [one for row in rows for one in _sheets(row)]
        if not documents:
            messages.error(request, "None of these waits to be printed.")
            return None
        try:
            data = print_together(documents)
        except PdfFailed as failure:
            messages.error(request, f"{failure}")
            return None
        answer = HttpResponse(data, content_type="application/pdf")
        answer["Content-Disposition"] = f'attachment; filename="letters-{request.at:%Y-%m-%d}.pdf"'
        return answer

    @admin.action(description="Note as posted…", permissions=["tell"])
    def note_posted(self, request: HttpRequest, queryset: QuerySet[Notice]) -> HttpResponse:
        """Ask when they were posted."""
        ids = ",".join(str(pk) for pk in queryset.order_by("pk").values_list("pk", flat=True))
        return redirect(f"{reverse('admin:notices_notice_posted')}?ids={ids}")

    def posted_view(self, request: HttpRequest) -> HttpResponse:
        """Note when letters were posted; from then on they count as sent."""
        if not self.has_tell_permission(request):
            raise PermissionDenied
        asked = request.POST.get("ids", request.GET.get("ids", ""))
        chosen = [int(one) for one in asked.split(",") if one.isdecimal() and len(one) < 12]
        rows = list(
            self.get_queryset(request)
            .filter(pk__in=chosen[:MOST], status=Status.TO_POST)
            .select_related("account__customer__provider")
        )
        if not rows:
            messages.error(request, "None of these letters waits to be posted.")
            return self.list_page()
        zones = {zone_of(row.account) for row in rows if row.account is not None}
        form = PostedForm(request.POST or None, initial={"ids": asked})
        on_clock(form, zones.pop() if len(zones) == 1 else DESK_CLOCK, request)
        if form.is_valid():
            return self._posted(request, form, rows)
        return self._ask_posted(request, form, rows)

    def _posted(self, request: HttpRequest, form: PostedForm, rows: list[Notice]) -> HttpResponse:
        try:
            count = mark_posted(
                notices=rows,
                posted_at=form.cleaned_data["posted_at"],
                tracking=form.cleaned_data["tracking"],
                by=audit_actor(request, acted_as=role_names(request.user)),
                at=request.at,
            )
        except PostRefused as refusal:
            form.add_error(None, str(refusal))
            return self._ask_posted(request, form, rows)
        letters = "1 letter is" if count == 1 else f"{count} letters are"
        messages.success(request, f"{letters} noted as posted.")
        return self.list_page()

    def _ask_posted(
        self, request: HttpRequest, form: PostedForm, rows: list[Notice]
    ) -> HttpResponse:
        listed = "; ".join(f"{row.title}, to {row.to}" for row in rows[:20])
        more = f"; and {len(rows) - 20} more" if len(rows) > 20 else ""
        return self.step(
            request,
            form,
            title="Letters that were posted",
            action="Note them as posted",
            about=f"{len(rows)} to post",
            notes=listed + more,
            intro="What follows from a letter is counted from the day on which the terms deem it "
            "received, and that from this moment.",
        )

    def received(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note by when it is proven that a letter arrived."""
        row = self._letter(request, pk)
        form = on_clock(ReceivedForm(request.POST or None), _zone(row), request)
        return self._step(
            request,
            row,
            form,
            lambda given: prove_receipt(notice=row, **given, **self._who(request)),
            "Proven receipt",
            "Proof of an earlier receipt counts where the terms say so; where they are silent a "
            "notice counts from its proof alone.",
        )

    def returned(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that a letter came back."""
        row = self._letter(request, pk)
        form = ReturnedForm(request.POST or None)
        return self._step(
            request,
            row,
            form,
            lambda given: mark_returned(notice=row, **given, **self._who(request)),
            "It came back",
            "It was not received, so nothing follows from it. It goes to the messages that were "
            "given up: send it again, to another address, or tell it.",
        )

    def _who(self, request: HttpRequest) -> dict[str, Any]:
        actor = audit_actor(request, acted_as=role_names(request.user))
        return {"by": actor, "at": request.at}

    def _letter(self, request: HttpRequest, pk: int) -> Notice:
        if not self.has_tell_permission(request):
            raise PermissionDenied
        row: Notice | None = self.get_object(request, str(pk))
        if row is None or "received" not in self.steps_now(request, row):
            raise Http404
        return row

    def _step(
        self, request: HttpRequest, row: Notice, form: Any, act: Any, title: str, intro: str
    ) -> HttpResponse:
        back = reverse("admin:notices_notice_change", args=[row.pk])
        if form.is_valid():
            try:
                act(form.cleaned_data)
            except PostRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Noted.")
                return redirect(back)
        return self.step(
            request, form, title=title, action="Note it", about=row, intro=intro, back=back
        )


def _zone(row: Notice) -> ZoneInfo:
    account = Account.objects.get(pk=row.account_id)
    return zone_of(account)


def _sheets(row: Notice) -> list[Document]:
    """The letter itself, then what goes with it."""
    rows = list(row.attachments.all())
    return sorted(rows, key=lambda one: one.kind != LETTER)
