"""What staff enter about the people of an account."""

from __future__ import annotations

from typing import Any

from django import forms

from parties.models import Account, User
from parties.states import Factor, HighRisk, HolderEventKind

from .contact import ContactForm

HOW = [("By phone", "By phone"), ("In person", "In person")]


class VerifyForm(forms.Form):
    """How the person's identity was checked, and from what."""

    how = forms.ChoiceField(label="How", choices=HOW, widget=forms.RadioSelect)
    evidence = forms.CharField(
        label="Evidence",
        max_length=250,
        help_text="Which documents, or which number was called back. What somebody only knows "
        "is no evidence.",
    )


class AccountForm(forms.Form):
    """Which account a caller speaks about."""

    account = forms.CharField(label="Account number", max_length=20)


class CallerForm(forms.Form):
    """Who is calling, what for, and how they prove who they are."""

    person = forms.ModelChoiceField(label="Who is calling", queryset=User.objects.none())
    purpose = forms.ChoiceField(label="What for", choices=HighRisk.choices)
    factor = forms.ChoiceField(
        label="Proof",
        choices=[
            (Factor.TEXTED_CODE, "Text a code to the phone that we have"),
            (Factor.EMAILED_CODE, "Send a code to the email address that we have"),
            (Factor.DOCUMENTS, "Documents: two of category A, or one A and two B"),
        ],
        widget=forms.RadioSelect,
    )
    evidence = forms.CharField(
        label="Documents seen", max_length=300, required=False, help_text="Only with documents."
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(
            appointments__account=account, appointments__revoked_at__isnull=True
        )
        self.fields["person"].queryset = people.distinct()  # type: ignore[attr-defined]


class UncheckedForm(forms.Form):
    """Adds the reason why nobody's identity was checked, where that is so."""

    without = forms.CharField(
        label="Nobody's identity was checked in the last 15 minutes. Why go on without?",
        max_length=250,
        help_text="It stands in the audit trail, and the customer is told.",
    )

    def __init__(self, *args: Any, checked: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if checked:
            del self.fields["without"]


class StaffContactForm(ContactForm, UncheckedForm):
    """Contact details, changed by staff for a customer who asks."""

    field_order = ("without",)


class HolderForm(UncheckedForm):
    """What happened to the account holder, and who comes next."""

    kind = forms.ChoiceField(label="What happened", choices=HolderEventKind.choices)
    since = forms.DateField(label="Since", widget=forms.DateInput(attrs={"type": "date"}))
    evidence = forms.CharField(
        label="Evidence",
        max_length=300,
        help_text="Which document, seen by whom: certificate, order, notice, contract of sale.",
    )
    new_holder_email = forms.EmailField(
        label="Email address of the new account holder",
        required=False,
        help_text="They are invited, and claim the account with its number.",
    )
    written_consent = forms.BooleanField(
        label="We consented in writing to the transfer", required=False
    )
    field_order = ("kind",)
