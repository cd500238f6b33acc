"""Moving a service: asked for, quoted, agreed to after a second factor, given up."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import FormView, TemplateView

from contracts.moving import selectors as moving
from contracts.moving import services
from contracts.moving.models import Relocation
from contracts.moving.services import MoveRefused
from contracts.moving.states import MoveState
from parties.correspondence.services import mask_of
from parties.security.states import HighRisk
from portal.composition.address_forms import MoveForm
from portal.web.guards import AccountPage, StepUp
from terms.facts import Action
from terms.lifecycle import IllegalStep

from .moving_forms import AgreeForm
from .services import ServicePage


class AskMove(ServicePage, FormView):  # type: ignore[type-arg]
    """Where to, and when; what it can cost stands above the form."""

    action = Action.CHANGE_DETAILS
    also = (Action.VIEW_PERSONAL_DETAILS,)
    template_name = "customer/services/ask_move.html"
    form_class = MoveForm

    def get_initial(self) -> dict[str, Any]:
        return {"state": self.account.state}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.setdefault("form", self.get_form())
        move_on = self.today
        if form.is_bound and isinstance(form.cleaned_data.get("move_on"), date):
            move_on = form.cleaned_data["move_on"]
        return super().get_context_data(
            service=self.service,
            move_on=move_on,
            price=moving.move_price(self.service, move_on=move_on, on=self.today),
            **kwargs,
        )

    def form_valid(self, form: MoveForm) -> HttpResponse:
        try:
            move = services.ask_move(
                service=self.service, wish=form.wish(), by=self.request.user, at=self.request.at
            )
        except MoveRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, f"We have your request. Its reference is {move.reference}.")
        return redirect("move", move.reference)


class MovePage(AccountPage):
    """A page about one move of the account: it shows an address."""

    action = Action.CHANGE_DETAILS
    also = (Action.VIEW_PERSONAL_DETAILS,)
    section = "services"

    @cached_property
    def move(self) -> Relocation:
        found = moving.move_by_reference(self.account, self.kwargs["reference"])
        if found is None:
            raise Http404("No such move.")
        return found

    @property
    def service_asked(self) -> str:
        return str(self.move.service.public_id)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mask = mask_of(self.permissions)
        return super().get_context_data(
            move=self.move,
            service=self.move.service,
            quoted_for=mask.text(self.move.quoted_for),
            said=mask.text(self.move.said),
            **kwargs,
        )


class MoveDetail(MovePage, TemplateView):
    """One move: how it stands, what it costs and why, what can be done."""

    template_name = "customer/services/move.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.move
        return super().get_context_data(
            price=moving.move_price(row.service, move_on=row.move_on, on=self.today),
            why=mask_of(self.permissions).text(row.ended_why),
            may_agree=row.state == MoveState.QUOTED
            and self.allows(Action.INCUR_EXPENSE, self.service_asked),
            may_give_up=row.state in (MoveState.ASKED, MoveState.QUOTED),
            **kwargs,
        )


class AgreeMove(MovePage, StepUp, FormView):  # type: ignore[type-arg]
    """The quote once more, and agreeing to it after a second factor."""

    action = Action.INCUR_EXPENSE
    risk = HighRisk.ADD_SERVICE
    template_name = "customer/services/agree_move.html"
    form_class = AgreeForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.move.state != MoveState.QUOTED:
            return redirect("move", self.move.reference)
        services.require_agree(request.user, self.move, on=self.today, at=request.at)
        return super().get(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"shown": self.move.quote_inc}

    def form_valid(self, form: AgreeForm) -> HttpResponse:
        try:
            services.agree_move(
                move=self.move,
                shown=form.cleaned_data["shown"],
                by=self.request.user,
                at=self.request.at,
                proof=self.proof,
            )
        except (MoveRefused, IllegalStep) as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, "Agreed. We write to you when it is done.")
        return redirect("move", self.move.reference)


class GiveUpMove(MovePage, View):
    """Decline a quote, or take the request back."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        try:
            services.give_up_move(move=self.move, by=request.user, at=request.at)
        except IllegalStep:
            messages.error(request, "Both of us agreed to it already. Ask us to call it off.")
        else:
            messages.success(request, "Given up. Nothing is done and nothing is owed.")
        return redirect("move", self.move.reference)
