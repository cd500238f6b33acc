from __future__ import annotations

from django import forms

from parties.privacy.states import PrivacyState


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
