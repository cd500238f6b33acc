"""In which form somebody gets a new SIM."""

from __future__ import annotations

from django import forms

from contracts.barring.states import SimForm


class NewSimForm(forms.Form):
    """As a card, or as an eSIM."""

    form = forms.ChoiceField(
        label="What do you need?", choices=SimForm.choices, widget=forms.RadioSelect
    )
