"""What somebody agrees to when a service is to move."""

from __future__ import annotations

from django import forms


class AgreeForm(forms.Form):
    """The amount that they saw."""

    shown = forms.DecimalField(max_digits=12, decimal_places=2, widget=forms.HiddenInput)
