from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms

from billing.hardship.states import LENGTHS, Every, HelpKind
from portal.web.fields import DayField, DollarsField

AHEAD = timedelta(days=184)


class KindsForm(forms.Form):
    """What would help, and for how long."""

    kinds = forms.MultipleChoiceField(
        label="What would help you?",
        help_text="Choose all that would. You can also choose nothing and just tell us.",
        choices=HelpKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    months = forms.TypedChoiceField(
        label="For about how long?",
        coerce=int,
        choices=LENGTHS,
        initial=2,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class AbilityForm(forms.Form):
    """What somebody can pay, and when; nothing is an answer too."""

    can_pay = DollarsField(
        label="What can you pay each time?",
        help_text="In dollars. Leave it empty if you can't say, or can't pay anything now.",
        required=False,
    )
    every = forms.ChoiceField(
        label="How often?",
        choices=[("", "I can't say"), *Every.choices],
        required=False,
        widget=forms.RadioSelect,
    )
    first_on = DayField(
        label="From which day?",
        help_text="The day after your pay or benefit arrives is often a good one.",
        required=False,
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first = given.get("first_on")
        if first is not None and not self.today <= first <= self.today + AHEAD:
            self.add_error("first_on", "Choose a day from today on, within half a year.")
        if given.get("can_pay") and not given.get("every"):
            self.add_error("every", "Say how often you can pay this.")
        return given


class WordsForm(forms.Form):
    """Anything else, in their words; nothing has to be proved."""

    words = forms.CharField(
        label="Is there anything that we should know?",
        help_text="Only if you want to.",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class MoreTimeForm(forms.Form):
    """Until which day somebody will pay."""

    until = DayField(label="Until which day?")


class AnswerForm(forms.Form):
    """What we asked for, or why an offer does not help."""

    text = forms.CharField(
        label="Your answer", max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )


class SignOfferForm(forms.Form):
    """Agreeing to an offer: the typed name is the signature."""

    signed_as = forms.CharField(
        label="Type your name to sign",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
