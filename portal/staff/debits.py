"""Direct debits for staff: what is drawn, the files for the bank, what it sent back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from billing.payments import selectors, services
from billing.payments.models import DebitFile, DebitReturns, Draw, Mandate
from billing.payments.services import (
    BankNumberRefused,
    DebitFileRefused,
    MandateRefused,
    ReturnsRefused,
    bank_days,
    bank_today,
)
from billing.payments.services.debit_returns import LARGEST
from billing.payments.states import (
    DebitFileState,
    DrawState,
    MandateState,
    ReturnCode,
)
from parties.accounts.models import Provider
from parties.authority.selectors import sees_in_lists, staff_may
from parties.people.states import StaffData
from portal.web.fields import DayField
from terms.calendar import in_words
from terms.facts import Action
from terms.lifecycle import IllegalStep
from terms.money import in_dollars

from .bank_files import BankFileAdmin
from .base import StepAdmin, StepsAdmin
from .giving import DecisionForm
from .unpaid_forms import NoForm

SHOWN = 200


def handles_debits(request: HttpRequest) -> bool:
    """Whether somebody sends debits to the bank and takes in what it sent back."""
    known: bool | None = request.__dict__.get("handles_debits")
    if known is None:
        known = request.__dict__["handles_debits"] = staff_may(
            request.user, Action.PAY_BILL
        ).allowed
    return known


def providers_with_files(request: HttpRequest) -> QuerySet[Provider]:
    mine = request.user.provider_id
    rows = Provider.objects.exclude(debit_user_number="")
    return rows.filter(pk=mine) if mine else rows


class StopForm(forms.Form):
    """Why direct debits are stopped, as the customer said it."""

    reason = forms.CharField(
        label="What the customer said", min_length=5, max_length=200, help_text="They read it."
    )


class StaffDayForm(forms.Form):
    """Another day of drawing, which the customer is told before it holds."""

    draw_day = forms.IntegerField(
        label="Day of the month",
        required=False,
        min_value=1,
        max_value=31,
        help_text="Empty: the day by which each bill is to be paid.",
    )


@admin.register(Mandate)
class MandateAdmin(StepsAdmin):
    """Who lets bills be drawn from which bank account; its number ends here for everybody."""

    provider_path = "account__customer__provider"
    account_path = "account"
    reference = "reference"
    guarded = {
        StaffData.BANK: ("payer_name", "bsb", "number_end"),
        StaffData.CARD: ("card", "valid_to"),
    }
    list_display = ("reference", "account", "kind", "number_end", "state", "agreed_at", "reason")
    list_filter = (
        "state",
        "kind",
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
    search_fields = ("reference", "account__number", "account__customer__name")
    list_select_related = ("account__customer",)
    fields = (
        *("account", "kind", "payer_name", "bsb", "card", "number_end", "valid_to"),
        *("draw_day", "later_draw_day"),
        *("later_from", "signed_as", "capacity", "second_signed_as", "agreed_at", "agreed_by"),
        *("state", "misses", "reason", "ended_at", "ended_by"),
    )
    steps = {"day": "Change the day", "stop": "Stop drawing"}

    def steps_now(self, request: HttpRequest, row: Mandate) -> list[str]:
        runs = row.state != MandateState.ENDED and handles_debits(request)
        return list(self.steps) if runs else []

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop direct debits for a customer who asks on the phone or in writing (RF-TCP-15)."""
        row = self._row(request, pk)
        form = StopForm(request.POST or None)
        if form.is_valid():
            return self.for_caller(request, row.account, lambda: self._stop(request, row, form))
        return self.step(
            request,
            form,
            title="Stop drawing",
            action="Stop it",
            about=row,
            intro=f"Nothing more is drawn from {row.source} from now on. What a bank was asked "
            "for already is to be stopped there within three working days: it stands on the "
            "worklist. A card is forgotten.",
            back=reverse("admin:billing_mandate_change", args=[row.pk]),
        )

    def _stop(self, request: HttpRequest, row: Mandate, form: StopForm) -> HttpResponse:
        why = form.cleaned_data["reason"]
        services.end_mandate(mandate=row, by=request.user, at=request.at, why=why)
        messages.success(request, "Stopped, and the customer is told.")
        return redirect("admin:billing_mandate_change", row.pk)

    def day(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change the day of drawing: told first, it holds after the days of the law."""
        row = self._row(request, pk)
        form = StaffDayForm(request.POST or None, initial={"draw_day": row.draw_day})
        if form.is_valid():
            try:
                done = services.choose_day(
                    mandate=row, day=form.cleaned_data["draw_day"], by=request.user, at=request.at
                )
            except (MandateRefused, BankNumberRefused) as refusal:
                form.add_error(None, str(refusal))
            else:
                since = f" It holds from {in_words(done.later_from)}." if done.later_from else ""
                messages.success(request, f"The customer is told.{since}")
                return redirect("admin:billing_mandate_change", row.pk)
        return self.step(
            request,
            form,
            title="Change the day",
            action="Tell the customer",
            about=row,
            intro="A change by us is told at least 14 days before it holds (RF-PAY-03). The "
            "customer's own wish they choose in the portal: it holds at once.",
            back=reverse("admin:billing_mandate_change", args=[row.pk]),
        )

    def _row(self, request: HttpRequest, pk: int) -> Mandate:
        if not handles_debits(request):
            raise PermissionDenied
        row: Mandate | None = self.get_object(request, str(pk))
        if row is None or row.state == MandateState.ENDED:
            raise Http404
        return row


class DrawList(admin.SimpleListFilter):
    title = "what is to do"
    parameter_name = "todo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("send", "To send to the bank"),
            ("stop", "To stop at the bank"),
            ("ask", "Cards asked, no answer yet"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "send":
            return selectors.to_send(queryset, selectors.send_by(request.at))
        if self.value() == "ask":
            return selectors.unanswered(queryset)
        return selectors.to_stop(queryset) if self.value() == "stop" else queryset


class ReturnForm(forms.Form):
    """Why the bank sent a debit back."""

    code = forms.ChoiceField(
        label="The bank's reason",
        choices=[(one.value, f"{one.value}: {one.label}") for one in ReturnCode],
    )


@admin.register(Draw)
class DrawAdmin(StepsAdmin):
    """What is drawn by itself: planned, on its way, paid, sent back, left out with the reason."""

    provider_path = "account__customer__provider"
    account_path = "account"
    list_display = ("on", "account", "invoice", "dollars", "state", "reference", "reason")
    list_filter = (
        DrawList,
        "state",
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
    search_fields = ("reference", "account__number", "invoice__number")
    date_hierarchy = "on"
    list_select_related = ("account__customer", "invoice")
    fields = (
        *("account", "invoice", "dollars", "on", "state", "reference", "mandate", "file"),
        *("online", "stop_asked_at", "code", "reason", "payment", "ended_at"),
    )
    readonly_fields = ("dollars",)
    steps = {"returned": "The bank sent it back", "stopped": "Stopped at the bank"}

    @admin.display(description="amount", ordering="amount")
    def dollars(self, row: Draw) -> str:
        return in_dollars(row.total)

    def steps_now(self, request: HttpRequest, row: Draw) -> list[str]:
        # What a card pays is known at its gateway, and told by it.
        if not handles_debits(request) or row.file_id is None:
            return []
        if row.state == DrawState.SENT:
            return list(self.steps)
        return ["returned"] if row.state == DrawState.PAID else []

    def returned(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note one debit that the bank sent back, where it came in no list."""
        row = self._row(request, pk)
        form = ReturnForm(request.POST or None)
        if form.is_valid():
            code = ReturnCode(form.cleaned_data["code"])
            try:
                services.note_return(draw=row, code=code, by=request.user, at=request.at)
            except (ReturnsRefused, IllegalStep) as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Noted: the bill is open again, the customer is told.")
                return redirect("admin:billing_draw_change", row.pk)
        return self.step(
            request,
            form,
            title="The bank sent it back",
            action="Note it",
            about=row,
            intro=f"{in_dollars(row.amount)} of bill {row.invoice} is open again, with the fee "
            "that the terms name, if any. After a reason that lasts, or two in a row, direct "
            "debits pause and the customer is told.",
            back=reverse("admin:billing_draw_change", args=[row.pk]),
        )

    def stopped(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that a debit was stopped at the bank before it was drawn."""
        row = self._row(request, pk)
        form = NoForm(request.POST or None)
        if form.is_valid():
            try:
                services.note_stop(draw=row, by=request.user, at=request.at)
            except IllegalStep as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Noted. Its bill stays to be paid another way.")
                return redirect("admin:billing_draw_change", row.pk)
        return self.step(
            request,
            form,
            title="Stopped at the bank",
            action="Note it",
            about=row,
            intro="Note it once the bank has said so. Where it was too late, leave it: what was "
            "drawn is given back as a refund.",
            back=reverse("admin:billing_draw_change", args=[row.pk]),
        )

    def _row(self, request: HttpRequest, pk: int) -> Draw:
        if not handles_debits(request):
            raise PermissionDenied
        row: Draw | None = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return row


class FileForm(forms.Form):
    """For whose bank and which day a file is made."""

    provider = forms.ModelChoiceField(label="Provider", queryset=Provider.objects.none())
    day = DayField(
        label="The bank's day",
        help_text="A working day, today or in the next two weeks. What was missed before goes "
        "with it.",
    )


@admin.register(DebitFile)
class DebitFileAdmin(BankFileAdmin):
    """Files for the bank: made, approved by another where it is much, taken out."""

    called = "direct-debits"
    content_of = services.file_content
    note_taken = services.note_download
    provider_path = "provider"
    list_display = ("day", "provider", "count", "dollars", "state", "asked_by", "decided_by")
    list_filter = ("state", ("deposit", admin.EmptyFieldListFilter), "provider")
    date_hierarchy = "day"
    list_select_related = ("provider", "asked_by", "decided_by")

    @admin.display(description="total", ordering="total")
    def dollars(self, row: DebitFile) -> str:
        return in_dollars(row.total)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return handles_debits(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sees_in_lists(request.user, StaffData.CARD)

    def get_urls(self) -> list[Any]:
        pages = {"decide/": self.decide, "debits.aba": self.download}
        names = {"decide/": "decide", "debits.aba": "download"}
        return [
            path(
                f"<int:pk>/{slug}",
                self.admin_site.admin_view(view),
                name=f"billing_debitfile_{names[slug]}",
            )
            for slug, view in pages.items()
        ] + super().get_urls()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Make the file of a day."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        providers = providers_with_files(request)
        first = providers.first()
        initial = {"provider": first, "day": next_day(first, request) if first else None}
        form = FileForm(request.POST or None, initial=initial)
        form.fields["provider"].queryset = providers
        if form.is_valid():
            try:
                made = services.make_debit_file(
                    provider=form.cleaned_data["provider"],
                    day=form.cleaned_data["day"],
                    by=request.user,
                    at=request.at,
                )
            except DebitFileRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                _say_left_out(request, made.left_out)
                messages.success(request, f"{made.file.get_state_display()}.")
                return redirect("admin:billing_debitfile_change", made.file.pk)
        return self.step(
            request,
            form,
            title="Make a file of direct debits",
            action="Make it",
            intro="Each debit is looked at once more: what is contested, helped with or stopped "
            "is left out. A debit never stands in two files.",
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
        draws = row.draws.select_related("account__customer", "invoice", "mandate")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Direct debits of {in_words(row.day)}",
            "file": row,
            "draws": draws[:SHOWN],
            "more": max(0, row.count - SHOWN),
            "may_decide": handles and row.state == DebitFileState.ASKED,
            "may_download": handles and row.state == DebitFileState.SENT,
            "opts": self.opts,
        }
        return TemplateResponse(request, "staff/billing/debit_file.html", context)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Approve or refuse a file that another made."""
        row = self.row_in(request, pk, DebitFileState.ASKED)
        form = DecisionForm(request.POST or None)
        if form.is_valid():
            try:
                done = services.decide_debit_file(
                    file=row, approve=form.cleaned_data["approve"], by=request.user, at=request.at
                )
            except (DebitFileRefused, IllegalStep) as refusal:
                form.add_error(None, str(refusal))
            else:
                _say_left_out(request, done.left_out)
                messages.success(request, f"{done.file.get_state_display()}.")
                return redirect("admin:billing_debitfile_change", row.pk)
        return self.step(
            request,
            form,
            title="Decide",
            action="Decide",
            about=row,
            notes=f"{row.asked_by} made it.",
            intro=f"{row.count} debits, {in_dollars(row.total)}, for {in_words(row.day)}. Once "
            "approved they are on their way, and paid when the bank's day has come. Whoever made "
            "the file can only refuse it.",
            back=reverse("admin:billing_debitfile_change", args=[row.pk]),
        )


class ReturnsForm(forms.Form):
    """A bank's list of what it sent back, as a file or pasted."""

    provider = forms.ModelChoiceField(label="Provider", queryset=Provider.objects.none())
    file = forms.FileField(label="The bank's file", required=False, allow_empty_file=True)
    pasted = forms.CharField(
        label="Or paste its lines",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="As the bank wrote them: each debit that came back begins with 2.",
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        file, pasted = given.get("file"), given.get("pasted", "")
        if bool(file) == bool(pasted.strip()):
            self.add_error("file", "Give the file, or paste its lines: one of the two.")
        elif file and file.size > LARGEST:
            self.add_error("file", "It is larger than 1 MB: that is no list of returns.")
        else:
            given["data"] = file.read() if file else pasted.encode()
        return given


@admin.register(DebitReturns)
class DebitReturnsAdmin(StepAdmin):
    """Lists of debits that a bank sent back; each is taken whole or not at all."""

    provider_path = "provider"
    list_display = ("taken_at", "provider", "count", "dollars", "taken_by")
    list_filter = ("provider",)
    list_select_related = ("provider", "taken_by")
    fields = ("provider", "taken_at", "taken_by", "count", "dollars")
    readonly_fields = ("dollars",)

    @admin.display(description="total", ordering="total")
    def dollars(self, row: DebitReturns) -> str:
        return in_dollars(row.total)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return handles_debits(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sees_in_lists(request.user, StaffData.CARD)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Take a list in."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        providers = providers_with_files(request)
        initial = {"provider": providers.first()}
        form = ReturnsForm(request.POST or None, request.FILES or None, initial=initial)
        form.fields["provider"].queryset = providers
        problems: list[str] = []
        if form.is_valid():
            try:
                row = services.take_returns(
                    provider=form.cleaned_data["provider"],
                    data=form.cleaned_data["data"],
                    by=request.user,
                    at=request.at,
                )
            except ReturnsRefused as refusal:
                form.add_error(None, "Nothing was taken. Mend the list and hand it in once more.")
                problems = refusal.problems
            else:
                messages.success(
                    request,
                    f"{row.count} taken, {in_dollars(row.total)}: their bills are open again, and "
                    "the customers are told.",
                )
                return redirect("admin:billing_debitreturns_change", row.pk)
        return self.step(
            request,
            form,
            title="Take in what the bank sent back",
            action="Take it in",
            notes=_as_lines(problems),
            intro="The list is taken whole, or nothing of it.",
        )


def next_day(provider: Provider, request: HttpRequest) -> Any:
    today = bank_today(provider, request.at)
    days = bank_days(provider)
    return today if days.is_working_day(today) else days.next_working_day(today)


def _say_left_out(request: HttpRequest, left_out: Any) -> None:
    if left_out:
        rows = ((one.account, one.invoice, in_dollars(one.amount), one.why) for one in left_out)
        messages.warning(request, format_html_join("", "Left out: {}, bill {}, {}: {}. ", rows))


def _as_lines(problems: list[str]) -> SafeString | str:
    return format_html_join("", "{}\n", ((one,) for one in problems[:20]))
