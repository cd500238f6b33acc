"""A complaint without a name, and the secret that opens it again."""

from __future__ import annotations

from django import forms

from complaints.lodging.services import ComplaintDetails
from complaints.tickets.states import Topic
from parties.accounts.models import Provider
from portal.web.uploads import FilesField
from terms.calendar import State

STATES = [
    (State.NSW, "New South Wales"),
    (State.VIC, "Victoria"),
    (State.QLD, "Queensland"),
    (State.WA, "Western Australia"),
    (State.SA, "South Australia"),
    (State.TAS, "Tasmania"),
    (State.ACT, "Australian Capital Territory"),
    (State.NT, "Northern Territory"),
]


class UnnamedForm(forms.Form):
    """What happened, and how to follow it; nobody is asked who they are."""

    page_key = forms.CharField(widget=forms.HiddenInput, max_length=200)
    provider = forms.ModelChoiceField(
        label="Who is it about?",
        queryset=Provider.objects.order_by("name"),
        to_field_name="key",
        empty_label="Choose one",
    )
    region = forms.ChoiceField(
        label="Which state or territory are you in?",
        help_text="We count the days on the calendar there.",
        choices=STATES,
    )
    topic = forms.ChoiceField(
        label="What is it about?", choices=Topic.choices, widget=forms.RadioSelect
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
    description = forms.CharField(
        label="What happened?",
        help_text="Leave out whatever would say who you are.",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    wanted = forms.CharField(
        label="What would put it right?",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    contact = forms.CharField(
        label="How could we reach you?",
        help_text="Only if you want to. You read our answers on this website.",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    uploads = FilesField(label="Photos or papers")
    DETAILS = (
        "topic",
        "description",
        "wanted",
        "hardship_related",
        "disconnection_without_process",
        "priority_assistance",
        "safety_threat",
    )

    def details(self) -> ComplaintDetails:
        """What is complained of."""
        return ComplaintDetails(**{name: self.cleaned_data[name] for name in self.DETAILS})


class SecretForm(forms.Form):
    """Reference and secret."""

    reference = forms.CharField(
        label="Reference",
        help_text="It begins with C-.",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    secret = forms.CharField(
        label="Secret",
        help_text="Sixteen letters and digits. Dashes and spaces do not matter.",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class WordsForm(forms.Form):
    """More words, with files if any."""

    text = forms.CharField(
        label="Add something", max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    uploads = FilesField(label="Photos or papers")


class WhyForm(forms.Form):
    """Why an answer does not do, or what is not settled."""

    text = forms.CharField(
        label="What is missing?", max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
