"""What staff enter when a complaint ends, is refused, or is with the ombudsman."""

from __future__ import annotations

from typing import Any

from django import forms

from complaints.ombudsman.services import Letter
from complaints.ombudsman.states import Kind, Level
from complaints.process import selectors
from complaints.tickets.models import Complaint
from terms.calendar import Channel

from .complaints_forms import AREA, StepForm, TellForm, WhenField, told_by_field
from .payments_forms import DayField


class CloseForm(StepForm):
    """What becomes of a contested amount, and last words."""

    upheld = forms.TypedChoiceField(
        label="Was the complaint right?",
        choices=[
            ("yes", "Yes: what is still held comes off the bill"),
            ("no", "No: what is still held becomes payable"),
        ],
        coerce=lambda word: word == "yes",
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label="A word to the customer",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="They are told that it is closed, and how it can be opened again.",
    )
    told_by = told_by_field()

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "told_by": Channel(self.cleaned_data["told_by"])}


class RefuseForm(TellForm):
    """Reasons why we can't do what is asked for."""

    vexatious = forms.BooleanField(
        label="Refuse it as frivolous, vexatious or abusive",
        required=False,
        help_text="Only after a manager's thought and a second person's signature.",
    )
    same_matter = forms.BooleanField(
        label="It is about the same or a similar matter as one that was answered", required=False
    )
    field_order = ("text", "vexatious", "same_matter", "told_by")


class RefusedBeforeForm(TellForm):
    """Which refusal it was about, and what to add to the letter."""

    refused = forms.ModelChoiceField(
        label="Which one was it?", queryset=Complaint.objects.none(), empty_label=None
    )
    text = forms.CharField(
        label="What to add, if anything",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs=AREA),
    )
    field_order = ("refused", "text", "told_by")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["refused"]
        field.queryset = selectors.refused_before(self.complaint)
        field.label_from_instance = lambda one: f"{one}: {one.description[:120]}"


class ReferForm(StepForm):
    """What the ombudsman's letter says."""

    level = forms.TypedChoiceField(label="Level", choices=Level.choices, coerce=int)
    kind = forms.ChoiceField(label="What kind of matter", choices=Kind.choices)
    their_reference = forms.CharField(
        label="The ombudsman's reference", max_length=40, required=False
    )
    received_at = WhenField(label="When did it come?", help_text="On the customer's clock.")
    answer_by = DayField(
        label="Answer by",
        required=False,
        help_text="The day that the letter names. Empty: the ombudsman's own rules say by when.",
    )
    text = forms.CharField(
        label="What it says",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="The customer finds it in the history.",
    )

    def facts(self) -> dict[str, Any]:
        given = super().facts()
        text = given.pop("text")
        return {
            "text": text,
            "letter": Letter(
                **{**given, "level": Level(given["level"]), "kind": Kind(given["kind"])}
            ),
        }
