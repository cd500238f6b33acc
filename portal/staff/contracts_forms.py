from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from contracts.agreements.services import Paper
from contracts.catalogue.models import Plan
from contracts.supply.services import Named
from portal.web.fields import DayField


class DecideForm(forms.Form):
    """Whether the provider agrees to a plan change, and why not."""

    agree = forms.TypedChoiceField(
        label="Do we agree?",
        choices=[("yes", "Yes"), ("no", "No")],
        coerce=lambda word: word == "yes",
        widget=forms.RadioSelect,
    )
    why = forms.CharField(
        label="What to tell the customer",
        max_length=300,
        required=False,
        help_text="Needed for a no.",
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("agree") is False and not given.get("why"):
            self.add_error("why", "A refusal gives its reason.")
        return given


class PaperForm(forms.Form):
    """A contract as its paper has it."""

    reference = forms.CharField(label="Reference", max_length=20)
    agreed_in = forms.CharField(
        label="The paper", max_length=100, help_text="Its number, or who signed it on which day."
    )
    version = forms.ChoiceField(label="Version of the terms it was signed under")
    started_on = DayField(label="Since which day")
    minimum_months = forms.IntegerField(
        label="Minimum term in months",
        required=False,
        min_value=1,
        max_value=120,
        help_text="Empty: the paper leaves it open, and the terms say what follows.",
    )
    price_fixed_until = DayField(
        label="Price fixed until",
        required=False,
        help_text="Only where the paper promises a price until a day.",
    )
    why = forms.CharField(label="Why", max_length=200, help_text="Who brought it. It is kept.")

    def __init__(self, *args: Any, versions: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version = self.fields["version"]
        if isinstance(version, forms.ChoiceField):
            version.choices = [(one, one) for one in versions]

    @property
    def paper(self) -> Paper:
        """What was entered, as the service takes it."""
        names = Paper.__dataclass_fields__
        return Paper(**{name: self.cleaned_data[name] for name in names})


class NamedForm(forms.Form):
    """A service that a contract on record is about."""

    label = forms.CharField(
        label="What it is", max_length=80, help_text="As the customer reads it."
    )
    plan = forms.ModelChoiceField(label="Plan", queryset=Plan.objects.none())
    identifier = forms.CharField(label="Number, link or host name", max_length=40)
    quantity = forms.IntegerField(label="How many", initial=1, min_value=1, max_value=10_000)
    why = forms.CharField(label="Why", max_length=200, help_text="It is kept.")

    def __init__(self, *args: Any, plans: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plan = self.fields["plan"]
        if isinstance(plan, forms.ModelChoiceField):
            plan.queryset = plans

    @property
    def named(self) -> Named:
        """What was entered, as the service takes it."""
        names = Named.__dataclass_fields__
        return Named(**{name: self.cleaned_data[name] for name in names})
