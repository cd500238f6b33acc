"""Which lines of a bill somebody contests: staff are asked once they chose the bill."""

from __future__ import annotations

from typing import Any

from django import forms

from billing.invoices.models import Invoice, InvoiceLine
from billing.invoices.selectors import lines
from terms.money import ZERO, in_dollars

WHICH = "Tick the lines that they contest, or none for the bill as a whole. Then send it again."


class ContestedForm(forms.Form):
    """Adds the lines of the chosen bill to a form with a bill and an amount.

    What was sent with a bill whose lines were not shown yet comes back once, with them.
    """

    disputed_lines = forms.MultipleChoiceField(
        label="Which of its lines?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None: the bill as a whole, or something that is not on it.",
    )
    lines_of = forms.CharField(required=False, widget=forms.HiddenInput)

    def offer_lines(self, invoices: Any) -> None:
        """List the lines of the bill that was sent; without one the field is not there."""
        asked = str(self.data.get("disputed_invoice", ""))[:12]
        bill = invoices.filter(pk=asked).first() if asked.isdecimal() else None
        rows = [one for one in lines(bill) if one.amount_inc > 0] if bill else []
        self.rows = {str(one.pk): one for one in rows}
        if not rows:
            del self.fields["disputed_lines"]
            return
        field: Any = self.fields["disputed_lines"]
        field.choices = [
            (key, f"{one}, {in_dollars(one.amount_inc)}") for key, one in self.rows.items()
        ]

    def settle_lines(self, given: dict[str, Any], bill: Invoice | None) -> None:
        """Turn what was ticked into lines, and into an amount where none was typed."""
        shown = given.pop("lines_of", "") == str(bill.pk if bill else "")
        picked: tuple[InvoiceLine, ...] = ()
        if bill and self.rows:
            picked = tuple(self.rows[key] for key in given.get("disputed_lines") or ())
            if not shown and len(self.rows) > 1:
                data: Any = self.data.copy()
                data["lines_of"] = str(bill.pk)
                self.data = data
                self.add_error("disputed_lines", WHICH)
                return
        given["disputed_lines"] = picked
        if bill is None or "disputed_amount" in self.errors:
            return
        most = bill.total_inc
        if picked:
            # A discount may have taken lines together above the bill's total.
            most = min(most, sum((line.amount_inc for line in picked), ZERO))
        amount = given.get("disputed_amount")
        if amount is None and not picked:
            self.add_error("disputed_amount", "Say how much of the bill they contest.")
        elif amount is not None and amount > most:
            what = "The lines that are ticked are" if picked else f"Bill {bill.number} is"
            self.add_error(
                "disputed_amount", f"{what} for {in_dollars(most)}. Enter that or less."
            )
        else:
            given["disputed_amount"] = amount or most
