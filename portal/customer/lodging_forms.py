"""The steps of making a complaint: one question on each page, all that was typed is kept."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from billing.invoices.models import Invoice
from billing.invoices.selectors import lines
from billing.payments.selectors import invoices
from complaints.lodging.services import ComplaintDetails
from complaints.tickets.states import Topic
from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.correspondence.services import Mask
from portal.web.fields import DollarsField
from portal.web.uploads import FilesField
from terms.money import ZERO, in_dollars

WHOLE = "whole"


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who is asked, and what they may see of the account; `services` by public id."""

    account: Account
    sees_bills: bool
    services: frozenset[str]
    mask: Mask


class StepForm(forms.Form):
    """One step. `told` are the clean answers of the steps before it."""

    def __init__(
        self, *args: Any, asker: Asker, told: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.asker, self.told = asker, told or {}
        self.prepare()

    def prepare(self) -> None:
        """Fill in what depends on the account."""


class AboutForm(StepForm):
    """What it is about."""

    topic = forms.ChoiceField(
        label="What is it about?", choices=Topic.choices, widget=forms.RadioSelect
    )
    service = forms.ModelChoiceField(
        label="Which service?",
        queryset=Service.objects.none(),
        required=False,
        empty_label="None of them, or all",
        to_field_name="public_id",
    )
    about_money = forms.BooleanField(
        label="Some of it is about an amount on a bill", required=False
    )

    def prepare(self) -> None:
        if not self.asker.sees_bills:
            del self.fields["about_money"]
        if not self.asker.services:
            del self.fields["service"]
            return
        rows = Service.objects.filter(contract__account=self.asker.account)
        field: Any = self.fields["service"]
        field.queryset = rows.filter(public_id__in=self.asker.services).order_by("label", "pk")
        field.label_from_instance = lambda row: self.asker.mask.text(str(row))


class UrgentForm(StepForm):
    """The questions by which an urgent complaint is found."""

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


class BillForm(StepForm):
    """Which bill."""

    disputed_invoice = forms.ModelChoiceField(
        label="Which bill?",
        queryset=Invoice.objects.none(),
        required=False,
        empty_label="None of these",
        to_field_name="public_id",
    )

    def prepare(self) -> None:
        rows = invoices(self.asker.account).order_by("-issue_date", "-pk")
        field: Any = self.fields["disputed_invoice"]
        field.queryset = rows
        field.label_from_instance = lambda row: (
            f"{row.number}, {row.issue_date:%-d %B %Y}, {in_dollars(row.total_inc)}"
        )


class LineForm(StepForm):
    """Which lines of the bill, and how much of them."""

    disputed_lines = forms.MultipleChoiceField(
        label="Which lines are wrong?",
        help_text="Tick each of them.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick the lines that are wrong, or the last box."},
    )
    disputed_amount = DollarsField(
        label="How much of it is wrong, in all?",
        help_text="In dollars, GST included. Leave it empty if all that you ticked is wrong. "
        "Nobody chases you for this part meanwhile, where your terms or the law say so.",
        required=False,
    )

    def prepare(self) -> None:
        self.invoice: Invoice = self.told["disputed_invoice"]
        rows = [one for one in lines(self.invoice, self.asker.mask) if one.amount_inc > 0]
        self.rows = {str(one.pk): one for one in rows}
        field: Any = self.fields["disputed_lines"]
        field.choices = [
            *((key, f"{one}, {in_dollars(one.amount_inc)}") for key, one in self.rows.items()),
            (WHOLE, f"Something else, or the whole bill of {in_dollars(self.invoice.total_inc)}"),
        ]

    def clean(self) -> dict[str, Any]:
        """Keep the lines, and the amount that is meant where none was typed: all of them."""
        given = super().clean() or {}
        chosen = given.get("disputed_lines")
        if not chosen or self.errors:
            return given
        picked = tuple(self.rows[key] for key in chosen if key != WHOLE)
        if WHOLE in chosen and picked:
            self.add_error("disputed_lines", "Tick the lines, or the last box alone.")
            return given
        # A discount may have taken lines together above the bill's total.
        most = self.invoice.total_inc
        if picked:
            most = min(most, sum((line.amount_inc for line in picked), ZERO))
        amount: Decimal | None = given.get("disputed_amount")
        if amount is None and not picked:
            self.add_error("disputed_amount", "Say how much of the bill is wrong.")
        elif amount is not None and amount > most:
            self.add_error(
                "disputed_amount",
                f"{self._named(len(picked))} for {in_dollars(most)}. Enter that or less.",
            )
        return {"disputed_lines": picked, "disputed_amount": amount or most}

    def _named(self, ticked: int) -> str:
        if not ticked:
            return f"Bill {self.invoice.number} is"
        return "This line is" if ticked == 1 else f"These {ticked} lines are"


class WordsForm(StepForm):
    """What happened, and what would put it right."""

    description = forms.CharField(
        label="What happened?",
        help_text="In your own words. Dates and names help, but are not needed.",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    wanted = forms.CharField(
        label="What would put it right?",
        help_text="You need not know yet.",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class FilesForm(StepForm):
    """Photos and papers."""

    uploads = FilesField(label="Photos, letters, screenshots")


STEPS: dict[str, type[StepForm]] = {
    "about": AboutForm,
    "urgent": UrgentForm,
    "bill": BillForm,
    "line": LineForm,
    "words": WordsForm,
    "files": FilesForm,
}
TITLES = {
    "about": "Make a complaint",
    "urgent": "Is any of this so?",
    "bill": "Which bill is it about?",
    "line": "What is wrong on the bill?",
    "words": "What happened?",
    "files": "Do you have photos or papers?",
    "check": "Check, and send",
}


def path(told: dict[str, Any], asker: Asker) -> list[str]:
    """The steps that somebody goes through, by what they said so far."""
    steps = ["about", "urgent"]
    if asker.sees_bills and (told.get("topic") == Topic.BILL or told.get("about_money")):
        steps.append("bill")
        if told.get("disputed_invoice"):
            steps.append("line")
    return [*steps, "words", "files", "check"]


def details_of(told: dict[str, Any]) -> ComplaintDetails:
    """What is lodged, from the clean answers."""
    known = ComplaintDetails.__dataclass_fields__
    given = {"topic": Topic.OTHER, "description": "", **told}
    return ComplaintDetails(**{name: value for name, value in given.items() if name in known})
