"""Unpaid money beyond suspension: ends, collectors, default listings, and their ways back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from billing.credit_management import services as credit
from billing.credit_management.models import DebtNotice, Handover, Pursuit
from billing.credit_management.selectors import (
    Outlook,
    beyond,
    collecting,
    draw_right,
    ending_costs,
    held,
    live_debt_notice,
    outlook,
    received,
)
from billing.credit_management.services import CreditStepRefused
from billing.credit_management.states import (
    DebtNoticeKind,
    HandoverKind,
    HandoverState,
    NoticeState,
)
from billing.hardship.selectors import PlanRefused
from billing.hardship.services import HelpRefused
from parties.accounts.models import Account
from parties.authority.selectors import NotAuthorised, local_day, staff_may
from terms.facts import Action
from terms.lifecycle import IllegalStep
from terms.money import in_dollars

from .base import StepsAdmin
from .unpaid_forms import CollectorForm, HowForm, ListingForm, NoForm, NoticeForm, TextForm

REFUSALS = (HelpRefused, CreditStepRefused, PlanRefused, IllegalStep, NotAuthorised)


def works_on_unpaid(request: HttpRequest) -> bool:
    """Whether somebody works on unpaid money, and agrees on help with it."""
    return staff_may(request.user, Action.ARRANGE_HARDSHIP).allowed


def beyond_steps(row: Pursuit, request: HttpRequest) -> list[str]:
    """The steps beyond suspension that are possible, or can be prepared, on an account today."""
    account, on = row.account, local_day(row.account, request.at)
    found = outlook(account, on, request.at)
    if found.is_private or found.stops:
        return []
    way = beyond(account, found, on)
    steps = _deposit_steps(account, found, on)
    if way.ending_notice is None and way.can_announce:
        steps.append("end_notice")
    if way.end.allowed and way.end.earliest_on and way.end.earliest_on <= on:
        steps.append("end")
    here = way.collect.earliest_on
    if here and here <= on and way.with_(HandoverKind.COLLECTOR) is None:
        steps.append("collect")
    if way.listing.right.allowed and way.with_(HandoverKind.LISTING) is None:
        listed_from = way.listing.right.earliest_on
        if listed_from is None:
            steps.append("default_notice")
        elif listed_from <= on:
            steps.append("report")
    return steps


def _deposit_steps(account: Account, found: Outlook, on: date) -> list[str]:
    """Whether the deposit can pay what is overdue, or be announced to."""
    notice = live_debt_notice(account, DebtNoticeKind.DRAW)
    advised = received(notice).on if notice is not None else None
    draw = draw_right(account, found, on, advised_on=advised)
    if not draw.allowed:
        return []
    if draw.needs_notice:
        return ["draw_notice"] if notice is None else []
    return ["draw"] if draw.draw_from is None or draw.draw_from <= on else []


class BeyondSteps:
    """Adds the steps beyond suspension to an account's row of unpaid money."""

    _row: Callable[[HttpRequest, int], Pursuit]
    step: Callable[..., HttpResponse]

    def end_notice(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Announce in writing that services end; the earliest day is worked out."""
        row = self._row(request, pk)

        def act(given: dict[str, Any]) -> str:
            return _given(row, DebtNoticeKind.ENDING, given, request)

        intro = "Sent apart from any notice of suspension. It says what may follow from an end."
        return self._beyond(request, row, NoticeForm, act, "Give notice that services end", intro)

    def default_notice(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give the first or the second notice that the law wants before a default is reported."""
        row = self._row(request, pk)
        first = live_debt_notice(row.account, DebtNoticeKind.LISTING_FIRST)
        kind = DebtNoticeKind.LISTING_SECOND if first else DebtNoticeKind.LISTING_FIRST

        def act(given: dict[str, Any]) -> str:
            return _given(row, kind, given, request)

        return self._beyond(request, row, NoticeForm, act, kind.label, "")

    def draw_notice(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Tell the customer that the deposit will pay what is overdue, and leave time to pay."""
        row = self._row(request, pk)

        def act(given: dict[str, Any]) -> str:
            return _given(row, DebtNoticeKind.DRAW, given, request)

        intro = f"{in_dollars(held(row.account))} of a deposit is held."
        return self._beyond(
            request, row, NoticeForm, act, "Announce the use of the deposit", intro
        )

    def draw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let the deposit pay what is overdue and not contested."""
        row = self._row(request, pk)

        def act(given: dict[str, Any]) -> str:
            paid = credit.draw_deposit(account=row.account, by=request.user, at=request.at)
            return f"The deposit paid {in_dollars(paid)}, and the customer is told."

        intro = f"{in_dollars(held(row.account))} of a deposit is held; no more than that is used."
        return self._beyond(request, row, NoForm, act, "Use the deposit", intro)

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End what runs on the account; everything is asked again at this moment."""
        row = self._row(request, pk)

        def act(given: dict[str, Any]) -> str:
            made = credit.end_for_debt(account=row.account, by=request.user, at=request.at)
            return f"{len(made)} ended, and the customer is told."

        intro = _ends(row, request)
        return self._beyond(request, row, NoForm, act, "End services today", intro)

    def collect(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that the debt goes to a collector."""
        row = self._row(request, pk)

        def act(given: dict[str, Any]) -> str:
            return _handed(row, HandoverKind.COLLECTOR, given, request)

        intro = (
            "The customer is told at once. It comes back by itself when it is paid, contested, or "
            f"help with paying is asked for; then you tell the collector. {_added(row, request)}"
        ).strip()
        return self._beyond(request, row, CollectorForm, act, "Take it to a collector", intro)

    def report(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that the default is reported to a credit reporting body."""
        row = self._row(request, pk)

        def act(given: dict[str, Any]) -> str:
            return _handed(row, HandoverKind.LISTING, given, request)

        intro = "It stays on the customer's record for years. They are told at once."
        return self._beyond(request, row, ListingForm, act, "Report a default", intro)

    def _beyond(
        self,
        request: HttpRequest,
        row: Pursuit,
        form_class: Any,
        act: Callable[[dict[str, Any]], str],
        title: str,
        intro: str,
    ) -> HttpResponse:
        form = form_class(request.POST if request.method == "POST" else None)
        back = reverse("admin:billing_pursuit_change", args=[row.pk])
        if form.is_valid():
            try:
                done = act(form.cleaned_data)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, done)
                return redirect(back)
        on = local_day(row.account, request.at)
        found = outlook(row.account, on, request.at)
        if found.is_private:
            intro, because = "No step is planned here.", ()
        else:
            because = _why(row, title, found, on)
            owed = f"{in_dollars(found.chasable)} is overdue and not contested."
            intro = f"{owed} {intro}".strip()
        return self.step(
            request,
            form,
            title=title,
            action=title,
            about=row.account,
            intro=intro,
            because=because,
            back=back,
        )


def _why(row: Pursuit, title: str, found: Outlook, on: date) -> Any:
    """The clauses on which the step rests."""
    if "deposit" in title:
        return draw_right(row.account, found, on, advised_on=None).because
    way = beyond(row.account, found, on)
    if "collector" in title:
        return way.collect.because
    if "services" in title:
        return way.end.because
    return way.listing.right.because


def _given(row: Pursuit, kind: DebtNoticeKind, given: dict[str, Any], request: HttpRequest) -> str:
    made = credit.give_debt_notice(
        account=row.account, kind=kind, by=request.user, at=request.at, **given
    )
    how = "To be printed and posted" if made.notice.channel == "post" else "Sent"
    return f"{how}. Nothing can follow from it before {made.printed_earliest:%a %-d %b %Y}."


def _handed(row: Pursuit, kind: HandoverKind, given: dict[str, Any], request: HttpRequest) -> str:
    made = credit.hand_over(
        account=row.account,
        kind=kind,
        to_whom=given["to_whom"],
        young_enough=bool(given.get("young_enough")),
        by=request.user,
        at=request.at,
    )
    return f"{in_dollars(made.amount)} is with {made.to_whom}, and the customer is told."


def _added(row: Pursuit, request: HttpRequest) -> str:
    """Whether what collecting costs would be added, said before the debt goes out."""
    on = local_day(row.account, request.at)
    found = outlook(row.account, on, request.at)
    added = collecting(row.account, found.chasable, on)
    if added is None:
        return ""
    if added.adds:
        return "What it costs can be added, once it is known: “What collecting a debt cost”."
    return "What it costs can be added only if the customer is told of it first: nothing was yet."


def _ends(row: Pursuit, request: HttpRequest) -> str:
    """What would end today, and what that costs the customer."""
    words = [
        f"{service.label} ({service.identifier}) ends for good"
        + (f", which costs {in_dollars(cost.total)}" if cost.total else "")
        for service, cost in ending_costs(row.account, local_day(row.account, request.at))
    ]
    return f"{'; '.join(words)}. A final bill follows." if words else ""


@admin.register(DebtNotice)
class DebtNoticeAdmin(StepsAdmin):
    """Notices of ends and defaults: to whom, for how much, from when, and how each ended."""

    provider_path = "account__customer__provider"
    account_path = "account"
    list_display = ("account", "kind", "given_at", "dollars", "printed_earliest", "state")
    list_filter = (
        "state",
        "kind",
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
    search_fields = ("account__number", "account__customer__name")
    list_select_related = ("account__customer",)
    fields = (
        "account",
        "kind",
        "state",
        "dollars",
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
    readonly_fields = ("dollars",)
    steps = {"withdraw": "Withdraw it"}

    @admin.display(description="amount", ordering="amount")
    def dollars(self, row: DebtNotice) -> str:
        return in_dollars(row.amount)

    def steps_now(self, request: HttpRequest, row: DebtNotice) -> list[str]:
        return ["withdraw"] if row.state == NoticeState.LIVE and works_on_unpaid(request) else []

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a notice back; nothing follows from it any longer."""

        def act(row: DebtNotice, given: dict[str, Any]) -> None:
            credit.withdraw_debt_notice(
                notice=row, by=request.user, why=given["text"], at=request.at
            )

        return _one_step(
            self,
            request,
            pk,
            "withdraw",
            (TextForm, act),
            "The customer is told why, in these words.",
        )


@admin.register(Handover)
class HandoverAdmin(StepsAdmin):
    """Debts with collectors and credit reporting bodies, and those taken back."""

    provider_path = "account__customer__provider"
    account_path = "account"
    list_display = ("account", "kind", "to_whom", "dollars", "since", "state", "tell_by")
    list_filter = (
        "state",
        "kind",
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
    search_fields = ("account__number", "account__customer__name", "to_whom")
    list_select_related = ("account__customer",)
    fields = (
        "account",
        "kind",
        "to_whom",
        "state",
        "dollars",
        "due_date",
        "since",
        "by",
        "recalled_at",
        "recalled_because",
        "tell_by",
        "told_at",
        "told_how",
    )
    readonly_fields = ("dollars",)
    steps = {"recall": "Take it back", "put_right": "It was wrong", "close": "They were told"}

    @admin.display(description="amount", ordering="amount")
    def dollars(self, row: Handover) -> str:
        return in_dollars(row.amount)

    def steps_now(self, request: HttpRequest, row: Handover) -> list[str]:
        if not works_on_unpaid(request):
            return []
        if row.state == HandoverState.ACTIVE:
            wrong = ["put_right"] if row.kind == HandoverKind.LISTING else []
            return ["recall", *wrong]
        return ["close"] if row.state == HandoverState.RECALLED else []

    def recall(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a debt back; those who have it are told next."""
        return self._back(request, pk, "recall", was_wrong=False)

    def put_right(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take back what was reported in error; the law says by when that is put right."""
        return self._back(request, pk, "put_right", was_wrong=True)

    def close(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note how those who had it were told that it is no longer theirs."""

        def act(row: Handover, given: dict[str, Any]) -> None:
            credit.close_handover(handover=row, by=request.user, how=given["how"], at=request.at)

        return _one_step(
            self, request, pk, "close", (HowForm, act), "Tell them first, then note it here."
        )

    def _back(self, request: HttpRequest, pk: int, slug: str, *, was_wrong: bool) -> HttpResponse:
        def act(row: Handover, given: dict[str, Any]) -> None:
            credit.recall(
                handover=row,
                by=request.user,
                why=given["text"],
                was_wrong=was_wrong,
                at=request.at,
            )

        intro = "The customer is told why, in these words. You tell those who have it."
        return _one_step(self, request, pk, slug, (TextForm, act), intro)


def _one_step(
    page: StepsAdmin,
    request: HttpRequest,
    pk: int,
    slug: str,
    what: tuple[Any, Callable[[Any, dict[str, Any]], None]],
    intro: str,
) -> HttpResponse:
    """Ask for what a step needs, take it, and go back to the record."""
    if not works_on_unpaid(request):
        raise PermissionDenied
    row = page.get_object(request, str(pk))
    if row is None or slug not in page.steps_now(request, row):
        raise Http404
    form_class, act = what
    form = form_class(request.POST or None)
    back = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_change", args=[row.pk])
    if form.is_valid():
        try:
            act(row, form.cleaned_data)
        except REFUSALS as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Done.")
            return redirect(back)
    title = page.steps[slug]
    return page.step(
        request, form, title=title, action=title, about=row.account, intro=intro, back=back
    )
