from __future__ import annotations

from django import forms
from phonenumber_field.formfields import PhoneNumberField


class ContactForm(forms.Form):
    """Where bills go, and where the service is."""

    billing_email = forms.EmailField(
        label="Email address for bills", widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    phone = PhoneNumberField(
        label="Phone", required=False, widget=forms.TextInput(attrs={"autocomplete": "tel"})
    )
    street = forms.CharField(
        label="Street of the service address",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    suburb = forms.CharField(
        label="Suburb",
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )
    postcode = forms.RegexField(
        r"^\d{4}$",
        label="Postcode",
        error_messages={"invalid": "A postcode has four digits."},
        widget=forms.TextInput(attrs={"autocomplete": "postal-code", "inputmode": "numeric"}),
    )

    def clean_phone(self) -> str:
        return str(self.cleaned_data["phone"] or "")


class AccessNeedsForm(forms.Form):
    """What helps when the provider talks with the customer."""

    relay_service = forms.BooleanField(
        label="Call me through the National Relay Service", required=False
    )
    interpreter_language = forms.CharField(
        label="I need an interpreter for", max_length=60, required=False, help_text="The language."
    )
    access_notes = forms.CharField(
        label="Anything else that helps when we talk", max_length=300, required=False
    )
