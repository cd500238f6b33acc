"""What staff say of the price list."""

from __future__ import annotations

from typing import Any

from django import forms

from contracts.catalogue.services import Offer
from contracts.catalogue.states import ServiceKind
from parties.accounts.models import Provider
from portal.web.fields import DayField, DollarsField

PERIODS = [(1, "Each month"), (3, "For 3 months"), (6, "For 6 months"), (12, "For a year")]


class ListForm(forms.Form):
    """From which day the list says something else, and why."""

    on = DayField(label="From which day", help_text="The first day on which new orders see it.")
    why = forms.CharField(
        label="Why",
        min_length=5,
        max_length=300,
        help_text="What it rests on: a supplier's letter, a decision. It is kept.",
    )


class PriceForm(ListForm):
    """What new orders pay from a day on."""

    monthly_fee = DollarsField(
        label="Price of each a month",
        nil=True,
        help_text="In dollars, in the GST basis of the price list: 84.95",
    )
    field_order: tuple[str, ...] = ("monthly_fee", "on", "why")


class PlanForm(PriceForm):
    """A plan that was not offered before."""

    provider = forms.ModelChoiceField(label="For which provider", queryset=Provider.objects.none())
    code = forms.SlugField(
        label="Code", max_length=40, help_text="Small letters, figures and hyphens; it stays."
    )
    name = forms.CharField(label="Name", max_length=100, help_text="As customers read it.")
    kind = forms.ChoiceField(label="What it is", choices=ServiceKind.choices)
    call_rate = DollarsField(
        label="Calls per minute, without GST",
        required=False,
        nil=True,
        help_text="Empty where no calls are charged by the minute.",
    )
    minimum_months = forms.IntegerField(
        label="Minimum term in months",
        required=False,
        min_value=1,
        max_value=120,
        help_text="Empty for month to month.",
    )
    every_months = forms.TypedChoiceField(label="Billed", choices=PERIODS, coerce=int, initial=1)
    includes = forms.CharField(label="What it includes", max_length=200, required=False)
    field_order = (
        *("provider", "code", "name", "kind", "monthly_fee", "call_rate", "minimum_months"),
        *("every_months", "includes", "on", "why"),
    )

    def __init__(self, *args: Any, providers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].queryset = providers

    @property
    def facts(self) -> dict[str, Any]:
        """What was entered, as the service takes it."""
        given = dict(self.cleaned_data)
        kept = {name: given.pop(name) for name in ("provider", "on", "why")}
        return {**kept, "offer": Offer(**given | {"kind": ServiceKind(given["kind"])})}


class DecideForm(forms.Form):
    """Yes or no to what somebody else entered."""

    approve = forms.TypedChoiceField(
        label="Decision",
        choices=[("yes", "Agree: it comes into the list on its day"), ("no", "Refuse")],
        widget=forms.RadioSelect,
        coerce=lambda given: given == "yes",
        empty_value=None,
    )
    why = forms.CharField(
        label="Why", max_length=300, required=False, help_text="Needed for a no."
    )


class DropForm(forms.Form):
    """Why it does not come after all."""

    why = forms.CharField(label="Why", min_length=5, max_length=300, help_text="It is kept.")


class DayForm(forms.Form):
    """Whose list, and of which day."""

    provider = forms.ModelChoiceField(
        label="Of which provider", queryset=Provider.objects.none(), empty_label=None
    )
    on = DayField(label="On which day", required=False, help_text="Empty: today.")

    def __init__(self, *args: Any, providers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].queryset = providers
