from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from billing.invoices.models import Invoice
from complaints.tickets.states import Topic


class LodgeForm(forms.Form):
    """What happened, what would put it right, and whether it is urgent.

    `invoices` are those that can be disputed; None for somebody who may not see them.
    """

    topic = forms.ChoiceField(
        label="What is it about?", choices=Topic.choices, widget=forms.RadioSelect
    )
    description = forms.CharField(
        label="What happened?",
        help_text="In your own words. Dates and names help, but are not needed.",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    wanted = forms.CharField(
        label="What would put it right?",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    disputed_invoice = forms.ModelChoiceField(
        label="Is it about one of these bills?",
        queryset=Invoice.objects.none(),
        required=False,
        empty_label="No",
        to_field_name="public_id",
    )
    disputed_amount = forms.DecimalField(
        label="How much of that bill do you dispute?",
        help_text="In dollars, GST included. Nobody chases you for this part meanwhile.",
        required=False,
        min_value=Decimal("0.01"),
        decimal_places=2,
        max_digits=10,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    hardship_related = forms.BooleanField(
        label="It makes it harder for me to pay, and I am in or asking for payment help",
        required=False,
    )
    disconnection_without_process = forms.BooleanField(
        label="My service was cut off, or is about to be, without proper warning", required=False
    )
    priority_assistance = forms.BooleanField(
        label="I get priority assistance for a medical condition", required=False
    )
    safety_threat = forms.BooleanField(
        label="Someone's safety is threatened. You need not say more", required=False
    )

    def __init__(self, *args: Any, invoices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if invoices is None:
            del self.fields["disputed_invoice"], self.fields["disputed_amount"]
        else:
            self.fields["disputed_invoice"].queryset = invoices

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        invoice, amount = given.get("disputed_invoice"), given.get("disputed_amount")
        if amount and not invoice:
            self.add_error("disputed_invoice", "Choose the bill that this amount is on.")
        if invoice and "disputed_amount" not in self.errors:
            if not amount:
                self.add_error("disputed_amount", "Say how much of the bill you dispute.")
            elif amount > invoice.total_inc:
                self.add_error(
                    "disputed_amount",
                    f"Bill {invoice.number} is for ${invoice.total_inc:,}. Enter that or less.",
                )
        return given


class MessageForm(forms.Form):
    """More words from the customer."""

    text = forms.CharField(
        label="Add something", max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )


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
