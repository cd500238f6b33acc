"""A customer leaves without a fee because of a change, as staff take it down."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from billing.invoices.selectors import usage_not_billed
from contracts.leaving import selectors as leaving
from contracts.leaving.selectors import WayOut
from contracts.leaving.services import LeavingRefused, walk_away
from contracts.leaving.states import NoticeForm
from contracts.supply.models import Service
from contracts.variations.models import PriceChange, TermsChange
from terms.calendar import in_words
from terms.money import in_dollars

from .leaving_forms import CustomersNoticeForm


class WalkAwayForm(CustomersNoticeForm):
    """Because of which change somebody leaves, and the day and the sum that were shown."""

    change = forms.ChoiceField(label="Because of", widget=forms.RadioSelect)
    shown_on = forms.DateField(required=False, widget=forms.HiddenInput)
    shown_cost = forms.DecimalField(required=False, widget=forms.HiddenInput)

    field_order = ("change", "form", "received_on", "asked_on", "said")

    def __init__(
        self, *args: Any, changes: dict[str, PriceChange | TermsChange], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["change"].choices = [(key, _label(one)) for key, one in changes.items()]
        self.fields["received_on"].help_text = "It has to lie inside the days to leave."
        self.fields["asked_on"].help_text = "Empty: the day on which it reached us."


class WalkAwaySteps:
    """Adds leaving because of a change to a service's own page."""

    admin_site: Any
    _step: Any
    _to_end: Any

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.walk_away)
        name = "contracts_service_walk_away_step"
        return [path("<int:pk>/walk-away/", view, name=name), *super().get_urls()]

    def walk_away(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say because of which change: the day and the sum are shown first, then confirmed."""
        row, today = self._to_end(request, pk)
        changes = {str(one.public_id): one for one in leaving.ways_out_of(row)}
        if not changes:
            raise Http404
        asked = {"changes": changes, "today": today}
        form = WalkAwayForm(request.POST or None, **asked, initial={"received_on": today})
        title, action = "Leaves because of a change", "Show the day and the cost"
        found: WayOut | None = None
        if form.is_valid():
            given = form.cleaned_data
            found = _found(row, changes[given["change"]], given, today)
            shown = (given["shown_on"], given["shown_cost"])
            if found.refusal:
                form.add_error(None, found.refusal)
            elif shown == (found.ends_on, found.total):
                try:
                    return self._confirmed(request, found, given)
                except LeavingRefused as refusal:
                    form.add_error(None, str(refusal))
            else:
                seen = {"shown_on": found.ends_on, "shown_cost": found.total}
                form = WalkAwayForm(request.POST.dict() | seen, **asked)
                action = f"Confirm: it ends on {in_words(found.ends_on)}"
        return self._step(
            request,
            row,
            form,
            title,
            action=action,
            intro=_intro(found),
            because=found.because if found else (),
        )

    def _confirmed(
        self, request: HttpRequest, found: WayOut, given: dict[str, Any]
    ) -> HttpResponse:
        notice = walk_away(
            change=found.change,
            service=found.service,
            by=request.user,
            at=request.at,
            ends_on=found.ends_on,
            usage=found.usage,
            shown=(found.ends_on, found.total),
            form=NoticeForm(given["form"]),
            received_on=given["received_on"],
            said=given["said"],
        )
        messages.success(request, f"Taken down: {notice}. The customer is told.")
        return redirect(reverse("admin:contracts_endnotice_change", args=[notice.pk]))


def _found(
    row: Service, change: PriceChange | TermsChange, given: dict[str, Any], today: date
) -> WayOut:
    received: date = given["received_on"]
    return leaving.way_out(
        change,
        service=row,
        today=received,
        ends_on=given["asked_on"] or received,
        usage=usage_not_billed(row.contract.account, row.pk, on=today),
    )


def _label(change: PriceChange | TermsChange) -> str:
    until = f"leaving is free until {in_words(change.way_out_until)}"
    if isinstance(change, PriceChange):
        return f"Its new price of {in_dollars(change.monthly_after)} a month: {until}"
    return f"New terms of its contract ({change.variation.version}): {until}"


def _intro(found: WayOut | None) -> str:
    if found is None or found.refusal:
        return "Nothing happens yet: first you see the day, what is still paid, and the clause."
    at_least = "" if found.cost.is_known else "at least "
    return (
        f"It ends on {in_words(found.ends_on)}, without a fee for leaving. Still paid: {at_least}"
        f"{in_dollars(found.total)} inc GST, instead of {in_dollars(found.otherwise.total)}. "
        "Say so to the customer, then confirm."
    )
