"""Pay credit back: by hand or through the gateway, by two where it is much, until it arrived."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from billing.payments import selectors, services
from billing.payments.models import OnlinePayment, Refund, RefundAccount
from billing.payments.services import RefundWish
from billing.payments.services.requests import needs_two
from billing.payments.states import GIVEN_BACK, RefundState, RefundWay
from parties.accounts.models import Account
from parties.authority.selectors import local_day
from parties.people.states import StaffData
from terms.calendar import in_words
from terms.facts import Action
from terms.money import in_dollars

from .base import AddStepAdmin, StepsAdmin
from .giving import REFUSALS, DecidedAdmin, PreviewedForm, may_give
from .unpaid_forms import NoForm

BY_HAND, BY_FILE = "by_hand", "by_file"


class WayForm(forms.Form):
    """How the money goes back."""

    to = forms.ChoiceField(label="How it goes back", widget=forms.RadioSelect)

    def __init__(
        self,
        *args: Any,
        found: list[tuple[OnlinePayment, Decimal]],
        given: RefundAccount | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.payments = {str(row.pk): row for row, _ in found}
        self.given = given
        by_file = [(BY_FILE, _offered_account(given))] if given else []
        self.fields["to"].choices = [
            *((str(row.pk), _offered(row, left)) for row, left in found),
            *by_file,
            (BY_HAND, "By hand: somebody pays it at our bank"),
        ]
        self.fields["to"].initial = next(iter(self.payments), BY_FILE if given else BY_HAND)

    @property
    def of(self) -> OnlinePayment | None:
        """The payment whose gateway gives it back; None: it is paid by hand."""
        return self.payments.get(self.cleaned_data["to"])

    @property
    def account(self) -> RefundAccount | None:
        """The customer's bank account that a file pays it to; None: another way."""
        return self.given if self.cleaned_data["to"] == BY_FILE else None


class RefundForm(WayForm, PreviewedForm):
    """How much of the credit goes back, how and why. `key` makes the form, sent twice, one."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    field_order = ("amount", "to", "reason")


class ReturnedForm(forms.Form):
    """Why money that was paid by hand did not arrive."""

    why = forms.CharField(
        label="What the bank says",
        min_length=5,
        max_length=200,
        help_text="The customer reads it, for instance: the account is closed.",
    )


@admin.register(Refund)
class RefundAdmin(DecidedAdmin, StepsAdmin, AddStepAdmin):
    """Credit paid back: waits for another person, is on its way, arrived or did not."""

    provider_path = "account__customer__provider"
    account_path = "account"
    list_display = (
        *("asked_at", "account", "dollars", "state", "way", "asked_by", "decided_by", "why"),
    )
    list_filter = (
        "state",
        "way",
        ("file", admin.EmptyFieldListFilter),
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
    search_fields = ("account__number", "account__customer__name", "money")
    date_hierarchy = "asked_at"
    list_select_related = ("account__customer", "file")
    guarded = {StaffData.BANK: ("to",)}
    fields = (
        *("account", "dollars", "reason", "way", "of", "to", "file", "state", "asked_at"),
        "asked_by",
        *("decided_at", "decided_by", "money", "ended_at", "why", "problem"),
    )
    readonly_fields = ("dollars",)
    waiting = RefundState.ASKED
    add_title = "Pay credit back"
    action = Action.PAY_BILL
    steps = {
        "again": "Pay it another way",
        "keep": "Leave it as credit",
        "returned": "Our bank sent it back",
    }

    @admin.display(description="amount", ordering="amount")
    def dollars(self, row: Refund) -> str:
        return in_dollars(row.amount)

    def take(self, row: Any, approve: bool, request: HttpRequest) -> Any:
        return services.decide_refund(refund=row, approve=approve, by=request.user, at=request.at)

    def steps_now(self, request: HttpRequest, row: Refund) -> list[str]:
        if not may_give(request):
            return []
        if row.state == RefundState.FAILED:
            return ["again", "keep"]
        by_us = row.way == RefundWay.BY_HAND and row.state == RefundState.PAID
        by_file = row.is_sent and row.state in GIVEN_BACK
        return ["returned"] if by_us or by_file else []

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Pay credit back, after a look at what that would do."""
        credit = selectors.free_credit(account)
        form = RefundForm(
            request.POST or None,
            found=selectors.refundable(account),
            given=_given(account),
            initial={"key": uuid4()},
        )
        preview, action = "", "Show what it would do"
        if form.is_valid():
            given = form.cleaned_data
            wish = RefundWish(
                amount=given["amount"],
                reason=given["reason"],
                of=form.of,
                to=form.account,
                key=given["key"],
            )
            if form.is_previewed():
                try:
                    row = services.ask_refund(
                        account=account, wish=wish, by=request.user, at=request.at
                    )
                except REFUSALS as refusal:
                    form.add_error(None, str(refusal))
                else:
                    messages.success(request, f"{row.get_state_display()}.")
                    return redirect("admin:billing_refund_change", row.pk)
            else:
                form.show()
                action = "Do it"
                preview = _preview(request, account, wish, credit)
        return self.step(
            request,
            form,
            title=self.add_title,
            action=action,
            about=account,
            notes=preview,
            intro=f"Credit that nobody waits for: {in_dollars(credit)}.",
            back=reverse("admin:parties_account_change", args=[account.pk]),
        )

    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Pay another way what did not arrive."""
        row = self.row_for_step(request, pk, "again", Action.PAY_BILL)
        form = WayForm(
            request.POST or None,
            found=selectors.refundable(row.account),
            given=_given(row.account),
        )
        return self._take_step(
            request,
            row,
            form,
            lambda: services.ask_again(
                refund=row, of=form.of, to=form.account, by=request.user, at=request.at
            ),
            title="Pay it another way",
            action="Pay it",
            intro=f"{in_dollars(row.amount)} is credit again, kept for this: no bill takes it. "
            "Above what one person may give it waits for another.",
        )

    def keep(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Leave what did not arrive as credit."""
        row = self.row_for_step(request, pk, "keep", Action.PAY_BILL)
        return self._take_step(
            request,
            row,
            NoForm(request.POST or None),
            lambda: services.keep_as_credit(refund=row, by=request.user, at=request.at),
            title="Leave it as credit",
            action="Leave it",
            intro=f"{in_dollars(row.amount)} becomes credit like any other: it pays what is open, "
            "and the next bills. Agree on it with the customer first: it is their money.",
        )

    def returned(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that money that was paid by hand came back."""
        row = self.row_for_step(request, pk, "returned", Action.PAY_BILL)
        form = ReturnedForm(request.POST or None)
        return self._take_step(
            request,
            row,
            form,
            lambda: services.note_failure(
                refund=row, why=form.cleaned_data["why"], by=request.user, at=request.at
            ),
            title="Our bank sent it back",
            action="Note it",
            intro=f"{in_dollars(row.amount)} is credit again, the customer is told, and the "
            "refund waits for another way.",
        )

    def _take_step(
        self,
        request: HttpRequest,
        row: Refund,
        form: forms.Form,
        take: Callable[[], Refund],
        **words: str,
    ) -> HttpResponse:
        """Take a step about a refund, or show its form with what it does."""
        page = reverse("admin:billing_refund_change", args=[row.pk])
        if form.is_valid():
            try:
                done = take()
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"{done.get_state_display()}.")
                return redirect(page)
        return self.step(request, form, about=row, notes=row.why, back=page, **words)


def _offered(row: OnlinePayment, left: Decimal) -> str:
    return (
        f"Back to what {row.reference} was paid with ({row.get_method_display().lower()}, "
        f"{in_words(local_day(row.account, row.started_at))}): up to {in_dollars(left)}"
    )


def _given(account: Account) -> RefundAccount | None:
    """The bank account that a file can pay; None where none was given or no file can be made."""
    draws = account.customer.provider.draws_debits
    return selectors.refund_account_of(account) if draws else None


def _offered_account(row: RefundAccount) -> str:
    return (
        f"By a file for our bank, to the account ending {row.number_end} that {row.given_by} gave "
        f"on {in_words(local_day(row.account, row.given_at))}"
    )


def _preview(request: HttpRequest, account: Account, wish: RefundWish, credit: Decimal) -> str:
    """What would happen, in words."""
    words = f"{in_dollars(credit - wish.amount)} of credit is left."
    if needs_two(account, wish.amount, request.user):
        return f"{words} It is above what one person may give: it waits for another."
    if wish.of is not None:
        return f"{words} The gateway is asked within minutes, and says when it arrived."
    if wish.to is not None:
        return f"{words} It goes with the next file of refunds: make it under “Refund files”."
    return f"{words} It counts as paid at once: pay it at our bank now."
