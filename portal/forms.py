from __future__ import annotations

from typing import Any

from django import forms

from parties.selectors import is_phone_number
from parties.states import CHOICES, PreferenceKind, PrivacyKind, PrivacyState, SafeChannel


class PreferencesForm(forms.Form):
    """What may be sent, how to reach the customer, and whether directories list them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in PreferenceKind:
            self.fields[kind.value] = forms.ChoiceField(
                label=kind.label, choices=CHOICES[kind], widget=forms.RadioSelect
            )


class PrivacyRequestForm(forms.Form):
    """What somebody wants to see or to have corrected."""

    text = forms.CharField(
        label="Tell us more",
        help_text="What you would like to see, or what is wrong and how it should read.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args: Any, kinds: list[PrivacyKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"] = forms.ChoiceField(
            label="What do you ask for?",
            choices=[(kind.value, kind.label) for kind in kinds],
            widget=forms.RadioSelect,
            error_messages={"invalid_choice": "Choose one of these: it is all you may ask for."},
        )
        self.order_fields(["kind", "text"])


class PrivacyAnswerForm(forms.Form):
    """What staff answer; a refusal has to give its reasons."""

    outcome = forms.ChoiceField(
        label="Outcome",
        choices=[(one.value, one.label) for one in (PrivacyState.DONE, PrivacyState.REFUSED)],
    )
    answer = forms.CharField(
        label="Answer to the customer",
        help_text="In writing, in plain words. A refusal says why, and names the OAIC.",
        min_length=10,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 80}),
    )


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
