from __future__ import annotations

from typing import Any

from django import forms

from contracts.agreements.states import Basis, FigureKind

from .payments_forms import DayField, DollarsField


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
