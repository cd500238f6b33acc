from __future__ import annotations

from django import forms

from portal.web.uploads import FilesField


class MessageForm(forms.Form):
    """More words from the customer."""

    text = forms.CharField(
        label="Add something", max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    uploads = FilesField(label="Photos or papers")


class DeclineForm(forms.Form):
    """Why the proposed answer will not do."""

    text = forms.CharField(
        label="What is missing?", max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )


class ReopenForm(forms.Form):
    """Why a complaint that was over, or carried out, is not settled."""

    text = forms.CharField(
        label="What is not settled?", max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
