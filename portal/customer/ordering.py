"""Ordering from the price list: what there is, what one of it costs, asking for it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView

from contracts.catalogue.states import FIXED_VOICE, ServiceKind
from contracts.orders import selectors as orders
from contracts.orders import services
from contracts.orders.selectors import PlanToOrder
from contracts.orders.services import OrderRefused
from contracts.orders.states import OrderState
from portal.web.guards import AccountPage
from terms.facts import Action

MOST = 1_000
WITH_NUMBERS = (*FIXED_VOICE, ServiceKind.MOBILE, ServiceKind.NUMBER_HOSTING)


class OrderForm(forms.Form):
    """How many of a plan, and the numbers that move in with it."""

    quantity = forms.IntegerField(label="How many", initial=1, min_value=1, max_value=MOST)
    numbers = forms.CharField(
        label="Numbers that you bring along",
        max_length=300,
        required=False,
        help_text="As your provider of now writes them. Keep your service there until they have "
        "moved. Leave it empty for a new number.",
    )

    def __init__(self, *args: Any, takes_numbers: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not takes_numbers:
            del self.fields["numbers"]


class PlansToOrder(AccountPage, TemplateView):
    """What the price list of today offers, by kind."""

    action = Action.OPEN_SERVICE
    template_name = "customer/orders/plans.html"
    section = "services"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = orders.plans_to_order(self.account, self.today)
        return super().get_context_data(plans=found, **kwargs)


class OrderPlan(AccountPage, FormView):  # type: ignore[type-arg]
    """One plan: what it costs, how many are wanted, and the button that asks for it."""

    action = Action.OPEN_SERVICE
    form_class = OrderForm
    template_name = "customer/orders/order_plan.html"
    section = "services"

    @cached_property
    def found(self) -> PlanToOrder:
        for one in orders.plans_to_order(self.account, self.today):
            if one.plan.code == self.kwargs["code"]:
                return one
        raise Http404("The price list has no such plan today.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"takes_numbers": self.found.plan.kind in WITH_NUMBERS}

    def form_valid(self, form: OrderForm) -> HttpResponse:
        given = form.cleaned_data
        try:
            row = services.ask_order(
                account=self.account,
                plan=self.found.plan,
                quantity=given["quantity"],
                numbers=given.get("numbers", ""),
                by=self.request.user,
                at=self.request.at,
            )
        except OrderRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        words = "Here is the offer. Read it; nothing is agreed before you accept it."
        if row.state == OrderState.ASKED:
            words = "We have your order, look at it, and write to you. Nothing is agreed yet."
        messages.success(self.request, words)
        return redirect("order", row.reference)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(one=self.found, **kwargs)
