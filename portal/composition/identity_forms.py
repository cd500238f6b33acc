"""Prove who you are before a high-risk step, by a second factor or a fresh code; stop one."""

from __future__ import annotations

from typing import Any

from django import forms

from parties.security.states import Factor


class CodeForm(forms.Form):
    """The one-time code that was sent; `what` it came in."""

    code = forms.CharField(
        max_length=12,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )

    def __init__(self, *args: Any, what: str = "email", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = f"The code from the {what}"

    def clean_code(self) -> str:
        return "".join(filter(str.isdigit, self.cleaned_data["code"]))


FACTORS = {
    "totp": Factor.TOTP,
    "webauthn": Factor.PASSKEY,
    "recovery_codes": Factor.RECOVERY_CODE,
}
