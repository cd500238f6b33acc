"""Can't pay now: where one stands, more time at once, help in hardship, an arrangement."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import FormView, TemplateView

from billing.credit_management.models import DebtNotice, Handover, SuspensionNotice
from billing.credit_management.selectors import (
    collecting,
    coming_back,
    due_now,
    held,
    outlook,
    shown_beyond,
)
from billing.credit_management.states import Step
from billing.hardship import selectors as hardship
from billing.hardship import services
from billing.hardship.models import Arrangement, HelpRequest
from billing.hardship.services import HelpRefused, HelpWanted, MoreTimeRefused
from billing.hardship.states import Every, HelpKind
from billing.payments import selectors as payments
from parties.correspondence.services import masked_rendition
from portal.web.files import pdf_response
from portal.web.guards import AccountPage
from records.deadlines.selectors import deadlines_of
from terms.facts import Action
from terms.lifecycle import IllegalStep

from .help_paying_forms import (
    AbilityForm,
    AnswerForm,
    KindsForm,
    MoreTimeForm,
    SignOfferForm,
    WordsForm,
)

DRAFT = "help_paying"
STEPS: dict[str, Any] = {"kinds": KindsForm, "ability": AbilityForm, "words": WordsForm}
TITLES = {
    "kinds": "What would help you?",
    "ability": "What can you pay, and when?",
    "words": "Check, and ask for help",
}
SHOWN = 5


class Unpaid(AccountPage, TemplateView):
    """What is owed, what may happen and when at the earliest, what stops it, and what to do."""

    action = Action.VIEW_BILLS
    template_name = "customer/help/unpaid.html"
    section = "bills"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = outlook(self.account, self.today, self.request.at)
        balance = payments.balance(self.account, self.today, shown=True)
        mine = {"account": self.account}
        notices = SuspensionNotice.objects.filter(**mine)
        announced = DebtNotice.objects.filter(**mine)
        elsewhere = Handover.objects.filter(**mine)
        hidden = found.is_private
        return super().get_context_data(
            # What is private stops the asking, and shows on no page that others see.
            outlook=None if hidden else found,
            due_now=None if hidden else due_now(self.account, found, self.today),
            coming_back=coming_back(self.account, found.chasable, self.today)
            if found.step == Step.SUSPENDED
            else None,
            beyond=None if hidden else shown_beyond(self.account, found, self.today),
            collecting=None if hidden else collecting(self.account, found.chasable, self.today),
            debt_notices=[] if hidden else list(announced[:SHOWN]),
            handovers=[] if hidden else list(elsewhere.filter(is_private=False)[:SHOWN]),
            with_collector=elsewhere.filter(kind="collector", state="active").exists(),
            deposit=held(self.account),
            balance=balance,
            more=hardship.more_time(self.account, self.today),
            extension=hardship.extension_in_force(self.account, self.today),
            request_open=hardship.open_request(self.account),
            arrangement=hardship.arrangement_in_force(self.account),
            notices=list(notices.select_related("notice")[:SHOWN]),
            may_ask=self.allows(Action.ARRANGE_HARDSHIP),
            may_pay=self.allows(Action.PAY_BILL),
            payment_reference=payments.payment_reference(self.account),
            **kwargs,
        )


class MoreTime(AccountPage, FormView):  # type: ignore[type-arg]
    """“Give me until Friday”: at once, within what the provider gives by itself."""

    action = Action.ARRANGE_HARDSHIP
    template_name = "customer/help/more_time.html"
    section = "bills"
    form_class = MoreTimeForm

    def get_initial(self) -> dict[str, Any]:
        return {"until": self.more.latest}

    @cached_property
    def more(self) -> hardship.MoreTime:
        return hardship.more_time(self.account, self.today)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            more=self.more, sees_bills=self.allows(Action.VIEW_BILLS), **kwargs
        )

    def form_valid(self, form: MoreTimeForm) -> HttpResponse:
        try:
            given = services.take_more_time(
                account=self.account,
                by=self.request.user,
                until=form.cleaned_data["until"],
                at=self.request.at,
            )
        except MoreTimeRefused as refusal:
            form.add_error("until", str(refusal))
            return self.form_invalid(form)
        messages.success(
            self.request, f"You have until {given.until:%A %-d %B} to pay. Nothing else happens."
        )
        return redirect("unpaid" if self.allows(Action.VIEW_BILLS) else "help_paying")


class HelpPaying(AccountPage, TemplateView):
    """Help with paying: what there is, what was asked, what is agreed, how far it is kept."""

    action = Action.ARRANGE_HARDSHIP
    template_name = "customer/help/help.html"
    section = "bills"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = hardship.open_request(self.account)
        agreed = hardship.arrangement_in_force(self.account)
        offer = hardship.offered_arrangement(asked) if asked else None
        return super().get_context_data(
            asked=asked,
            deadlines=deadlines_of([asked.reference])[asked.reference] if asked else [],
            offer=offer,
            offered=hardship.progress(offer, self.today) if offer else None,
            agreed=agreed,
            kept=hardship.progress(agreed, self.today) if agreed else None,
            earlier=HelpRequest.objects.filter(account=self.account).exclude(
                pk=asked.pk if asked else 0
            )[:SHOWN],
            more=hardship.more_time(self.account, self.today),
            kinds=HelpKind.choices,
            sign_form=kwargs.pop("sign_form", None) or SignOfferForm(),
            answer_form=kwargs.pop("answer_form", None) or AnswerForm(),
            wished=[HelpKind(one).label for one in asked.kinds] if asked else [],
            sees_bills=self.allows(Action.VIEW_BILLS),
            **kwargs,
        )


class _Wizard(AccountPage):
    """What the steps share: the answers so far, kept in the session until they are sent."""

    action = Action.ARRANGE_HARDSHIP
    section = "bills"

    @cached_property
    def draft(self) -> dict[str, Any]:
        kept: dict[str, Any] = self.request.session.get(DRAFT, {})
        return kept if kept.get("account") == str(self.account.public_id) else {}

    def form_of(self, step: str, data: Any = None) -> Any:
        return STEPS[step](data, today=self.today)

    def answers(self) -> tuple[dict[str, Any], str]:
        """The clean answers of the steps before the last, and the first that lacks one, or ""."""
        found: dict[str, Any] = {}
        for step in ("kinds", "ability"):
            form = self.form_of(step, MultiValueDict(self.draft.get(step, {})))
            if step not in self.draft or not form.is_valid():
                return found, step
            found |= form.cleaned_data
        return found, ""


class AskForHelp(_Wizard, FormView):  # type: ignore[type-arg]
    """One of three short steps; the last one sends it."""

    template_name = "customer/help/ask.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if kwargs["step"] not in STEPS:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if hardship.open_request(self.account) is not None:
            return redirect("help_paying")
        if self.step == "words":
            _, missing = self.answers()
            if missing:
                return redirect("ask_for_help", missing)
        return super().get(request, *args, **kwargs)

    @property
    def step(self) -> str:
        return str(self.kwargs["step"])

    def get_form(self, form_class: Any = None) -> Any:
        if self.request.method == "POST":
            return self.form_of(self.step, self.request.POST)
        form = self.form_of(self.step)
        kept = self.draft.get(self.step, {})
        if kept:
            form.initial = {
                name: rows if name == "kinds" else next(iter(rows), "")
                for name, rows in kept.items()
            }
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        if self.step != "words":
            given = {name: self.request.POST.getlist(name) for name in form.fields}
            self.request.session[DRAFT] = {
                **self.draft,
                "account": str(self.account.public_id),
                self.step: given,
            }
            return redirect("ask_for_help", "ability" if self.step == "kinds" else "words")
        answers, missing = self.answers()
        if missing:
            return redirect("ask_for_help", missing)
        asked = services.ask_for_help(
            account=self.account,
            by=self.request.user,
            wanted=HelpWanted(
                kinds=tuple(HelpKind(one) for one in answers["kinds"]),
                can_pay=answers["can_pay"],
                every=Every(answers["every"]) if answers["every"] else None,
                first_on=answers["first_on"],
                months=answers["months"],
                words=form.cleaned_data["words"],
            ),
            at=self.request.at,
        )
        self.request.session.pop(DRAFT, None)
        messages.success(
            self.request,
            f"We have your request, {asked.reference}. From now on nobody asks you for money and "
            "nothing is cut off until you have our answer.",
        )
        return redirect("help_paying")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        place = list(STEPS).index(self.step)
        answers, _ = self.answers()
        return super().get_context_data(
            title=TITLES[self.step],
            place=place + 1,
            is_last=self.step == "words",
            back=list(STEPS)[place - 1] if place else "",
            given=answers,
            wished=[HelpKind(one).label for one in answers.get("kinds", [])],
            proof=hardship.proof_for(self.account, answers["months"], self.today)
            if self.step == "words" and "months" in answers
            else None,
            how_often=Every(answers["every"]).label.lower() if answers.get("every") else "",
            **kwargs,
        )


class _Answer(HelpPaying):
    """A step of the customer's on their request: one form, one call, back to the page."""

    http_method_names = ["post"]
    done = ""
    form_class: Any = None
    form_name = ""

    def call(self, asked: HelpRequest, given: dict[str, Any]) -> None:
        """Take the step."""
        raise LookupError(f"{type(self).__name__} has no step.")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the step, or show the page with what was typed and what to do."""
        asked = hardship.open_request(self.account)
        form = self.form_class(request.POST) if self.form_class else None
        if form is not None and not form.is_valid():
            return self.render_to_response(self.get_context_data(**{self.form_name: form}))
        if asked is None:
            messages.error(request, "This request is over. You can ask again at any time.")
            return redirect("help_paying")
        try:
            self.call(asked, form.cleaned_data if form else {})
        except HelpRefused as refusal:
            messages.error(request, str(refusal))
        except IllegalStep:
            messages.error(request, "That is not possible any more: see where it stands now.")
        else:
            messages.success(request, self.done)
        return redirect("help_paying")


class AcceptOffer(_Answer):
    """Agree to what was offered, signed with the typed name."""

    done = "Agreed. While you keep to it, nobody asks for more and nothing is cut off."
    form_class = SignOfferForm
    form_name = "sign_form"

    def call(self, asked: HelpRequest, given: dict[str, Any]) -> None:
        services.accept_offer(
            reference=asked.reference,
            by=self.request.user,
            signed_as=given["signed_as"],
            at=self.request.at,
        )


class DeclineOffer(_Answer):
    """Say that the offer does not help."""

    done = "We think it over again. Nothing is asked for meanwhile."
    form_class = AnswerForm
    form_name = "answer_form"

    def call(self, asked: HelpRequest, given: dict[str, Any]) -> None:
        services.decline_offer(
            reference=asked.reference,
            by=self.request.user,
            text=given["text"],
            at=self.request.at,
        )


class AnswerQuestion(_Answer):
    """Give what was asked for."""

    done = "Thank you. You see below by when you get our answer."
    form_class = AnswerForm
    form_name = "answer_form"

    def call(self, asked: HelpRequest, given: dict[str, Any]) -> None:
        services.answer_question(
            reference=asked.reference,
            by=self.request.user,
            text=given["text"],
            at=self.request.at,
        )


class WithdrawHelp(_Answer):
    """Take the request back."""

    done = "Taken back. You can ask again at any time."

    def call(self, asked: HelpRequest, given: dict[str, Any]) -> None:
        services.withdraw_request(
            reference=asked.reference, by=self.request.user, at=self.request.at
        )


class ArrangementPdf(AccountPage, View):
    """The arrangement as offered, as a PDF; without who the customer is for some."""

    action = Action.ARRANGE_HARDSHIP

    def get(self, request: HttpRequest, public_id: Any) -> HttpResponse:
        row = (
            Arrangement.objects.filter(account=self.account, public_id=public_id)
            .select_related("document")
            .first()
        )
        if row is None or row.document is None:
            raise Http404
        document = row.document
        if not self.permissions.sees_who:
            document = masked_rendition(document, self.account)
        return pdf_response(request, document)
