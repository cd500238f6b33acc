"""Why something a customer asked for is not done."""

from __future__ import annotations

from django import forms


class RefusalForm(forms.Form):
    """Why not, in words for the customer."""

    why = forms.CharField(label="Why, as the customer reads it", min_length=5, max_length=200)
