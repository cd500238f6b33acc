"""The steps of an appointment, and its signature."""

from __future__ import annotations

from django import forms

from parties.correspondence.services import why_not_a_name


def only_a_name(text: str) -> None:
    """Refuse what can't stand as a name in an email. Raises ValidationError."""
    if refusal := why_not_a_name(text):
        raise forms.ValidationError(refusal)
