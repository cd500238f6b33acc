"""To which bank account money is paid back: what was given, another one, none."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views import View
from django.views.generic import FormView, TemplateView

from billing.payments import selectors
from billing.payments.services import (
    BankAccount,
    BankNumberRefused,
    PaymentRefused,
    check_bank_account,
    give_refund_account,
    take_refund_account_away,
)
from parties.correspondence.services import mask_of
from parties.security.states import HighRisk
from portal.web.guards import StepUp
from terms.facts import Action

from .direct_debit import MandatePage
from .direct_debit_forms import BankNumbersForm


class BankAccountForm(BankNumbersForm):
    """The bank account that somebody gives."""

    field_order = ("payee_name", "bsb", "number")

    payee_name = forms.CharField(
        label="Name of the bank account",
        max_length=60,
        help_text="As your bank writes it, in plain letters.",
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            try:
                given["bank_account"] = check_bank_account(
                    BankAccount(**{name: given[name] for name in ("payee_name", "bsb", "number")})
                )
            except BankNumberRefused as refusal:
                field = "payee_name" if refusal.field == "payer_name" else refusal.field
                self.add_error(field, str(refusal))
        return given


class RefundAccountPage(MandatePage, TemplateView):
    """Where money goes that we pay back, and how to change that."""

    template_name = "customer/pay/refund_account.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = selectors.refund_account_of(self.account)
        mask = mask_of(self.permissions)
        return super().get_context_data(
            given=row,
            offered=self.account.customer.provider.draws_debits,
            payee=mask.name(row.payee_name) if row else "",
            given_by=mask.name(str(row.given_by)) if row else "",
            sees_bills=self.allows(Action.VIEW_BILLS),
            **kwargs,
        )


class GiveRefundAccount(MandatePage, StepUp, FormView):  # type: ignore[type-arg]
    """Give a bank account; it takes the place of the one before."""

    risk = HighRisk.BANK_DETAILS
    template_name = "customer/pay/give_refund_account.html"
    form_class = BankAccountForm
    success_url = reverse_lazy("refund_account")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if not self.account.customer.provider.draws_debits:
            raise Http404
        return super().get_context_data(
            given=selectors.refund_account_of(self.account),
            sees_bills=self.allows(Action.VIEW_BILLS),
            **kwargs,
        )

    def form_valid(self, form: BankAccountForm) -> HttpResponse:
        try:
            row = give_refund_account(
                account=self.account,
                by=self.request.user,
                given=form.cleaned_data["bank_account"],
                at=self.request.at,
                proof=self.proof,
            )
        except PaymentRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, f"Kept. What we pay back to you goes to {row} from now on.")
        return super().form_valid(form)


class TakeRefundAccountAway(MandatePage, View):
    """Pay nothing more to it, by one click."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take it away; twice is harmless."""
        take_refund_account_away(account=self.account, by=request.user, at=request.at)
        messages.success(request, "Taken away. Nothing more is paid back to it.")
        return redirect("refund_account")
