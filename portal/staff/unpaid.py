"""Unpaid money: what comes next on each account and what stops it, and notices of suspension."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from billing.credit_management import services as credit
from billing.credit_management.models import PaymentReminder, Pursuit, SuspensionNotice
from billing.credit_management.selectors import outlook, possible
from billing.credit_management.selectors.outlook import received
from billing.credit_management.states import NoticeState, Step
from parties.accounts.selectors import running_blocks
from parties.authority.selectors import local_day
from parties.people.states import StaffData
from terms.calendar import in_words
from terms.money import in_dollars

from .base import ReadOnlyAdmin, StepsAdmin
from .unpaid_beyond import REFUSALS, BeyondSteps, beyond_steps, works_on_unpaid
from .unpaid_forms import NoForm, NoticeForm, TextForm


class OnDayFilter(admin.SimpleListFilter):
    """Who could be suspended by a day, as it stands now: the dry run."""

    title = "could be suspended"
    parameter_name = "within"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("0", "Today"), ("1", "By tomorrow"), ("7", "Within a week")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"0", "1", "7"}:
            return queryset
        last = request.at.date() + timedelta(days=int(self.value() or 0))
        return queryset.filter(step__in=[Step.WAIT, Step.SUSPEND], next_on__lte=last)


class BeyondFilter(admin.SimpleListFilter):
    """What is possible beyond a suspension, today."""

    title = "what is possible"
    parameter_name = "beyond"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("end", "Services can be ended"),
            ("long", "Suspended nearly too long"),
            ("collect", "A collector can come in"),
            ("list", "A next step to a default listing"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return possible(queryset, self.value() or "", request.at.date())


@admin.register(Pursuit)
class PursuitAdmin(BeyondSteps, StepsAdmin):
    """Accounts with open money: the next step of each, from when, and what stops it."""

    provider_path = "account__customer__provider"
    account_path = "account"
    guarded = {StaffData.BILLING: ("amount",)}
    list_display = ("account", "dollars", "step", "next_on", "stopped", "looked_on")
    list_filter = (
        "step",
        OnDayFilter,
        BeyondFilter,
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
    search_fields = ("account__number", "account__customer__name")
    list_select_related = ("account__customer",)
    fields = (
        "account",
        "dollars",
        "step",
        "next_on",
        "stopped",
        "end_from",
        "must_end_by",
        "collect_from",
        "list_from",
        "looked_on",
        "problem",
    )
    steps = {
        "notice": "Give notice of suspension",
        "suspend": "Suspend",
        "draw_notice": "Announce the use of the deposit",
        "draw": "Use the deposit",
        "end_notice": "Give notice that services end",
        "end": "End services",
        "collect": "Take it to a collector",
        "default_notice": "Give notice about a default",
        "report": "Report a default",
    }

    @admin.display(description="can be asked for", ordering="amount")
    def dollars(self, row: Pursuit) -> str:
        return in_dollars(row.amount)

    @admin.display(description="what stops it")
    def stopped(self, row: Pursuit) -> str:
        return "No step is planned" if row.is_private else row.stopped_by or "–"

    def reasons(self, row: Pursuit) -> Any:
        return () if row.is_private else row.because

    def steps_now(self, request: HttpRequest, row: Pursuit) -> list[str]:
        if row.is_private or not works_on_unpaid(request):
            return []
        first = {Step.NOTICE: ["notice"], Step.SUSPEND: ["suspend"]}.get(Step(row.step), [])
        return [*first, *beyond_steps(row, request)]

    def _row(self, request: HttpRequest, pk: int) -> Pursuit:
        if not works_on_unpaid(request):
            raise PermissionDenied
        row: Pursuit | None = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return row

    def notice(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Announce a suspension in writing; the earliest day is worked out."""
        row = self._row(request, pk)

        def act(given: dict[str, Any]) -> str:
            made = credit.give_suspension_notice(
                account=row.account, by=request.user, at=request.at, **given
            )
            how = "To be printed and posted" if made.notice.channel == "post" else "Sent"
            return f"{how}. Nothing can be suspended before {made.printed_earliest:%a %-d %b %Y}."

        return self._step(request, row, NoticeForm, act, "Give notice of suspension", "Send it")

    def suspend(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let services stand still; everything is asked again at this moment."""
        row = self._row(request, pk)

        def act(given: dict[str, Any]) -> str:
            made = credit.suspend_for_debt(account=row.account, by=request.user, at=request.at)
            return f"{len(made)} suspended, and the customer is told."

        return self._step(request, row, NoForm, act, "Suspend services", "Suspend them now")

    def _step(
        self,
        request: HttpRequest,
        row: Pursuit,
        form_class: Any,
        act: Callable[[dict[str, Any]], str],
        title: str,
        action: str,
    ) -> HttpResponse:
        form = form_class(request.POST or None)
        back = reverse("admin:billing_pursuit_change", args=[row.pk])
        if request.method == "POST" and form.is_valid():
            try:
                done = act(form.cleaned_data)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, done)
                return redirect(back)
        on = local_day(row.account, request.at)
        found = outlook(row.account, on, request.at)
        return self.step(
            request,
            form,
            title=title,
            action=action,
            about=row.account,
            intro=f"{in_dollars(found.chasable)} is overdue and not contested."
            if not found.is_private
            else "No step is planned here.",
            because=() if found.is_private else found.because,
            back=back,
        )


@admin.register(SuspensionNotice)
class SuspensionNoticeAdmin(StepsAdmin):
    """Notices of suspension: to whom, for how much, from when, and how each ended."""

    provider_path = "account__customer__provider"
    account_path = "account"
    list_display = ("account", "given_at", "amount", "printed_earliest", "standing", "given_by")
    list_filter = (
        "state",
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
    search_fields = ("account__number", "account__customer__name")
    list_select_related = ("account__customer",)
    fields = (
        "account",
        "standing",
        "amount",
        "due_date",
        "pay_by",
        "printed_earliest",
        "given_at",
        "given_by",
        "sent_by",
        "counts_as_received",
        "in_hardship",
        "opened_at",
        "ended_at",
        "ended_because",
    )
    steps = {"withdraw": "Withdraw it"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        private = running_blocks(request.at).filter(account=OuterRef("account"), is_private=True)
        return super().get_queryset(request).annotate(is_quiet=Exists(private))

    @admin.display(description="state", ordering="state")
    def standing(self, row: Any) -> str:
        """Under something private an announced suspension lapses in silence."""
        if row.state == NoticeState.LIVE and row.is_quiet:
            return "No step is planned"
        return str(row.get_state_display())

    @admin.display(description="how it went")
    def sent_by(self, row: SuspensionNotice) -> str:
        return f"{row.notice.get_channel_display()}: {row.notice.get_status_display().lower()}"

    @admin.display(description="counts as received")
    def counts_as_received(self, row: SuspensionNotice) -> str:
        on = received(row).on
        return in_words(on) if on else "Not yet: nothing runs from it"

    def steps_now(self, request: HttpRequest, row: SuspensionNotice) -> list[str]:
        may = row.state in (NoticeState.LIVE, NoticeState.ACTED) and works_on_unpaid(request)
        return ["withdraw"] if may else []

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a notice back; what stands still because of it comes back without a fee."""
        if not works_on_unpaid(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or row.state not in (NoticeState.LIVE, NoticeState.ACTED):
            raise Http404
        form = TextForm(request.POST or None)
        back = reverse("admin:billing_suspensionnotice_change", args=[row.pk])
        if form.is_valid():
            try:
                credit.withdraw_suspension(
                    notice=row, by=request.user, why=form.cleaned_data["text"], at=request.at
                )
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Withdrawn, and the customer is told.")
                return redirect(back)
        return self.step(
            request,
            form,
            title="Withdraw the notice of suspension",
            action="Withdraw it",
            about=row.account,
            intro="The customer is told why, in these words. Services that stand still because "
            "of it come back at once, without a fee.",
            back=back,
        )


@admin.register(PaymentReminder)
class PaymentReminderAdmin(ReadOnlyAdmin):
    """Reminders that went out, each for one bill and the day by which it can be paid."""

    provider_path = "invoice__account__customer__provider"
    account_path = "invoice__account"
    list_display = ("invoice", "kind", "due_date", "amount", "sent_on", "names_charge")
    list_filter = ("kind", "invoice__account__customer__provider")
    search_fields = ("invoice__number", "invoice__account__number")
    date_hierarchy = "sent_on"
    list_select_related = ("invoice",)
