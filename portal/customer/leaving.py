"""What it would cost to leave on a day: one service, or all that the account has."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from contracts.leaving import selectors as leaving
from contracts.leaving.selectors import Leaving
from portal.web.guards import AccountPage
from terms.calendar import in_words, months_on
from terms.facts import Action

from .appointing_forms import DateInput
from .services import ServicePage

FURTHEST_MONTHS = 120


class LeaveOnForm(forms.Form):
    """The last day that somebody has in mind; empty for the earliest."""

    on = forms.DateField(
        label="Last day of service",
        widget=DateInput(),
        required=False,
        help_text="Leave it empty for the earliest day.",
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_on(self) -> date | None:
        day: date | None = self.cleaned_data["on"]
        if day is None:
            return None
        if day < self.today:
            raise forms.ValidationError(f"Give today, {in_words(self.today)}, or a later day.")
        furthest = months_on(self.today, FURTHEST_MONTHS)
        if day > furthest:
            raise forms.ValidationError(f"Give a day up to {in_words(furthest)}.")
        return day


class AsksDay(AccountPage):
    """A page that works out what a day in its address would mean."""

    @cached_property
    def form(self) -> LeaveOnForm:
        return LeaveOnForm(self.request.GET or None, today=self.today)

    @property
    def asked_on(self) -> date | None:
        """The day asked for, where it is one that can be asked for."""
        return self.form.cleaned_data["on"] if self.form.is_valid() else None


class LeavingAll(AsksDay, TemplateView):
    """What leaving with everything would cost."""

    action = Action.VIEW_BILLS
    template_name = "customer/services/leaving_all.html"
    section = "services"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = [
            one
            for one in leaving.leaving_all(self.account, today=self.today, asked_on=self.asked_on)
            if self.allows(self.action, str(one.service.public_id))
        ]
        return super().get_context_data(
            form=self.form, found=found, all=leaving.together(found), **kwargs
        )


class ServiceLeaving(ServicePage, AsksDay, TemplateView):
    """What leaving with one service would cost, by notice or by moving to another provider."""

    action = Action.VIEW_BILLS
    template_name = "customer/services/leaving.html"

    @cached_property
    def found(self) -> Leaving:
        return leaving.leaving_of(self.service, today=self.today, asked_on=self.asked_on)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            form=self.form,
            service=self.service,
            one=self.found,
            porting=leaving.porting_of(
                self.service, on=self.asked_on or self.today, today=self.today
            ),
            today=self.today,
            **kwargs,
        )
