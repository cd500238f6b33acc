from __future__ import annotations

from django import forms


class CodeForm(forms.Form):
    """The one-time code that was sent."""

    code = forms.CharField(
        label="The code from the email",
        max_length=12,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )

    def clean_code(self) -> str:
        return "".join(filter(str.isdigit, self.cleaned_data["code"]))
