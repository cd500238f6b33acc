from __future__ import annotations

from typing import Any

from django import forms

from parties.correspondence.states import ASKED_TOGETHER, CHOICES
from parties.privacy.states import PrivacyKind


class PreferencesForm(forms.Form):
    """What may be sent, how to reach the customer, and whether directories list them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in ASKED_TOGETHER:
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
