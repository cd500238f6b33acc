from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation


class ClaimForm(forms.Form):
    """What the invited person tells: their account number, name and a password."""

    account_number = forms.CharField(
        label="Account number",
        help_text="At the top of your bill.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    full_name = forms.CharField(
        label="Your name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label="Password",
        help_text="12 characters or more. If you have a log-in for this email, its password.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )

    def clean_password(self) -> Any:
        password = self.cleaned_data["password"]
        password_validation.validate_password(password)
        return password
