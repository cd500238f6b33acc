"""What somebody who accepts an order confirms: each thing by itself, then the name that signs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from contracts.orders.models import OrderTick
from contracts.orders.states import TickKind

MISSING = {
    TickKind.CSG_WAIVER: "Without the waiver it can't be supplied. You can decline the order "
    "instead.",
}
EACH = "Confirm this to go on, or decline the order."


class AcceptForm(forms.Form):
    """A box for each thing to confirm, none of them ticked beforehand, and the typed name."""

    signed_as = forms.CharField(
        label="Type your name: it is your signature",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Type your name: it is your signature."},
    )
    total = forms.DecimalField(widget=forms.HiddenInput, max_digits=14, decimal_places=2)

    def __init__(self, *args: Any, ticks: Iterable[tuple[OrderTick, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = []
        for tick, words in ticks:
            names.append(f"tick_{tick.pk}")
            self.fields[names[-1]] = forms.BooleanField(
                label=words,
                error_messages={"required": MISSING.get(TickKind(tick.kind), EACH)},
            )
        self.order_fields([*names, "signed_as", "total"])

    @property
    def ticked(self) -> list[int]:
        """The keys of what was confirmed."""
        return [
            int(name.removeprefix("tick_"))
            for name, given in self.cleaned_data.items()
            if name.startswith("tick_") and given
        ]


class WhyForm(forms.Form):
    """Why somebody does not want it; may stay empty."""

    why = forms.CharField(label="Why, if you like to say", max_length=300, required=False)
