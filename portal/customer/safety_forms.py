from __future__ import annotations

from typing import Any

from django import forms

from parties.correspondence.selectors import is_phone_number
from parties.correspondence.states import SafeChannel


class SafeContactForm(forms.Form):
    """Where somebody can be reached safely. Nothing else is asked."""

    channel = forms.ChoiceField(
        label="How can we reach you safely?",
        choices=SafeChannel.choices,
        widget=forms.RadioSelect,
    )
    address = forms.CharField(
        label="Where?",
        help_text="An email address, a phone number or a postal address that only you use.",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    opens = forms.TimeField(
        label="Not before",
        help_text="For example 09:00. Leave both empty for any time.",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    closes = forms.TimeField(
        label="Not after",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    safety_threat = forms.BooleanField(
        label="Losing a service would put me at risk: do not cut it off", required=False
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        address, channel = given.get("address", ""), given.get("channel")
        if channel == SafeChannel.EMAIL and address:
            try:
                forms.EmailField().clean(address)
            except forms.ValidationError:
                self.add_error("address", "Write it like name@example.com.")
        if channel == SafeChannel.PHONE and address and not is_phone_number(address):
            self.add_error("address", "Write a phone number, for example 0491 570 156.")
        opens, closes = given.get("opens"), given.get("closes")
        if bool(opens) != bool(closes):
            self.add_error("closes", "Give both hours, or neither.")
        elif opens and closes and opens >= closes:
            self.add_error("closes", "The second hour has to be later than the first.")
        return given
