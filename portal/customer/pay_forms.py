"""What somebody who pays is asked: how much, and with what."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms

from billing.payments.models import Mandate
from billing.payments.services import Way, WaysToPay
from portal.web.fields import DollarsField
from terms.money import in_dollars

OTHER, KEPT = "other", "kept"
HOW_MUCH = "Say how much you want to pay, above $0.00."
CHANGED = "What you owe has changed meanwhile: look at the amounts and choose again."


def preset(name: str, amount: Decimal) -> str:
    """What a form calls an amount that the page names."""
    return f"{name}-{amount:.2f}"


class PayForm(forms.Form):
    """How much, and with what. `key` makes the form, sent twice, one payment."""

    what = forms.ChoiceField(label="How much?", widget=forms.RadioSelect)
    amount = DollarsField(
        label="Another amount", required=False, help_text="In dollars, for instance 50 or 49.95."
    )
    card = forms.ChoiceField(label="With what?", widget=forms.RadioSelect)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        amounts: Iterable[tuple[str, str, Decimal]],
        ways: WaysToPay,
        kept: Mandate | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        # The amount stands in the choice: what somebody saw is what they pay, or they look again.
        self.presets = {preset(name, amount): amount for name, _, amount in amounts}
        choices = [
            (preset(name, amount), f"{words}: {in_dollars(amount)}")
            for name, words, amount in amounts
        ]
        self.fields["what"].error_messages["invalid_choice"] = CHANGED
        if choices:
            self.fields["what"].choices = [*choices, (OTHER, "Another amount")]
        else:
            self.fields["what"].required = False
            self.fields["what"].widget = forms.HiddenInput()
            self.fields["what"].choices = [(OTHER, "Another amount")]
            self.fields["amount"].label = "Amount"
            self.fields["amount"].required = True
            self.fields["amount"].error_messages["required"] = HOW_MUCH
        mine = ways.of(kept.card) if kept is not None else None
        known = [(KEPT, _label_of_kept(kept, mine))] if kept is not None and mine else []
        typed = [(way.cards[0].value, _label(way)) for way in ways.offered]
        self.fields["card"].choices = [*known, *typed]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "what" in self.errors:
            return given
        what = given.get("what") or OTHER
        if what in self.presets:
            given["amount"] = self.presets[what]
        elif not given.get("amount") and "amount" not in self.errors:
            self.add_error("amount", HOW_MUCH)
        return given


def _label_of_kept(kept: Mandate, way: Way) -> str:
    words = f"Your {kept.get_card_display()} ending {kept.number_end}, as kept"
    return f"{words} (a surcharge is added)" if way.surcharge else words


def _label(way: Any) -> str:
    return f"{way.label} (a surcharge is added)" if way.surcharge else way.label
