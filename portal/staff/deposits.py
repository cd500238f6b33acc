"""Deposits: ask for one, note what came, settle it once everything has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from billing.credit_management import services as credit
from billing.credit_management.models import Deposit
from billing.credit_management.selectors import held, may_deliver
from billing.credit_management.states import DEPOSIT, DepositAct, DepositState
from parties.accounts.models import Account
from parties.authority.selectors import local_day
from portal.web.fields import DayField, DollarsField
from terms.facts import Action
from terms.money import in_dollars

from .base import AddStepAdmin, StepsAdmin
from .unpaid_beyond import REFUSALS, works_on_unpaid
from .unpaid_forms import NoForm


class AskDepositForm(forms.Form):
    """How much is asked for, and why."""

    amount = DollarsField(label="Amount", help_text="In dollars: 1,234.50")
    reason = forms.CharField(
        label="Why", min_length=5, max_length=300, help_text="The customer reads it."
    )
    assessed = forms.BooleanField(
        label="A credit assessment was made",
        required=False,
        help_text="Without one a protected customer is asked for nothing.",
    )


class ReceiveForm(forms.Form):
    """What came for a deposit."""

    amount = DollarsField(label="Amount", help_text="In dollars: 1,234.50")
    received_on = DayField(label="Received on")
    reference = forms.CharField(
        label="Reference", max_length=60, help_text="What the bank or the receipt says."
    )


@admin.register(Deposit)
class DepositAdmin(StepsAdmin, AddStepAdmin):
    """Deposits that are asked for, held and settled."""

    provider_path = "account__customer__provider"
    account_path = "account"
    list_display = ("account", "dollars", "state", "asked_at", "asked_by")
    list_filter = ("state", "account__customer__provider")
    search_fields = ("account__number", "account__customer__name")
    list_select_related = ("account__customer",)
    fields = (
        "account",
        "dollars",
        "held_now",
        "state",
        "reason",
        "asked_at",
        "asked_by",
        "settled_at",
        "paid_bills",
        "came_back",
    )
    readonly_fields = ("dollars", "held_now", "paid_bills", "came_back")
    steps = {
        DepositAct.RECEIVE.value: "Note that it came",
        DepositAct.SETTLE.value: "Settle it",
        DepositAct.DROP.value: "Ask for it no longer",
    }
    add_title = "Ask for a deposit"
    action = Action.ARRANGE_HARDSHIP

    @admin.display(description="asked for", ordering="amount")
    def dollars(self, row: Deposit) -> str:
        return in_dollars(row.amount)

    @admin.display(description="held on the account")
    def held_now(self, row: Deposit) -> str:
        return in_dollars(held(row.account))

    @admin.display(description="paid the last bills")
    def paid_bills(self, row: Deposit) -> str:
        return in_dollars(row.applied)

    @admin.display(description="became credit")
    def came_back(self, row: Deposit) -> str:
        return in_dollars(row.given_back)

    def steps_now(self, request: HttpRequest, row: Deposit) -> list[str]:
        if not works_on_unpaid(request):
            return []
        return [act.value for act in DEPOSIT.acts(DepositState(row.state))]

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Ask for a deposit; whether delivery may wait for it is shown with its clause."""
        form = AskDepositForm(request.POST or None)
        if form.is_valid():
            try:
                row = credit.ask_deposit(
                    account=account, by=request.user, at=request.at, **form.cleaned_data
                )
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Asked for, and the customer is told.")
                return redirect("admin:billing_deposit_change", row.pk)
        return self.step(
            request,
            form,
            title=self.add_title,
            action=self.add_title,
            about=account,
            intro="It stands apart from what pays bills, and stays the customer's.",
            because=may_deliver(account, local_day(account, request.at))[1],
            back=reverse("admin:parties_account_change", args=[account.pk]),
        )

    def receive(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note money that came for it."""

        def act(row: Deposit, given: dict[str, Any]) -> None:
            credit.receive_deposit(deposit=row, by=request.user, at=request.at, **given)

        return self._take(request, pk, "receive", ReceiveForm, act, "It pays no bill by itself.")

    def settle(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Set it off against what is owed; what is left becomes credit."""

        def act(row: Deposit, given: dict[str, Any]) -> None:
            credit.settle_deposit(account=row.account, by=request.user, at=request.at)

        intro = (
            "Once every service has ended it pays what is owed. What is left becomes credit: pay "
            "it back from the customer's page."
        )
        return self._take(request, pk, "settle", NoForm, act, intro)

    def drop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for it no longer."""

        def act(row: Deposit, given: dict[str, Any]) -> None:
            credit.drop_deposit(deposit=row, by=request.user, at=request.at)

        return self._take(request, pk, "drop", NoForm, act, "The customer is told.")

    def _take(
        self,
        request: HttpRequest,
        pk: int,
        slug: str,
        form_class: Any,
        act: Callable[[Deposit, dict[str, Any]], None],
        intro: str,
    ) -> HttpResponse:
        if not works_on_unpaid(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or slug not in self.steps_now(request, row):
            raise Http404
        form = form_class(request.POST if request.method == "POST" else None)
        back = reverse("admin:billing_deposit_change", args=[row.pk])
        if form.is_valid():
            try:
                act(row, form.cleaned_data)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Done, and the customer is told.")
                return redirect(back)
        return self.step(
            request,
            form,
            title=self.steps[slug],
            action=self.steps[slug],
            about=row.account,
            intro=f"{in_dollars(held(row.account))} is held. {intro}",
            because=row.because,
            back=back,
        )
