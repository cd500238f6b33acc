"""What staff enter about unpaid money and help with it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from billing.hardship.models import HelpRequest
from billing.hardship.states import LENGTHS, Every, HelpKind
from portal.web.fields import DayField, DollarsField
from terms.money import ZERO

from .seen_form import SeenForm


class NoForm(forms.Form):
    """Nothing to fill in: only to be sure."""


class TextForm(forms.Form):
    """What the customer reads."""

    text = forms.CharField(
        label="In plain words, as the customer reads it",
        min_length=10,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 80}),
    )


class AskMoreForm(TextForm):
    """What the customer is asked for, and whether it is a paper that proves something."""

    proof = forms.BooleanField(
        label="It is proof: a paper that shows that what they told is so",
        required=False,
        help_text="Only where the clauses below give a right to ask for one.",
    )


class NoticeForm(forms.Form):
    """Until when to pay, where the terms leave it to the notice."""

    pay_by = DayField(
        label="Last day to pay",
        required=False,
        help_text="Empty: the day before the earliest one that terms and law allow.",
    )
    by_post = forms.BooleanField(
        label="As a letter by post",
        required=False,
        help_text="It counts from the day on which the terms deem a letter received. Without a "
        "tick it goes by email, or by post where the customer asked for that.",
    )


class CollectorForm(forms.Form):
    """Who collects."""

    to_whom = forms.CharField(
        label="To whom", min_length=2, max_length=100, help_text="As the customer reads it."
    )


class ListingForm(CollectorForm):
    """To which body a default is reported, and that it is not too old."""

    young_enough = forms.BooleanField(
        label="I checked that the debt is not statute-barred in this state"
    )


class HowForm(forms.Form):
    """How somebody outside was told."""

    how = forms.CharField(
        label="How they were told", min_length=3, max_length=200, help_text="By whom, and when."
    )


class AskedForm(forms.Form):
    """What somebody asks for on the phone."""

    kinds = forms.MultipleChoiceField(
        label="What would help",
        choices=HelpKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    months = forms.TypedChoiceField(
        label="For about how long", coerce=int, choices=LENGTHS, initial=2
    )
    can_pay = DollarsField(label="Can pay each time", required=False)
    every = forms.ChoiceField(
        label="How often", choices=[("", "Can't say"), *Every.choices], required=False
    )
    first_on = DayField(label="From which day", required=False)
    words = forms.CharField(
        label="In their words",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80}),
    )


class OfferForm(SeenForm):
    """What is offered; the days and sums are shown before anything is sent."""

    each = DollarsField(
        label="Each part",
        required=False,
        help_text="Empty: all of it in one part, on the first day (a pause).",
    )
    every = forms.ChoiceField(
        label="How often", choices=[("", "–"), *Every.choices], required=False
    )
    first_on = DayField(label="First day to pay", required=False)
    waive = DollarsField(label="Take off", required=False, nil=True)
    other_help = forms.CharField(
        label="Other help, as the customer reads it",
        required=False,
        max_length=1000,
        help_text="A cheaper plan, a limit, a change to pre-paid: what is done, and when.",
        widget=forms.Textarea(attrs={"rows": 2, "cols": 80}),
    )
    reasons = forms.CharField(
        label="Our answer, in a sentence or two",
        min_length=10,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80}),
    )

    def __init__(self, *args: Any, asked: HelpRequest, owed: Decimal, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {"each": asked.can_pay, "every": asked.every, "first_on": asked.first_on},
        )
        super().__init__(*args, **kwargs)
        self.owed = owed

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        rest = self.owed - (given.get("waive") or ZERO)
        if rest > ZERO and not given.get("first_on"):
            self.add_error("first_on", "Give the first day to pay, or take all of it off.")
        if given.get("each") and not given.get("every"):
            self.add_error("every", "Say how often.")
        return given
