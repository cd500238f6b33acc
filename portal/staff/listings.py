"""Directory entries: taken down for a caller, in writing where terms want it, carried out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from contracts.locations import selectors as locations
from contracts.locations import services
from contracts.locations.models import ListingChange
from contracts.locations.services import ListingRefused
from contracts.locations.states import LISTING, ListingAct, ListingState
from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.authority.selectors import NotAuthorised, staff_may
from parties.desk import selectors as desk
from parties.people.states import StaffData
from parties.security.states import HighRisk
from portal.composition.listing_forms import ListingForm
from terms.calendar import Channel
from terms.facts import Action
from terms.lifecycle import IllegalStep

from .base import AddStepAdmin, StepsAdmin
from .complaints_heard import HEARD_BY
from .refusal_form import RefusalForm

REFUSALS = (ListingRefused, IllegalStep, NotAuthorised)


class HeardListingForm(ListingForm):
    """What somebody told staff of a directory entry."""

    caller = forms.CharField(label="Who asked us", max_length=120, help_text="It is kept.")
    channel = forms.ChoiceField(label="How did it come?", choices=HEARD_BY)
    service = forms.ChoiceField(label="Of which service?", widget=forms.RadioSelect)
    field_order = ("caller", "channel", "service", "wanted", "listed_as")

    def __init__(self, *args: Any, offered: list[Service], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {str(one.public_id): one for one in offered}
        self.fields["service"].choices = [(key, str(one)) for key, one in self.offered.items()]


class WrittenForm(forms.Form):
    """How it came in writing."""

    channel = forms.TypedChoiceField(
        label="How did it come?", choices=HEARD_BY, coerce=Channel, empty_value=None
    )


class DoneForm(forms.Form):
    """How it can be found again."""

    done_as = forms.CharField(
        label="Carried out as",
        max_length=80,
        min_length=2,
        help_text="The file or reference by which it can be found there.",
    )


@admin.register(ListingChange)
class ListingChangeAdmin(StepsAdmin, AddStepAdmin):
    """Each change of a directory entry, and the step that comes next."""

    provider_path = "service__contract__account__customer__provider"
    reference = "reference"
    guarded = {StaffData.CONTACT: ("listed_as",)}
    list_display = ("reference", "account", "service", "wanted", "channel", "state", "asked_at")
    list_filter = ("state", "wanted", "channel", provider_path)
    search_fields = ("reference", "service__identifier", "service__contract__account__number")
    list_select_related = ("service__contract__account__customer",)
    date_hierarchy = "asked_at"
    exclude = ("because", "authority")
    steps = {
        "write": "It came in writing",
        "do": "It is carried out",
        "refuse": "Say no",
    }
    add_title = "Write down a directory change"
    action = asked_of = Action.CHANGE_DETAILS

    @admin.display(description="account", ordering="service__contract__account__number")
    def account(self, row: ListingChange) -> str:
        return row.service.contract.account.number

    def steps_now(self, request: HttpRequest, row: ListingChange) -> list[str]:
        if not staff_may(request.user, Action.CHANGE_DETAILS).allowed:
            return []
        acts = LISTING.acts(ListingState(row.state))
        return [slug for slug in self.steps if ListingAct(slug) in acts]

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Take down a directory change for whoever is calling."""
        call = desk.open_call(request.user, request.at, account)
        running = locations.running_services(account)
        offered = [one for one in running if locations.is_listed_kind(one)]
        initial = {"caller": call.caller if call else "", "channel": Channel.PHONE}
        form = HeardListingForm(request.POST or None, offered=offered, initial=initial)
        if form.is_valid():
            given = form.cleaned_data
            try:
                row = services.ask_listing(
                    service=form.offered[given["service"]],
                    wish=form.wish(Channel(given["channel"]), given["caller"]),
                    by=request.user,
                    at=request.at,
                    proof=self.proof(request, account, HighRisk.CHANGE_DETAILS),
                )
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _said(row))
                return redirect("admin:contracts_listingchange_change", row.pk)
        return self.step(
            request,
            form,
            title=self.add_title,
            action="Note it",
            about=account,
            intro="" if offered else "Nothing on this account has a number to list.",
            back=reverse("admin:parties_account_change", args=[account.pk]),
        )

    def write(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that it came in writing."""
        return self._take(request, pk, "write", WrittenForm, services.write_listing)

    def do(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that it is carried out."""
        return self._take(request, pk, "do", DoneForm, services.do_listing)

    def refuse(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say no, with the reason."""
        return self._take(request, pk, "refuse", RefusalForm, services.end_listing)

    def _take(
        self,
        request: HttpRequest,
        pk: int,
        slug: str,
        form_class: type[forms.Form],
        act: Callable[..., Any],
    ) -> HttpResponse:
        row = self.row_for_step(request, pk, slug, Action.CHANGE_DETAILS)
        return self.take_step(
            request,
            row,
            slug,
            form_class(request.POST or None),
            partial(act, listing=row),
            refusals=REFUSALS,
            about=f"{row.reference}: {row.service}",
            notes=f"{row.get_wanted_display()}. {row.listed_as}",
            because=row.because,
        )


def _said(row: ListingChange) -> str:
    """What to tell who is calling."""
    if row.state == ListingState.TO_WRITE:
        return (
            f"Noted, as {row.reference}. Ask them to put it in writing: an email, a letter, a "
            "text message or the portal. They are told so, too."
        )
    return f"Noted, as {row.reference}: tell it to them."
