"""What somebody who lets bills be paid by a card is asked."""

from __future__ import annotations

from typing import Any

from django import forms

from parties.accounts.models import Account
from parties.accounts.states import CustomerKind

from .direct_debit_forms import DayForm


class SignCardForm(DayForm):
    """The day, and the typed name that signs; the card itself is asked for elsewhere."""

    capacity = forms.CharField(
        label="You sign as",
        max_length=60,
        help_text="For a company or association: director, secretary, treasurer …",
    )
    signed_as = forms.CharField(
        label="Type your name: it is your signature",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Type your name: it is your signature."},
    )
    may_sign = forms.BooleanField(
        label="The card is mine, or I may agree to payments from it",
        error_messages={"required": "Tick this only if you may use the card."},
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if account.customer.kind == CustomerKind.RESIDENTIAL:
            del self.fields["capacity"]
