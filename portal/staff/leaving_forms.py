from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from contracts.agreements.states import Basis, FigureKind
from contracts.leaving.states import NoticeForm

from .payments_forms import DayField, DollarsField

HOLDERS = [
    ("person", "Person"),
    ("sole_trader", "Sole trader"),
    ("partner", "Partner"),
    ("company", "Company"),
]


class FigureForm(forms.Form):
    """An amount that was agreed for one service, and the paper that says so."""

    kind = forms.ChoiceField(label="What", choices=FigureKind.choices)
    amount = DollarsField(
        label="Amount", nil=True, help_text="In dollars. 0.00 says that there is none."
    )
    basis = forms.ChoiceField(label="GST", choices=Basis.choices, widget=forms.RadioSelect)
    ends_before = DayField(
        label="Due if it ends before",
        required=False,
        help_text="Only for a quoted charge for leaving early.",
    )
    agreed_in = forms.CharField(
        label="Where it stands",
        max_length=100,
        help_text="The quotation, order form or price list. The customer reads it.",
    )
    why = forms.CharField(label="Why", max_length=200, help_text="It is kept.")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        is_quoted = given.get("kind") == FigureKind.QUOTED_EARLY_CHARGE
        if is_quoted and not given.get("ends_before"):
            self.add_error("ends_before", "Say before which day it has to end.")
        if not is_quoted and given.get("ends_before"):
            self.add_error("ends_before", "Leave it empty: this amount is not tied to a day.")
        return given


class LeaveOnForm(forms.Form):
    """The last day that a customer has in mind."""

    on = DayField(label="Last day of service", required=False, help_text="Empty: the earliest.")


class CustomersNoticeForm(forms.Form):
    """A customer's notice that came outside the portal, with the day on which it reached us."""

    form = forms.ChoiceField(
        label="How it came",
        choices=[
            (one.value, one.label)
            for one in (NoticeForm.PHONE, NoticeForm.EMAIL, NoticeForm.LETTER)
        ],
        widget=forms.RadioSelect,
    )
    received_on = DayField(label="Reached us on", help_text="The notice runs from this day.")
    asked_on = DayField(
        label="Last day asked for", required=False, help_text="Empty: the earliest day."
    )
    said = forms.CharField(
        label="Who said so, in which words", max_length=300, help_text="It is kept."
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        received, asked = given.get("received_on"), given.get("asked_on")
        if received and received > self.today:
            self.add_error("received_on", "That day is still to come.")
        if received and asked and asked < received:
            self.add_error("asked_on", "The last day lies before the notice.")
        return given


class BackForm(forms.Form):
    """Why a notice is taken back."""

    why = forms.CharField(
        label="Who asked for it, and how", max_length=300, help_text="It is kept, and told."
    )


class ConfirmForm(forms.Form):
    """Nothing to fill in: what is shown is confirmed."""


class TransferForm(forms.Form):
    """The day on which the other provider told of a move."""

    told_on = DayField(label="The other provider told us on")
    said = forms.CharField(label="Who told us, and how", max_length=300, help_text="It is kept.")


class ProviderEndForm(forms.Form):
    """The ground on which we end a service, and what it rests on."""

    cause = forms.ChoiceField(label="Ground")
    since = DayField(
        label="Since",
        required=False,
        help_text="The day from which the clause counts: the receipt of the notice to put it "
        "right, or the event.",
    )
    holder = forms.ChoiceField(
        label="The customer is a",
        required=False,
        choices=[("", "Not needed for this ground"), *HOLDERS],
    )
    hardship = forms.BooleanField(label="An arrangement is in force", required=False)
    said = forms.CharField(
        label="The facts, as the customer reads them",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    shown_on = forms.DateField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, causes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cause"].choices = causes
