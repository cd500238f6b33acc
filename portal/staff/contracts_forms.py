from __future__ import annotations

from typing import Any

from django import forms


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
