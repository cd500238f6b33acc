"""What staff enter of an answer: its words, and what it gives besides."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from billing.invoices.models import Invoice
from billing.payments.services import late_charges_to_waive
from complaints.ombudsman.states import Outcome
from complaints.process.services import Offer, Wanted
from complaints.tickets.states import RemedyKind
from contracts.catalogue.models import Plan
from contracts.equipment.models import Equipment
from contracts.equipment.states import Place
from contracts.supply.models import Chargeable, Service
from contracts.supply.states import ServiceStatus

from .complaints_forms import AREA, StepForm, TellForm
from .payments_forms import DayField, DollarsField


class OfferForm(StepForm):
    """What an answer gives besides its words; `facts` has it as one `Offer`."""

    credit = DollarsField(
        label="Credit, GST included",
        required=False,
        help_text="In dollars. It is given by itself once the answer is carried out.",
    )
    invoice = forms.ModelChoiceField(
        label="On which bill", queryset=Invoice.objects.none(), required=False, empty_label="None"
    )
    customer_task = forms.CharField(
        label="What the customer has to do first",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text="Our days to carry it out start once that is done.",
    )
    carry_out_on = DayField(
        label="Day that both sides agreed on",
        required=False,
        help_text="Only if you agreed on one; otherwise the terms and the law say by when.",
    )
    late_charge = forms.ModelChoiceField(
        label="Take back a late charge",
        queryset=Chargeable.objects.none(),
        required=False,
        empty_label="None",
    )
    moves = forms.ModelChoiceField(
        label="Move a service to another plan, without a fee or a new term",
        queryset=Service.objects.none(),
        required=False,
        empty_label="None",
    )
    plan = forms.ModelChoiceField(
        label="To which plan?",
        queryset=Plan.objects.none(),
        required=False,
        empty_label="None",
        help_text="One that costs no more than now.",
    )
    visit = forms.ModelChoiceField(
        label="Send a technician without charge to",
        queryset=Service.objects.none(),
        required=False,
        empty_label="None",
    )
    visit_for = forms.CharField(
        label="What the technician does, and when it suits",
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
    )
    equipment = forms.ModelChoiceField(
        label="Replace without charge",
        queryset=Equipment.objects.none(),
        required=False,
        empty_label="None",
    )
    apology = forms.CharField(
        label="A letter of apology, in full",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text="It goes out once the answer is carried out.",
    )
    GIVES = ("late_charge", "moves", "plan", "visit", "visit_for", "equipment", "apology")
    OFFERS = ("credit", "invoice", *GIVES, "customer_task", "carry_out_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer_what_there_is()
        bills = Invoice.objects.filter(account=self.complaint.account).order_by("-issue_date")
        self.fields["invoice"].queryset = bills
        self.fields["invoice"].initial = self.complaint.disputed_invoice_id

    def _offer_what_there_is(self) -> None:
        """Ask only for what the account has; what others would see is not offered in private."""
        account, fields = self.complaint.account, self.fields
        late = [row.pk for row in late_charges_to_waive(account)]
        running = Service.objects.filter(
            contract__account=account, status=ServiceStatus.ACTIVE
        ).select_related("plan")
        found: dict[str, QuerySet[Any]] = {
            "late_charge": Chargeable.objects.filter(pk__in=late),
            "moves": running,
            "plan": Plan.objects.filter(
                provider=account.customer.provider_id,
                kind__in=running.values("plan__kind"),
                is_listed=True,
            ),
            "visit": running,
            "equipment": Equipment.objects.filter(
                service__contract__account=account, place=Place.THERE
            ),
        }
        for name, rows in found.items():
            seen = name != "late_charge" and self.complaint.safety_threat
            if seen or not rows.exists():
                del fields[name]
            else:
                fields[name].queryset = rows
        if "visit" not in fields:
            del fields["visit_for"]
        if "moves" not in fields or "plan" not in fields:
            fields.pop("moves", None)
            fields.pop("plan", None)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("moves")) != bool(given.get("plan")) and "plan" not in self.errors:
            self.add_error("plan", "Choose both, the service and its new plan, or neither.")
        return given

    def _remedies(self, given: dict[str, Any]) -> tuple[Wanted, ...]:
        took = {name: given.pop(name, None) for name in self.GIVES}
        kinds = RemedyKind
        wanted = (
            (took["late_charge"], Wanted(kind=kinds.LATE_CHARGE, charge=took["late_charge"])),
            (took["moves"], Wanted(kind=kinds.PLAN, service=took["moves"], plan=took["plan"])),
            (
                took["visit"],
                Wanted(kind=kinds.VISIT, service=took["visit"], text=took["visit_for"] or ""),
            ),
            (took["equipment"], Wanted(kind=kinds.EQUIPMENT, equipment=took["equipment"])),
            (took["apology"], Wanted(kind=kinds.APOLOGY, text=took["apology"] or "")),
        )
        return tuple(one for chosen, one in wanted if chosen)

    def facts(self) -> dict[str, Any]:
        given = super().facts()
        remedies = self._remedies(given)
        named = ("credit", "invoice", "customer_task", "carry_out_on")
        offer = {name: given.pop(name) for name in named}
        if offer["credit"] is None:
            offer["invoice"] = None
        return {**given, "offer": Offer(**offer, remedies=remedies)}


class ProposeForm(OfferForm, TellForm):
    """An answer, and what it gives."""

    field_order = ("text", *OfferForm.OFFERS, "told_by")


class OutcomeForm(OfferForm):
    """What came of it at the ombudsman's, and what is to be done."""

    outcome = forms.ChoiceField(label="Outcome", choices=Outcome.choices, widget=forms.RadioSelect)
    text = forms.CharField(
        label="What was decided",
        max_length=8000,
        widget=forms.Textarea(attrs=AREA),
        help_text="The customer is told of it.",
    )
    field_order = ("outcome", "text", *OfferForm.OFFERS)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("outcome") == Outcome.REMEDY:
            return given
        for name in self.OFFERS:
            if name != "invoice" and given.get(name):
                self.add_error(name, "That goes only with something that is to be done.")
        return given

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "outcome": Outcome(self.cleaned_data["outcome"])}
