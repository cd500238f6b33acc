"""What staff enter about money that came in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms

from billing.invoices.models import Invoice
from billing.payments.models import DebitFile, Payout
from billing.payments.selectors import Deposit, Suggestion
from billing.payments.states import PaymentMethod
from portal.web.fields import DayField, DollarsField
from terms.calendar import in_words
from terms.money import in_dollars

# A receipt older than this is nearly always a year that was mistyped.
OLDEST = timedelta(days=730)


# A deposit pays by steps of its own.
BY_HAND = [one for one in PaymentMethod.choices if one[0] != PaymentMethod.DEPOSIT]


class InvoiceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of an account's open bills, with what of it is open."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.number}: ${obj.outstanding:,.2f} open"


class PaymentForm(forms.Form):
    """Money that came in for an account."""

    amount = DollarsField(label="Amount", help_text="In dollars: 1,234.50")
    received_on = DayField(label="Received on", help_text="The day on which it reached us.")
    method = forms.ChoiceField(label="How", choices=BY_HAND)
    reference = forms.CharField(
        label="Reference",
        max_length=60,
        help_text="What the bank or the receipt says. It tells two payments apart.",
    )
    towards = InvoiceField(
        label="For which bill",
        queryset=Invoice.objects.none(),
        required=False,
        empty_label="None named: it pays as the terms say",
        help_text="Only where the customer named one.",
    )

    def __init__(self, *args: Any, bills: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["towards"].queryset = bills

    def clean_received_on(self) -> date:
        day: date = self.cleaned_data["received_on"]
        if day < self.today - OLDEST:
            raise forms.ValidationError("That is more than two years ago: check the year.")
        return day


class ReverseForm(forms.Form):
    """Why a payment is undone, and what a dishonour cost."""

    why = forms.CharField(
        label="Why",
        max_length=200,
        help_text="For instance: dishonoured by the bank; booked to the wrong account.",
    )
    on = DayField(label="On which day", help_text="The day on which the bank took it back.")
    dishonoured = forms.BooleanField(label="The bank dishonoured it", required=False)
    bank_fee = DollarsField(
        label="What the bank took", required=False, nil=True, help_text="GST included."
    )
    own_fee = DollarsField(label="Our own fee", required=False, nil=True)
    own_cost = DollarsField(
        label="What it cost us besides",
        required=False,
        nil=True,
        help_text="It caps our fee where the law says so.",
    )
    told_before = forms.BooleanField(
        label="The customer was told of the amount, or how it is worked out, beforehand",
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        fees = [name for name in ("bank_fee", "own_fee", "own_cost") if given.get(name)]
        if fees and not given.get("dishonoured"):
            self.add_error(fees[0], "A fee goes with a dishonour only: tick that box too.")
        return given


class MatchForm(forms.Form):
    """Whose money it is, and how one knows."""

    OTHER = "other"

    choice = forms.ChoiceField(label="Whose is it?", widget=forms.RadioSelect)
    account = forms.CharField(
        label="Account number",
        max_length=20,
        required=False,
        help_text="Only for another account.",
    )
    why = forms.CharField(
        label="How do we know?",
        max_length=200,
        help_text="For instance: the payer called and named the amount and the day.",
    )

    def __init__(
        self,
        *args: Any,
        found: list[Suggestion],
        files: list[Deposit],
        payouts: list[Payout],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.payouts = {f"payout-{one.pk}": one for one in payouts}
        self.debit_files = {f"file-{one.file.pk}": one.file for one in files}
        self.fields["choice"].choices = [
            *((f"file-{one.file.pk}", f"The bank, for the {one.what}") for one in files),
            *(
                (
                    name,
                    f"The payment gateway, its payout of {in_words(one.day)}: "
                    f"{in_dollars(one.amount)} after fees of {in_dollars(one.fees)}",
                )
                for name, one in self.payouts.items()
            ),
            *((str(one.account.pk), f"{one.account}: {one.why}") for one in found),
            (self.OTHER, "Another account"),
        ]
        if not (found or files or payouts):
            self.fields["choice"].initial = self.OTHER

    @property
    def file(self) -> DebitFile | None:
        """The file of direct debits that was chosen, if it was one."""
        return self.debit_files.get(self.cleaned_data["choice"])

    @property
    def payout(self) -> Payout | None:
        """The payout of the gateway that was chosen, if it was one."""
        return self.payouts.get(self.cleaned_data["choice"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("choice") == self.OTHER and not given.get("account", "").strip():
            self.add_error("account", "Give the account's number.")
        return given
