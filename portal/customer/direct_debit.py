"""What is drawn by itself: from where, what and when, another day, stop; direct debit requests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import FormView, TemplateView

from billing.payments import selectors
from billing.payments.models import Mandate
from billing.payments.services import (
    BankNumberRefused,
    MandateRefused,
    agree_mandate,
    card_ways,
    choose_day,
    end_mandate,
    request_words,
    require_right,
    resume_mandate,
)
from billing.payments.states import MandateKind
from parties.authority.selectors import Decision
from parties.correspondence.services import mask_of, masked_rendition
from parties.security.states import HighRisk
from portal.web.files import pdf_response
from portal.web.guards import AccountPage, StepUp
from terms.calendar import in_words
from terms.facts import Action
from terms.lifecycle import IllegalStep

from .direct_debit_forms import ON_A_DAY, ON_DUE_DAY, DayForm, MandateForm, SignMandateForm


class MandatePage(AccountPage):
    """A page about what is drawn by itself, for whoever may agree to that and stop it."""

    action = Action.PAY_BILL
    section = "bills"

    def decide(self) -> Decision:
        decision = super().decide()
        if not self.request.user.is_staff:
            require_right(self.request.user, self.account, self.today, self.request.at)
        return decision

    @cached_property
    def mandate(self) -> Mandate | None:
        return selectors.mandate_of(self.account)


class DirectDebit(MandatePage, TemplateView):
    """Which bank account or card, what is drawn next, what was drawn, and how to stop it."""

    template_name = "customer/pay/direct_debit.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sees_bills = self.allows(Action.VIEW_BILLS)
        row = self.mandate
        chosen = selectors.chosen_day(row, self.today) if row else None
        initial = {"when": ON_A_DAY if chosen else ON_DUE_DAY, "draw_day": chosen}
        return super().get_context_data(
            mandate=row,
            payer=mask_of(self.permissions).name(row.payer_name) if row else "",
            chosen=chosen,
            offered=selectors.may_agree(self.account, self.today),
            takes_cards=bool(card_ways(self.account, self.today)),
            to_come=selectors.to_come(self.account) if sees_bills else [],
            earlier=[
                one
                for one in (selectors.drawn_lately(self.account) if sees_bills else [])
                if one.state != "dropped" or one.reason
            ],
            sees_bills=sees_bills,
            today=self.today,
            may_ask_for_help=self.allows(Action.ARRANGE_HARDSHIP),
            day_form=kwargs.pop("day_form", None) or DayForm(initial=initial),
            **kwargs,
        )


class AgreeDirectDebit(MandatePage, StepUp, FormView):  # type: ignore[type-arg]
    """The request: the bank account first, then all that it says, and the signature."""

    risk = HighRisk.BANK_DETAILS
    template_name = "customer/pay/agree_direct_debit.html"
    form_class = MandateForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"account": self.account}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            offered=selectors.may_agree(self.account, self.today),
            mandate=self.mandate,
            provider=self.account.customer.provider,
            sees_bills=self.allows(Action.VIEW_BILLS),
            **kwargs,
        )

    def form_valid(self, form: MandateForm) -> HttpResponse:
        wish = form.cleaned_data["wish"]
        if "again" in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form))
        is_sent = "sign" in self.request.POST
        signing = SignMandateForm(self.request.POST if is_sent else None)
        if not is_sent or not signing.is_valid():
            return self._check(form, signing)
        try:
            agree_mandate(
                account=self.account,
                by=self.request.user,
                wish=replace(wish, signed_as=signing.cleaned_data["signed_as"]),
                at=self.request.at,
                proof=self.proof,
            )
        except BankNumberRefused as refusal:
            signing.add_error("signed_as", str(refusal))
            return self._check(form, signing)
        except MandateRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(
            self.request, "Agreed. Your bills are drawn from now on; a copy goes to you by email."
        )
        return redirect("direct_debit")

    def _check(self, form: MandateForm, signing: SignMandateForm) -> HttpResponse:
        wish = form.cleaned_data["wish"]
        context = self.get_context_data(form=form) | {
            "wish": wish,
            "number_end": wish.number[-3:],
            "words": request_words(self.account, wish.draw_day, self.today),
            "signing": signing,
            "first": (
                selectors.first_draws(self.account, wish.draw_day, self.today, self.request.at)
                if self.allows(Action.VIEW_BILLS)
                else ()
            ),
        }
        page = "customer/pay/check_direct_debit.html"
        return TemplateResponse(self.request, page, context)


class _MandateStep(MandatePage, View):
    """One step on the mandate: one call, back to the page."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the step, or say what to do."""
        if self.mandate is None:
            messages.info(request, "Nothing is agreed to: nothing is drawn.")
            return redirect("direct_debit")
        try:
            messages.success(request, self.call(self.mandate))
        except (MandateRefused, IllegalStep):
            messages.error(request, "That is not possible any more: see where it stands now.")
        return redirect("direct_debit")

    def call(self, mandate: Mandate) -> str:
        """Take the step, and return what is said of it."""
        raise LookupError(f"{type(self).__name__} has no step.")


class StopDirectDebit(_MandateStep):
    """Stop direct debits at once, by one click."""

    def call(self, mandate: Mandate) -> str:
        end_mandate(mandate=mandate, by=self.request.user, at=self.request.at)
        return "Stopped. Nothing more is drawn; please pay your bills another way."


class ResumeDirectDebit(MandatePage, StepUp, TemplateView):
    """Let it go on after a pause: drawing begins anew, so it asks for what agreeing asks for."""

    risk = HighRisk.BANK_DETAILS
    template_name = "customer/pay/resume_direct_debit.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row, sees_bills = self.mandate, self.allows(Action.VIEW_BILLS)
        first: tuple[selectors.FirstDraw, ...] = ()
        if row is not None and sees_bills:
            day = selectors.chosen_day(row, self.today)
            first = selectors.first_draws(
                self.account, day, self.today, self.request.at, MandateKind(row.kind)
            )
        return super().get_context_data(mandate=row, first=first, sees_bills=sees_bills, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Let it go on, or say that nothing is paused."""
        if self.mandate is None:
            messages.info(request, "Nothing is agreed to: nothing is drawn.")
            return redirect("direct_debit")
        try:
            resume_mandate(mandate=self.mandate, by=request.user, at=request.at, proof=self.proof)
        except IllegalStep:
            messages.info(request, "Nothing is paused: see where it stands now.")
        else:
            messages.success(request, "Your bills are drawn again from now on.")
        return redirect("direct_debit")


class DirectDebitDay(MandatePage, View):
    """Choose another day."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the day, or show the page with what was typed and what to do."""
        form = DayForm(request.POST)
        if self.mandate is None:
            return redirect("direct_debit")
        if not form.is_valid():
            page = DirectDebit(request=request, args=(), kwargs={})
            page.decision = self.decision
            return page.render_to_response(page.get_context_data(day_form=form))
        day = form.cleaned_data["draw_day"]
        choose_day(mandate=self.mandate, day=day, by=request.user, at=request.at)
        coming = selectors.to_come(self.account) if self.allows(Action.VIEW_BILLS) else []
        planned = [one for one in coming if one.state == "planned"]
        words = f" The next is drawn on {in_words(planned[0].on)}." if planned else ""
        messages.success(request, f"Kept.{words}")
        return redirect("direct_debit")


class DirectDebitPdf(MandatePage, View):
    """The request as it was signed; without who the customer is for some."""

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        rows = Mandate.objects.filter(account=self.account, reference=reference)
        row = rows.select_related("document").first()
        if row is None or row.document is None:
            raise Http404
        document = row.document
        if not self.permissions.sees_who:
            document = masked_rendition(document, self.account)
        return pdf_response(request, document)
