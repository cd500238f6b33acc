"""Form fields for amounts and days."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from billing.payments.services import PaymentRefused, read_dollars
from billing.payments.services.amounts import require_amount
from terms.money import ZERO


class DollarsField(forms.CharField):
    """An amount in Australian dollars as people write it, above $0.00; a Decimal once cleaned."""

    def __init__(self, *, nil: bool = False, **kwargs: Any) -> None:
        super().__init__(
            **{
                "max_length": 40,
                "widget": forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
                **kwargs,
            }
        )
        self.nil = nil

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            amount = read_dollars(text)
            if not (self.nil and amount == ZERO):
                require_amount(amount)
        except PaymentRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return amount


class DayField(forms.DateField):
    """A day, picked from a calendar."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class MomentField(forms.DateTimeField):
    """A day with its time, on the clock of the page's reader."""

    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
