"""Moves of services: taken down for a caller, quoted with a preview, carried out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from contracts.locations.selectors import running_services
from contracts.moving import selectors as moving
from contracts.moving import services
from contracts.moving.models import Relocation
from contracts.moving.selectors import MovePrice
from contracts.moving.services import MoveRefused
from contracts.moving.states import MOVE, MoveAct, MoveState
from contracts.supply.models import Service
from contracts.supply.services import SupplyRefused
from parties.accounts.models import Account
from parties.authority.selectors import NotAuthorised, local_day, staff_may
from parties.desk import selectors as desk
from parties.people.states import StaffData
from portal.composition.address_forms import MoveForm
from portal.web.fields import DayField, DollarsField
from terms.calendar import in_words
from terms.facts import Action
from terms.lifecycle import IllegalStep
from terms.money import ZERO, gst_on, in_dollars, to_cents

from .base import AddStepAdmin, StepsAdmin
from .refusal_form import RefusalForm
from .seen_form import SeenForm

REFUSALS = (MoveRefused, SupplyRefused, IllegalStep, NotAuthorised)


class HeardMoveForm(MoveForm):
    """What somebody told staff of a move."""

    caller = forms.CharField(label="Who asked us", max_length=120, help_text="It is kept.")
    service = forms.ChoiceField(label="Which service is to move?", widget=forms.RadioSelect)
    field_order = ("caller", "service", "street", "suburb", "state", "postcode", "move_on")

    def __init__(self, *args: Any, offered: list[Service], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {str(one.public_id): one for one in offered}
        self.fields["service"].choices = [(key, str(one)) for key, one in self.offered.items()]

    @property
    def chosen(self) -> Service:
        """The service that is to move."""
        return self.offered[self.cleaned_data["service"]]


class QuoteForm(SeenForm):
    """What a move costs, and what that is for."""

    amount_ex = DollarsField(label="Quote, before GST", nil=True)
    quoted_for = forms.CharField(
        label="What it is for, as the customer reads it", min_length=5, max_length=300
    )


class DoneForm(forms.Form):
    """When it was carried out."""

    done_on = DayField(label="Moved on")


@admin.register(Relocation)
class RelocationAdmin(StepsAdmin, AddStepAdmin):
    """Each move, and the step that comes next; adding one takes it down for a caller."""

    provider_path = "service__contract__account__customer__provider"
    reference = "reference"
    guarded = {StaffData.CONTACT: ("street", "suburb", "region", "postcode")}
    list_display = ("reference", "account", "service", "state", "move_on", "price", "asked_at")
    list_filter = ("state", "service__plan__kind", provider_path)
    search_fields = ("reference", "service__identifier", "service__contract__account__number")
    list_select_related = ("service__contract__account__customer",)
    date_hierarchy = "asked_at"
    fields = (
        *("reference", "service", "street", "suburb", "region", "postcode", "move_on", "said"),
        *("state", "asked_at", "asked_by", "caller", "price", "quoted_for", "quoted_at"),
        *("quoted_by", "agreed_at", "agreed_by", "done_on", "ended_at", "ended_why"),
    )
    readonly_fields = ("price",)
    steps = {
        "quote": "It is possible: quote it",
        "refuse": "It is not possible",
        "finish": "It is moved",
        "cancel": "Cancel it",
    }
    add_title = "Write down a move"
    action = asked_of = Action.CHANGE_DETAILS

    @admin.display(description="account", ordering="service__contract__account__number")
    def account(self, row: Relocation) -> str:
        return row.service.contract.account.number

    @admin.display(description="quote, inc GST", ordering="quote_inc")
    def price(self, row: Relocation) -> str:
        return "–" if row.quote_inc is None else in_dollars(row.quote_inc)

    def steps_now(self, request: HttpRequest, row: Relocation) -> list[str]:
        if not staff_may(request.user, Action.OPEN_SERVICE).allowed:
            return []
        acts = MOVE.acts(MoveState(row.state))
        return [slug for slug in self.steps if MoveAct(slug) in acts]

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Take down a move for whoever is calling."""
        call = desk.open_call(request.user, request.at, account)
        form = HeardMoveForm(
            request.POST or None,
            offered=running_services(account),
            initial={"caller": call.caller if call else "", "state": account.state},
        )
        if form.is_valid():
            wish = form.wish(form.cleaned_data["caller"])
            try:
                row = services.ask_move(
                    service=form.chosen, wish=wish, by=request.user, at=request.at
                )
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"Noted, as {row.reference}: tell it to them.")
                return redirect("admin:contracts_relocation_change", row.pk)
        return self.step(
            request,
            form,
            title=self.add_title,
            action="Note it",
            about=account,
            intro="Nothing is done or charged before they agreed to a quote in the portal.",
            back=reverse("admin:parties_account_change", args=[account.pk]),
        )

    def quote(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Quote it, after a look at what the customer reads."""
        row = self._row(request, pk, "quote")
        price = _price(row, request)
        form = QuoteForm(request.POST or None)
        notes, action = _allowed(price, row), "Show what they read"
        if form.is_valid():
            given = {name: form.cleaned_data[name] for name in ("amount_ex", "quoted_for")}
            if form.is_previewed():
                try:
                    services.quote_move(move=row, by=request.user, at=request.at, **given)
                except REFUSALS as refusal:
                    form.add_error(None, str(refusal))
                else:
                    messages.success(request, "Quoted; they are told.")
                    return redirect("admin:contracts_relocation_change", pk)
            elif not price.allows(given["amount_ex"]):
                form.add_error("amount_ex", notes)
            else:
                gst = to_cents(gst_on(given["amount_ex"]))
                notes = (
                    f"They read: {in_dollars(given['amount_ex'] + gst)}, {in_dollars(gst)} of it "
                    f"GST. Nothing is charged before they agree and it is done. {notes}"
                )
                form.show()
                action = "Quote it, and tell them"
        return self._page(request, row, form, "quote", action, notes, price.because)

    def refuse(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say that it is not possible; that alone costs them nothing."""
        return self._take(request, pk, "refuse", RefusalForm, services.refuse_move)

    def finish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that it was carried out: it is charged, and addresses are asked about."""
        return self._take(request, pk, "finish", DoneForm, services.finish_move)

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give it up; nothing is charged."""
        return self._take(request, pk, "cancel", RefusalForm, services.cancel_move)

    def _take(
        self,
        request: HttpRequest,
        pk: int,
        slug: str,
        form_class: type[forms.Form],
        act: Callable[..., Any],
    ) -> HttpResponse:
        row = self._row(request, pk, slug)
        today = local_day(row.service.contract.account, request.at)
        notes = NOTES.get(slug, "")
        if slug == "finish" and row.quote_inc:
            notes = (
                f"{in_dollars(row.quote_inc)} stands on their next bill, and where phones at the "
                "old address are used now is asked."
            )
        return self.take_step(
            request,
            row,
            slug,
            form_class(request.POST or None, initial={"done_on": today}),
            partial(act, move=row),
            refusals=REFUSALS,
            done="Done; they are told.",
            back_to_row=True,
            about=_about(row),
            notes=notes,
            because=row.because,
            intro=row.said,
        )

    def _row(self, request: HttpRequest, pk: int, slug: str) -> Relocation:
        row: Relocation = self.row_for_step(request, pk, slug, Action.OPEN_SERVICE)
        return row

    def _page(
        self,
        request: HttpRequest,
        row: Relocation,
        form: Any,
        slug: str,
        action: str,
        notes: str,
        because: Any,
    ) -> HttpResponse:
        return self.step(
            request,
            form,
            title=self.steps[slug],
            action=action,
            about=_about(row),
            notes=notes,
            because=because,
            intro=row.said,
            back=reverse("admin:contracts_relocation_change", args=[row.pk]),
        )


def _about(row: Relocation) -> str:
    return f"{row.reference}: {row.service}, to {row.line}"


NOTES = {
    "refuse": "They owe nothing for that. What ending the service would cost stands on its page.",
    "cancel": "Nothing is charged for it.",
}


def _price(row: Relocation, request: HttpRequest) -> MovePrice:
    on = local_day(row.service.contract.account, request.at)
    return moving.move_price(row.service, move_on=row.move_on, on=on)


def _allowed(price: MovePrice, row: Relocation) -> str:
    """What the terms let a quote be, in words."""
    if not price.is_printed:
        return "The terms print no price for it: quote what it costs. Both have to agree."
    low, high = in_dollars(price.low_ex or ZERO), in_dollars(price.high_ex or ZERO)
    day = in_words(row.move_on)
    return f"For a move on {day} the terms allow {low} to {high} before GST, or 0.00."
