"""Help with paying: what was asked for, the steps to an answer, what was agreed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from billing.hardship import services as hardship
from billing.hardship.models import Arrangement, Extension, HelpRequest
from billing.hardship.selectors import plan_instalments, proof_for
from billing.hardship.services import HelpWanted
from billing.hardship.states import HELP, Every, HelpAct, HelpKind, HelpState
from billing.ledger.selectors import open_items
from parties.accounts.models import Account
from parties.authority.selectors import local_day
from terms.facts import Action
from terms.money import ZERO, in_dollars

from .base import AddStepAdmin, ReadOnlyAdmin, StepsAdmin
from .unpaid_beyond import REFUSALS, works_on_unpaid
from .unpaid_forms import AskedForm, AskMoreForm, NoForm, OfferForm, TextForm

# What waits for the customer.
UNDECIDED = (HelpState.WAITING, HelpState.OFFERED)


@admin.register(HelpRequest)
class HelpRequestAdmin(StepsAdmin, AddStepAdmin):
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
    list_filter = (
        "state",
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
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
    add_title = "Ask for help with paying, for whoever is calling"
    action = Action.ARRANGE_HARDSHIP
    asked_of = Action.ARRANGE_HARDSHIP

    @admin.display(description="what would help")
    def wished(self, row: HelpRequest) -> str:
        return ", ".join(HelpKind(one).label for one in row.kinds) or "–"

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Those that wait for our answer first, then for the customer's, by the day."""
        waits = Case(
            When(state=HelpState.ASKED, then=0), When(state__in=UNDECIDED, then=1), default=2
        )
        return [waits, "decide_by", "-asked_at"]

    def get_urls(self) -> list[Any]:
        step = path(
            "<int:pk>/step/<slug:act>/",
            self.admin_site.admin_view(self.help_step),
            name="billing_helprequest_help_step",
        )
        return [step, *super().get_urls()]

    def step_links(self, request: HttpRequest, row: HelpRequest) -> list[tuple[str, str]]:
        if not works_on_unpaid(request):
            return []
        name = "admin:billing_helprequest_help_step"
        return [(STEPS[act][0], reverse(name, args=[row.pk, act])) for act in _acts(row, request)]

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
                        months=given["months"],
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
            intro="Ask for no papers now. From then on nobody asks for money or cuts anything.",
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
        owed = sum((one.amount - one.held for one in open_items(row.account)), ZERO)
        facts = {"asked": row, "owed": owed} if form_class is OfferForm else {}
        form = form_class(request.POST or None, **facts)
        back = reverse("admin:billing_helprequest_change", args=[row.pk])
        notes = ""
        intro, because = f"{in_dollars(owed)} is owed and not contested.", row.because
        if form_class is AskMoreForm:
            proof = proof_for(row.account, row.months, local_day(row.account, request.at))
            may = "may" if proof.may_ask else "may not"
            intro = f"Proof {may} be asked for: they need help for {proof.cycles} bills."
            because = proof.because
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
            intro=intro,
            because=because,
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
    rest = owed - (given["waive"] or ZERO)
    if rest <= ZERO:
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
    hardship.ask_more(
        reference=row.reference,
        by=request.user,
        text=given["text"],
        proof=given["proof"],
        at=request.at,
    )


def _answer(row: HelpRequest, given: Any, parts: Any, request: HttpRequest) -> None:
    hardship.answer_question(
        reference=row.reference, by=request.user, text=given["text"], at=request.at
    )


def _offer(row: HelpRequest, given: Any, parts: Any, request: HttpRequest) -> None:
    hardship.offer_help(
        reference=row.reference,
        by=request.user,
        parts=parts,
        waive=given["waive"] or ZERO,
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
    HelpAct.ASK_MORE.value: ("Ask for something", AskMoreForm, _ask),
    HelpAct.ANSWER.value: ("Note the customer's answer", TextForm, _answer),
    HelpAct.REFUSE.value: ("Say why no help is possible", TextForm, _refuse),
}


@admin.register(Arrangement)
class ArrangementAdmin(ReadOnlyAdmin):
    """Arrangements, offered, in force and over."""

    provider_path = "account__customer__provider"
    account_path = "account"
    list_display = ("account", "request", "state", "amount", "waived", "accepted_at")
    list_filter = (
        "state",
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
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
