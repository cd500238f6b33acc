"""What somebody who lets bills be drawn from a bank account is asked."""

from __future__ import annotations

from typing import Any

from django import forms

from billing.payments.services import BankNumberRefused, MandateWish, check_wish
from parties.accounts.models import Account
from parties.accounts.states import CustomerKind

ON_DUE_DAY, ON_A_DAY = "due", "day"


class DayForm(forms.Form):
    """On which day bills are drawn."""

    when = forms.ChoiceField(
        label="When should we draw your bills?",
        choices=[
            (ON_DUE_DAY, "On the day by which each bill is to be paid"),
            (ON_A_DAY, "On a day of the month"),
        ],
        widget=forms.RadioSelect,
        initial=ON_DUE_DAY,
    )
    draw_day = forms.IntegerField(
        label="Which day of the month",
        required=False,
        min_value=1,
        max_value=31,
        help_text="1 to 31. It holds where it lies between the first day that terms and law allow "
        "and the day by which the bill is to be paid.",
        error_messages={
            "min_value": "Give a day of the month, from 1 to 31.",
            "max_value": "Give a day of the month, from 1 to 31.",
            "invalid": "Give a day of the month, from 1 to 31.",
        },
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("when") == ON_DUE_DAY:
            given["draw_day"] = None
        elif not given.get("draw_day") and "draw_day" not in self.errors:
            self.add_error("draw_day", "Give a day of the month, from 1 to 31.")
        return given


class BankNumbersForm(forms.Form):
    """BSB and number of a bank account, as somebody types them."""

    bsb = forms.CharField(
        label="BSB",
        max_length=12,
        help_text="Six digits, for instance 062-000.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    number = forms.CharField(
        label="Account number",
        max_length=20,
        help_text="Four to nine digits. It is stored sealed: our staff see only how it ends.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class MandateForm(DayForm, BankNumbersForm):
    """The bank account, the day, and as what somebody signs; `signed_as` comes with the second."""

    payer_name = forms.CharField(
        label="Name of the bank account",
        max_length=60,
        help_text="As your bank writes it, in plain letters.",
    )
    capacity = forms.CharField(
        label="You sign as",
        max_length=60,
        help_text="For a company or association: director, secretary, treasurer …",
    )
    second_signed_as = forms.CharField(
        label="Second signatory",
        max_length=150,
        required=False,
        help_text="Where the bank account needs two to sign: they type their own name.",
    )
    field_order = (
        *("payer_name", "bsb", "number", "when", "draw_day"),
        *("capacity", "second_signed_as"),
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        if account.customer.kind == CustomerKind.RESIDENTIAL:
            del self.fields["capacity"]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.errors:
            try:
                given["wish"] = check_wish(self.account, self._wish(given))
            except BankNumberRefused as refusal:
                self.add_error(refusal.field, str(refusal))
        return given

    def _wish(self, given: dict[str, Any]) -> MandateWish:
        return MandateWish(
            payer_name=given["payer_name"],
            bsb=given["bsb"],
            number=given["number"],
            signed_as=self.data.get("signed_as", ""),
            draw_day=given["draw_day"],
            capacity=given.get("capacity", ""),
            second_signed_as=given["second_signed_as"],
        )


class SignMandateForm(forms.Form):
    """The typed name that signs the request."""

    signed_as = forms.CharField(
        label="Type your name: it is your signature",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Type your name: it is your signature."},
    )
    may_sign = forms.BooleanField(
        label="This bank account is mine, or I may sign for it",
        error_messages={"required": "Tick this only if you may sign for the account."},
    )
