"""The step that gives what the law's guarantee owes for a fault (RF-CSG-01)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from contracts.requests import selectors as requests
from contracts.requests import services
from contracts.requests.models import Fault
from contracts.requests.services import Delay, GuaranteeRefused, Late
from contracts.supply.services import SupplyRefused
from parties.authority.selectors import NotAuthorised
from portal.web.fields import DayField
from terms.money import in_dollars

from .base import StepsAdmin
from .giving import may_give
from .seen_form import SeenForm

REFUSALS = (GuaranteeRefused, SupplyRefused, NotAuthorised)


class GuaranteeForm(SeenForm):
    """What came late, by how much, and whether the customer gave the guarantee up."""

    delay = forms.ChoiceField(
        label="What came late",
        choices=[(Delay.REPAIR, "The repair"), (Delay.APPOINTMENT, "Nobody kept an appointment")],
        widget=forms.RadioSelect,
    )
    working_days = forms.IntegerField(
        label="Working days late",
        min_value=0,
        max_value=999,
        required=False,
        help_text="Of a repair: those beyond the time that the law allows where the line lies. "
        "That time is not worked out here.",
    )
    missed_on = DayField(label="Day of the appointment", required=False)
    waived_in = forms.CharField(
        label="Paper by which they gave the guarantee up",
        max_length=120,
        required=False,
        help_text="Empty: they did not, and it is theirs. Name only a paper that you have seen.",
    )

    def late(self) -> Late:
        """What was entered, as the guarantee takes it."""
        given = self.cleaned_data
        return Late(
            delay=Delay(given["delay"]),
            working_days=given["working_days"] or 0,
            missed_on=given["missed_on"],
            waived_in=given["waived_in"],
        )


class GuaranteeSteps(StepsAdmin):
    """Adds the step to a fault's own page, for those who give money back."""

    def get_urls(self) -> list[Any]:
        step = self.admin_site.admin_view(self.guarantee)
        name = "contracts_fault_guarantee_step"
        return [path("<int:pk>/guarantee/", step, name=name), *super().get_urls()]

    def step_links(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        links = super().step_links(request, row)
        if may_give(request) and requests.is_voice(row.service):
            address = reverse("admin:contracts_fault_guarantee_step", args=[row.pk])
            links.append(("Customer Service Guarantee", address))
        return links

    def guarantee(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give what the guarantee owes, after a look at what that is."""
        if not may_give(request):
            raise PermissionDenied
        row: Fault | None = self.get_object(request, str(pk))
        if row is None or not requests.is_voice(row.service):
            raise Http404
        form = GuaranteeForm(request.POST or None)
        notes, action = _given(row), "Show what is owed"
        because: list[dict[str, Any]] = []
        page = reverse("admin:contracts_fault_change", args=[pk])
        if form.is_valid():
            try:
                if form.is_previewed():
                    services.give_guarantee(
                        fault=row, late=form.late(), by=request.user, at=request.at
                    )
                    messages.success(request, "It comes off the next bill; they are told.")
                    return redirect(page)
                owed = services.preview_guarantee(fault=row, late=form.late(), at=request.at)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
                because = getattr(refusal, "because", [])
            else:
                because = owed.because
                if owed.amount:
                    notes = f"{in_dollars(owed.amount)} comes off the next bill, free of GST."
                    action = "Give it, and tell them"
                    form.show()
                else:
                    notes = "The guarantee brings nothing here: see why."
        return self.step(
            request,
            form,
            title="Customer Service Guarantee",
            action=action,
            about=row,
            notes=notes,
            because=because,
            intro="Owed by law for fixed voice of up to five lines, unless it was given up.",
            back=page,
        )


def _given(row: Fault) -> str:
    """What was given before, in words."""
    known = requests.guarantee_given(row)
    return "Given already: " + "; ".join(one.description for one in known) if known else ""
