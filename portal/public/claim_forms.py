from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation

from portal.composition.name_fields import only_a_name


class AcceptForm(forms.Form):
    """What an appointed person tells: their name and a password."""

    claims = False
    done = "You have taken it up. What you can do, and from when, stands at the top of each page."

    full_name = forms.CharField(
        label="Your name",
        max_length=100,
        validators=[only_a_name],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label="Password",
        help_text="12 characters or more.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )

    def __init__(self, *args: Any, has_log_in: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_log_in = has_log_in
        if has_log_in:
            # Their log-in has a name already.
            self.fields["full_name"].widget = forms.HiddenInput()
            self.fields["full_name"].required = False
            field = self.fields["password"]
            field.label, field.help_text = "The password of your log-in", ""
            field.widget.attrs["autocomplete"] = "current-password"

    def clean_password(self) -> Any:
        password = self.cleaned_data["password"]
        if not self.has_log_in:
            password_validation.validate_password(password)
        return password


class ClaimForm(AcceptForm):
    """What an invited holder tells besides: their account number."""

    claims = True
    done = "The account is yours. Welcome."

    account_number = forms.CharField(
        label="Account number",
        help_text="At the top of your bill.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("account_number", "full_name", "password")
