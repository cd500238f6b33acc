"""What staff write down of what reached them: a new complaint, or words about one."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from billing.invoices.models import Invoice
from complaints.process.services import Heard
from complaints.tickets.states import CallDays, Topic
from contracts.supply.models import Service
from parties.people.models import User
from terms.calendar import Channel

from .complaints_forms import AREA, TELLING, StepForm, UrgencyForm, WhenField
from .complaints_lines import ContestedForm
from .payments_forms import DollarsField

HEARD_BY = [
    (Channel.PHONE, "By phone"),
    (Channel.VOICEMAIL, "On the voicemail"),
    (Channel.EMAIL, "By email"),
    (Channel.POST, "By letter"),
    (Channel.SMS, "By text message"),
    (Channel.CHAT, "In a chat"),
    (Channel.IN_PERSON, "In person"),
]


class HeardForm(StepForm):
    """What the customer said, to whom and how; `services` are what it can mean now."""

    said = forms.ChoiceField(label="What did they say?", widget=forms.RadioSelect)
    person = forms.ChoiceField(label="Who said it?", widget=forms.RadioSelect)
    channel = forms.ChoiceField(label="How?", choices=HEARD_BY, widget=forms.RadioSelect)
    text = forms.CharField(
        label="In their words",
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs=AREA),
    )
    checked = forms.BooleanField(
        label="I made sure that it was them",
        error_messages={"required": "Make sure who it is first; then tick this."},
    )

    def __init__(
        self,
        *args: Any,
        meanings: dict[str, tuple[str, Any]],
        people: list[User],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.meanings = meanings
        self.fields["said"].choices = [(key, label) for key, (label, _) in meanings.items()]
        self.people = {str(one.pk): one for one in people}
        self.fields["person"].choices = [
            *((key, str(one)) for key, one in self.people.items()),
            *([("caller", self.complaint.caller_name)] if self.complaint.caller_name else []),
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("said") in ("message", "decline", "reopen") and not given.get("text"):
            self.add_error("text", "Write down what they said.")
        return given

    def facts(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "by": self.people.get(given["person"]),
            "heard": Heard(staff=self.user, channel=Channel(given["channel"])),
            "text": given["text"],
        }


class TakeForm(ContestedForm):
    """A complaint that came by phone, voicemail, email, letter or in person."""

    channel = forms.ChoiceField(label="How did it come?", choices=HEARD_BY)
    received_at = WhenField(
        label="When did it come?", help_text="On the customer's clock: its days run from there."
    )
    person = forms.ChoiceField(label="Who complains?", widget=forms.RadioSelect)
    caller_name = forms.CharField(
        label="Their name", max_length=120, required=False, help_text="Of somebody else only."
    )
    caller_contact = forms.CharField(
        label="How and when to reach them",
        max_length=300,
        required=False,
        help_text="Of somebody else only: the number or the place.",
    )
    caller_days = forms.ChoiceField(
        label="On which days?", choices=CallDays.choices, required=False, initial=CallDays.ANY
    )
    caller_opens = forms.TimeField(
        label="Not before",
        required=False,
        help_text="On the customer's clock, for example 09:00. Leave both empty for any time.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    caller_closes = forms.TimeField(
        label="Not after",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    told_by = forms.ChoiceField(
        label="How do they want to be told?",
        choices=TELLING,
        widget=forms.RadioSelect,
        initial=Channel.EMAIL,
    )
    topic = forms.ChoiceField(label="What is it about?", choices=Topic.choices)
    description = forms.CharField(
        label="What happened, in their words", max_length=8000, widget=forms.Textarea(attrs=AREA)
    )
    wanted = forms.CharField(
        label="What would put it right?",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
    )
    service = forms.ModelChoiceField(
        label="Which service?",
        queryset=Service.objects.none(),
        required=False,
        empty_label="None of them, or all",
    )
    disputed_invoice = forms.ModelChoiceField(
        label="Which bill do they contest?",
        queryset=Invoice.objects.none(),
        required=False,
        empty_label="None",
    )
    disputed_amount = DollarsField(
        label="How much of it, GST included?",
        required=False,
        help_text="Empty: all of the lines that are ticked.",
    )
    hardship_related = UrgencyForm.base_fields["hardship_related"]
    disconnection_without_process = UrgencyForm.base_fields["disconnection_without_process"]
    priority_assistance = UrgencyForm.base_fields["priority_assistance"]
    safety_threat = UrgencyForm.base_fields["safety_threat"]
    told_at_once = forms.BooleanField(
        label="They are still there: I tell them the reference and the day of our answer now",
        required=False,
    )
    field_order = (
        *("channel", "received_at", "person", "caller_name", "caller_contact", "caller_days"),
        *("caller_opens", "caller_closes", "told_by", "topic", "description", "wanted", "service"),
        *("disputed_invoice", "disputed_lines", "disputed_amount"),
    )
    SOMEBODY_ELSE = "else"
    HOURS = ("caller_days", "caller_opens", "caller_closes")
    ARRIVES = ("received_at", "caller_name", "caller_contact", *HOURS, "told_at_once")

    def __init__(
        self,
        *args: Any,
        people: list[User],
        invoices: Any,
        services: Any,
        zone: ZoneInfo,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        self.fields["person"].choices = [
            *((key, str(one)) for key, one in self.people.items()),
            (self.SOMEBODY_ELSE, "Somebody else"),
        ]
        self.fields["disputed_invoice"].queryset = invoices
        self.offer_lines(invoices)
        self.fields["service"].queryset = services
        self.fields["received_at"].zone = zone

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("person") == self.SOMEBODY_ELSE and not given.get("caller_name"):
            self.add_error("caller_name", "Write down their name, or what they want to be called.")
        opens, closes = given.get("caller_opens"), given.get("caller_closes")
        if (opens is None) != (closes is None) and not {"caller_opens", "caller_closes"} & set(
            self.errors
        ):
            self.add_error("caller_closes", "Give both hours, or neither.")
        elif opens and closes and opens >= closes:
            self.add_error("caller_closes", "The second hour has to be later than the first.")
        if given.get("disputed_amount") and not given.get("disputed_invoice"):
            self.add_error("disputed_invoice", "Choose the bill that this amount is on.")
        self.settle_lines(given, given.get("disputed_invoice"))
        return given

    def arrival(self) -> dict[str, Any]:
        """How it came, and whose it is."""
        given = self.cleaned_data
        person = self.people.get(given["person"])
        told = {name: given[name] for name in self.ARRIVES}
        told["caller_days"] = told["caller_days"] or CallDays.ANY
        if person is not None:
            told |= {"caller_name": "", "caller_contact": "", "caller_days": CallDays.ANY}
            told |= {"caller_opens": None, "caller_closes": None}
        return {
            **told,
            "channel": Channel(given["channel"]),
            "told_by": Channel(given["told_by"]),
            "person": person,
        }

    def details(self) -> dict[str, Any]:
        """What they complain of."""
        asked = {"channel", "told_by", "person", *self.ARRIVES}
        return {name: value for name, value in self.cleaned_data.items() if name not in asked}
