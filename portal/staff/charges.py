"""Charges and discounts that staff put on the next bill, with what terms or agreement give."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from billing.charging import services
from billing.charging.models import ChargeRequest
from billing.charging.selectors.prices import NotPriced, Priced, price_of
from billing.charging.services import ChargeRefused
from billing.charging.states import ChargeState, ChargeWhat
from parties.accounts.models import Account
from parties.accounts.selectors import needs_second_person
from parties.authority.selectors import local_day
from terms.facts import Action
from terms.money import in_dollars

from .base import AddStepAdmin
from .charges_forms import FORMS, WhatForm
from .giving import DecidedAdmin

ABOVE = " It is above what one person may decide: it waits for another."


@admin.register(ChargeRequest)
class ChargeRequestAdmin(DecidedAdmin, AddStepAdmin):
    """What staff put on bills or take off them; what is much waits for another person."""

    provider_path = "account__customer__provider"
    account_path = "account"
    list_display = ("description", "account", "what", "dollars", "starts_on", "state", "asked_by")
    list_filter = ("state", "what", "account__customer__provider")
    search_fields = ("description", "account__number", "account__customer__name")
    date_hierarchy = "asked_at"
    list_select_related = ("account__customer", "asked_by")
    exclude = ("because", "kind", "amount")
    readonly_fields = ("dollars",)
    waiting = ChargeState.ASKED
    refusals = (ChargeRefused, NotPriced)
    add_title = "Put something on the next bill, or take it off"
    action = Action.PAY_BILL

    @admin.display(description="amount", ordering="amount")
    def dollars(self, row: ChargeRequest) -> str:
        off = row.what in (ChargeWhat.OFF, ChargeWhat.DISCOUNT)
        return f"{'−' if off else ''}{in_dollars(row.amount)}"

    def take(self, row: Any, approve: bool, request: HttpRequest) -> Any:
        return services.decide_charge(request=row, approve=approve, by=request.user, at=request.at)

    def reasons(self, row: Any) -> Any:
        return row.because

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Ask what it is, show what it would cost and by which clause, then note it."""
        given = request.GET.get("what", "")
        if given not in ChargeWhat.values:
            return self._ask_what(request, account)
        what = ChargeWhat(given)
        form = FORMS[what](request.POST or None, account=account)
        notes, action = "", "Show what it would do"
        because: Any = []
        if form.is_valid():
            try:
                if form.is_previewed():
                    row = _do(form, account, request)
                    messages.success(request, f"{row.get_state_display()}: {row.description}.")
                    return redirect("admin:billing_chargerequest_change", row.pk)
                notes, because = _preview(form, account, request)
                form.show()
                action = "Do it"
            except NotPriced as refusal:
                form.add_error(None, str(refusal))
                because = refusal.because
            except self.refusals as refusal:
                form.add_error(None, str(refusal))
        return self.step(
            request,
            form,
            title=what.label,
            action=action,
            about=account,
            notes=notes,
            intro="It stands on the next bill, with its clause.",
            because=because,
            back=reverse("admin:parties_account_change", args=[account.pk]),
        )

    def _ask_what(self, request: HttpRequest, account: Account) -> HttpResponse:
        form = WhatForm(request.POST or None)
        if form.is_valid():
            query = {"account": account.number, "what": form.cleaned_data["what"]}
            return redirect(f"{request.path}?{urlencode(query)}")
        return self.step(
            request,
            form,
            title=self.add_title,
            action="Next",
            about=account,
            back=reverse("admin:parties_account_change", args=[account.pk]),
        )


def _do(form: Any, account: Account, request: HttpRequest) -> ChargeRequest:
    """Note what the form says. Raises NotPriced, ChargeRefused."""
    given = form.cleaned_data
    who = {"reason": given["reason"], "by": request.user, "at": request.at}
    if "percent" in given:
        return services.ask_discount(
            service=given["service"],
            percent=given["percent"],
            starts_on=given["starts_on"],
            ends_on=given["ends_on"],
            label=given["label"],
            **who,
        )
    return services.ask_charge(
        account=account,
        wanted=form.wanted(),
        incurred_on=given["on"],
        service=given["service"],
        **who,
    )


def _preview(form: Any, account: Account, request: HttpRequest) -> tuple[str, Any]:
    """What the bill would say, and by which clauses. Raises NotPriced, ChargeRefused."""
    given = form.cleaned_data
    if "percent" in given:
        worth = services.discount_worth(
            given["service"],
            percent=given["percent"],
            starts_on=given["starts_on"],
            ends_on=given["ends_on"],
        )
        words = (
            f"{given['service']}: {given['percent'].normalize():f} % of its fee is taken off from "
            f"{given['starts_on']:%-d %b %Y} to {given['ends_on']:%-d %b %Y}, about "
            f"{in_dollars(worth)} together, GST included."
        )
        because: Any = []
    else:
        on = local_day(account, request.at)
        priced = price_of(account, form.wanted(), incurred_on=given["on"], on=on)
        words, because, worth = _said(priced), priced.because, priced.amount
    if needs_second_person(account.customer.provider, worth):
        words += ABOVE
    return words, because


def _said(priced: Priced) -> str:
    gst = "GST included" if priced.gst == "taxable" else "no GST"
    if priced.kind == "discount":
        return f"“{priced.description}” takes {in_dollars(priced.amount)} off, {gst}."
    return f"“{priced.description}” costs {in_dollars(priced.amount)}, {gst}."
