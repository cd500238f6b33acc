"""Unpaid money: what comes next on each account and what stops it, notices, help with paying."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from billing.credit_management import services as credit
from billing.credit_management.models import PaymentReminder, Pursuit, SuspensionNotice
from billing.credit_management.selectors import outlook
from billing.credit_management.services import SuspensionRefused
from billing.credit_management.states import NoticeState, Step
from billing.hardship import services as hardship
from billing.hardship.models import Arrangement, Extension, HelpRequest
from billing.hardship.selectors import PlanRefused, plan_instalments
from billing.hardship.services import HelpRefused, HelpWanted
from billing.hardship.states import HELP, Every, HelpAct, HelpKind, HelpState
from billing.ledger.selectors import open_items
from parties.accounts.models import Account
from parties.authority.selectors import NotAuthorised, local_day, staff_may
from parties.people.states import StaffData
from terms.facts import Action
from terms.lifecycle import IllegalStep
from terms.money import NIL, in_dollars

from .base import AddStepAdmin, ReadOnlyAdmin, StepAdmin
from .unpaid_forms import AskedForm, NoForm, NoticeForm, OfferForm, TextForm

REFUSALS = (HelpRefused, SuspensionRefused, PlanRefused, IllegalStep, NotAuthorised)


def works_on_unpaid(request: HttpRequest) -> bool:
    """Whether somebody works on unpaid money, and agrees on help with it."""
    return staff_may(request.user, Action.ARRANGE_HARDSHIP).allowed


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


@admin.register(Pursuit)
class PursuitAdmin(StepAdmin):
    """Accounts with open money: the next step of each, from when, and what stops it."""

    provider_path = "account__customer__provider"
    account_path = "account"
    guarded = {StaffData.BILLING: ("amount",)}
    list_display = ("account", "dollars", "step", "next_on", "stopped", "looked_on")
    list_filter = (
        "step",
        OnDayFilter,
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
    search_fields = ("account__number", "account__customer__name")
    list_select_related = ("account__customer",)
    fields = ("account", "dollars", "step", "next_on", "stopped", "looked_on", "problem")
    change_form_template = "admin/billing/steps_change_form.html"

    @admin.display(description="can be asked for", ordering="amount")
    def dollars(self, row: Pursuit) -> str:
        return in_dollars(row.amount)

    @admin.display(description="what stops it")
    def stopped(self, row: Pursuit) -> str:
        return "No step is planned" if row.is_private else row.stopped_by or "–"

    def get_urls(self) -> list[Any]:
        return [
            path(
                f"<int:pk>/{part}/",
                self.admin_site.admin_view(view),
                name=f"billing_pursuit_{part}_step",
            )
            for part, view in (("notice", self.notice), ("suspend", self.suspend))
        ] + super().get_urls()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        extra: dict[str, Any] = {}
        if row is not None and not row.is_private:
            extra["reasons"] = row.because
            if works_on_unpaid(request):
                steps = {Step.NOTICE: ("notice", "Give notice of suspension")}
                steps[Step.SUSPEND] = ("suspend", "Suspend")
                if row.step in steps:
                    part, words = steps[Step(row.step)]
                    address = reverse(f"admin:billing_pursuit_{part}_step", args=[row.pk])
                    extra["steps"] = [(words, address)]
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

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
                account=row.account, by=request.user, at=request.at, pay_by=given["pay_by"]
            )
            return f"Sent. Nothing can be suspended before {made.printed_earliest:%a %-d %b %Y}."

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
class SuspensionNoticeAdmin(StepAdmin):
    """Notices of suspension: to whom, for how much, from when, and how each ended."""

    provider_path = "account__customer__provider"
    account_path = "account"
    list_display = ("account", "given_at", "amount", "printed_earliest", "state", "given_by")
    list_filter = ("state", "account__customer__provider")
    search_fields = ("account__number", "account__customer__name")
    list_select_related = ("account__customer",)
    fields = (
        "account",
        "state",
        "amount",
        "due_date",
        "pay_by",
        "printed_earliest",
        "given_at",
        "given_by",
        "in_hardship",
        "opened_at",
        "ended_at",
        "ended_because",
    )
    change_form_template = "admin/billing/steps_change_form.html"

    def get_urls(self) -> list[Any]:
        withdraw = path(
            "<int:pk>/withdraw/",
            self.admin_site.admin_view(self.withdraw),
            name="billing_suspensionnotice_withdraw_step",
        )
        return [withdraw, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        extra: dict[str, Any] = {}
        if row is not None:
            extra["reasons"] = row.because
            if row.state in (NoticeState.LIVE, NoticeState.ACTED) and works_on_unpaid(request):
                name = "admin:billing_suspensionnotice_withdraw_step"
                extra["steps"] = [("Withdraw it", reverse(name, args=[row.pk]))]
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

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


@admin.register(HelpRequest)
class HelpRequestAdmin(AddStepAdmin):
    """Requests for help with paying, with the day for the answer and the steps to it."""

    provider_path = "account__customer__provider"
    account_path = "account"
    reference = "reference"
    list_display = (
        "reference",
        "account",
        "state",
        "decide_by",
        "answer_by",
        "assigned_to",
        "asked_at",
    )
    list_filter = ("state", "account__customer__provider")
    search_fields = ("reference", "account__number", "account__customer__name")
    list_select_related = ("account__customer", "assigned_to")
    fields = (
        "reference",
        "account",
        "state",
        "decide_by",
        "answer_by",
        "asked_at",
        "asked_by",
        "wished",
        "can_pay",
        "every",
        "first_on",
        "months",
        "words",
        "assigned_to",
        "decided_at",
        "decided_by",
        "reasons",
        "problem",
    )
    change_form_template = "admin/billing/steps_change_form.html"
    add_title = "Ask for help with paying, for whoever is calling"
    action = Action.ARRANGE_HARDSHIP
    asked_of = Action.ARRANGE_HARDSHIP

    @admin.display(description="what would help")
    def wished(self, row: HelpRequest) -> str:
        return ", ".join(HelpKind(one).label for one in row.kinds) or "–"

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Those that wait for an answer first, by its day."""
        return ["-state", "decide_by", "-asked_at"]

    def get_urls(self) -> list[Any]:
        step = path(
            "<int:pk>/step/<slug:act>/",
            self.admin_site.admin_view(self.help_step),
            name="billing_helprequest_help_step",
        )
        return [step, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        extra: dict[str, Any] = {}
        if row is not None:
            extra["reasons"] = row.because
            if works_on_unpaid(request):
                name = "admin:billing_helprequest_help_step"
                extra["steps"] = [
                    (STEPS[act][0], reverse(name, args=[row.pk, act]))
                    for act in _acts(row, request)
                ]
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Take in what somebody asks for on the phone; nothing is chased from then on."""
        form = AskedForm(request.POST or None)
        if form.is_valid():
            given = form.cleaned_data
            try:
                made = hardship.ask_for_help(
                    account=account,
                    by=request.user,
                    wanted=HelpWanted(
                        kinds=tuple(HelpKind(one) for one in given["kinds"]),
                        can_pay=given["can_pay"],
                        every=Every(given["every"]) if given["every"] else None,
                        first_on=given["first_on"],
                        words=given["words"],
                    ),
                    at=request.at,
                )
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                when = f" Answer by {made.decide_by:%a %-d %b}." if made.decide_by else ""
                messages.success(request, f"{made.reference} is taken in.{when}")
                return redirect("admin:billing_helprequest_change", made.pk)
        return self.step(
            request,
            form,
            title=self.add_title,
            action="Take it in",
            about=account,
            intro="Ask for no papers. From now on nobody asks them for money, and nothing is cut.",
            back=reverse("admin:parties_account_change", args=[account.pk]),
        )

    def help_step(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        """Ask for what a step needs, take it, and say so."""
        if not works_on_unpaid(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or act not in _acts(row, request):
            raise Http404
        title, form_class, take = STEPS[act]
        owed = sum((one.amount - one.held for one in open_items(row.account)), NIL)
        facts = {"asked": row, "owed": owed} if form_class is OfferForm else {}
        form = form_class(request.POST or None, **facts)
        back = reverse("admin:billing_helprequest_change", args=[row.pk])
        notes = ""
        if request.method == "POST" and form.is_valid():
            try:
                parts = _parts(row, form, owed, request) if form_class is OfferForm else ()
                if form_class is OfferForm and not form.is_previewed():
                    form.show()
                    notes = _preview(parts, form.cleaned_data)
                else:
                    take(row, form.cleaned_data, parts, request)
                    messages.success(request, "Done, and the customer is told.")
                    return redirect(back)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
        return self.step(
            request,
            form,
            title=title,
            action="Offer it" if notes else title,
            about=row.account,
            notes=notes,
            intro=f"{in_dollars(owed)} is owed and not contested.",
            because=row.because,
            back=back,
        )


def _acts(row: HelpRequest, request: HttpRequest) -> list[str]:
    """The steps that staff can take now."""
    possible = {act.value for act in HELP.acts(HelpState(row.state))}
    mine = [] if not possible or row.assigned_to_id == request.user.pk else ["take"]
    return [*mine, *(act for act in STEPS if act in possible)]


def _parts(row: HelpRequest, form: OfferForm, owed: Any, request: HttpRequest) -> Any:
    """The instalments that the form asks for. Raises PlanRefused."""
    given = form.cleaned_data
    rest = owed - (given["waive"] or NIL)
    if rest <= NIL:
        return ()
    on = local_day(row.account, request.at)
    return plan_instalments(
        row.account,
        amount=rest,
        each=given["each"] or rest,
        every=Every(given["every"] or Every.MONTH),
        first_on=given["first_on"],
        on=on,
    )


def _preview(parts: Any, given: dict[str, Any]) -> str:
    days = ", ".join(f"{in_dollars(one.amount)} by {one.due_on:%a %-d %b %Y}" for one in parts)
    off = f" {in_dollars(given['waive'])} is taken off." if given["waive"] else ""
    return f"{len(parts)} parts: {days}.{off}"


def _take(row: HelpRequest, given: Any, parts: Any, request: HttpRequest) -> None:
    hardship.take_in_hand(reference=row.reference, by=request.user, at=request.at)


def _ask(row: HelpRequest, given: Any, parts: Any, request: HttpRequest) -> None:
    hardship.ask_more(reference=row.reference, by=request.user, text=given["text"], at=request.at)


def _answer(row: HelpRequest, given: Any, parts: Any, request: HttpRequest) -> None:
    hardship.answer_question(
        reference=row.reference, by=request.user, text=given["text"], at=request.at
    )


def _offer(row: HelpRequest, given: Any, parts: Any, request: HttpRequest) -> None:
    hardship.offer_help(
        reference=row.reference,
        by=request.user,
        parts=parts,
        waive=given["waive"] or NIL,
        other_help=given["other_help"],
        reasons=given["reasons"],
        at=request.at,
    )


def _refuse(row: HelpRequest, given: Any, parts: Any, request: HttpRequest) -> None:
    hardship.refuse_help(
        reference=row.reference, by=request.user, reasons=given["text"], at=request.at
    )


STEPS: dict[str, tuple[str, Any, Any]] = {
    "take": ("Take it in hand", NoForm, _take),
    HelpAct.OFFER.value: ("Offer help", OfferForm, _offer),
    HelpAct.ASK_MORE.value: ("Ask for something", TextForm, _ask),
    HelpAct.ANSWER.value: ("Note the customer's answer", TextForm, _answer),
    HelpAct.REFUSE.value: ("Say why no help is possible", TextForm, _refuse),
}


@admin.register(Arrangement)
class ArrangementAdmin(ReadOnlyAdmin):
    """Arrangements, offered, in force and over."""

    provider_path = "account__customer__provider"
    account_path = "account"
    list_display = ("account", "request", "state", "amount", "waived", "accepted_at")
    list_filter = ("state", "account__customer__provider")
    search_fields = ("account__number", "request__reference")
    list_select_related = ("account__customer", "request")
    exclude = ("invoices",)


@admin.register(Extension)
class ExtensionAdmin(ReadOnlyAdmin):
    """More time that customers took by themselves."""

    provider_path = "account__customer__provider"
    account_path = "account"
    list_display = ("account", "asked_on", "until", "amount", "asked_by")
    list_filter = ("account__customer__provider",)
    search_fields = ("account__number",)
    list_select_related = ("account__customer", "asked_by")
    exclude = ("invoices",)


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
