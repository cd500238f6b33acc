from __future__ import annotations

from django import forms


class StaffStepForm(forms.Form):
    """The words that go with a staff member's step."""

    text = forms.CharField(
        label="What to tell the customer",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 8, "class": "vLargeTextField"}),
    )


class CloseForm(forms.Form):
    """Whether the complaint was right; it decides what happens to a contested amount."""

    upheld = forms.TypedChoiceField(
        label="Was the complaint upheld?",
        choices=[("yes", "Yes, the customer was right"), ("no", "No")],
        coerce=lambda word: word == "yes",
        widget=forms.RadioSelect,
    )
