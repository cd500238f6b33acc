"""What staff enter about complaints."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from complaints.process.selectors import parts_to_do
from complaints.process.services import Urgency
from complaints.tickets.models import Complaint, Remedy
from complaints.tickets.selectors import remedy_in_words
from complaints.tickets.services import officers_of
from complaints.tickets.states import Answer, Cause
from parties.accounts.models import Account
from parties.accounts.selectors import zone_of
from parties.people.models import User
from portal.web.uploads import FilesField
from terms.calendar import Channel

from .payments_forms import DayField

AREA = {"rows": 8, "class": "vLargeTextField"}
WAYS = [
    (Channel.PHONE, "By phone"),
    (Channel.POST, "By letter"),
    (Channel.IN_PERSON, "In person"),
]
TELLING = [(Channel.EMAIL, "By email, from the portal"), *WAYS]
# Where somebody looks who gave no name.
ON_THEIR_PAGE = (Channel.WEB, "On the page where they follow it")
# So few words are hardly an answer that somebody waited two weeks for.
SHORT = 4


class WhenField(forms.DateTimeField):
    """A moment on the customer's clock."""

    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.zone: ZoneInfo | None = None

    def clean(self, value: Any) -> datetime | None:
        found = super().clean(value)
        if found is None:
            return None
        return found.replace(tzinfo=self.zone) if self.zone else found


class StepForm(forms.Form):
    """A step about one complaint; `facts` is what its service takes."""

    def __init__(self, *args: Any, complaint: Complaint, user: User, at: datetime, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.complaint, self.user = complaint, user
        zone = zone_of(complaint.account)
        for field in self.fields.values():
            if isinstance(field, WhenField):
                field.zone = zone
                field.initial = field.initial or at.astimezone(zone).replace(tzinfo=None)
        self._ask_how_told(complaint)

    def _ask_how_told(self, complaint: Complaint) -> None:
        field = self.fields.get("told_by")
        if field is None:
            return
        if complaint.lodged_by_id is None:
            field.choices = [ON_THEIR_PAGE]
        elif complaint.caller_name:
            field.choices = WAYS
        field.initial = complaint.told_by
        if complaint.caller_contact:
            field.help_text = f"They asked for: {complaint.caller_contact}"

    def facts(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


def told_by_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="How do you tell them?",
        choices=TELLING,
        widget=forms.RadioSelect,
        help_text="By phone, by letter or in person: you tell it yourself; no email goes out.",
    )


class TellForm(StepForm):
    """Words for the customer, and how they reach them."""

    text = forms.CharField(
        label="What to tell the customer", max_length=8000, widget=forms.Textarea(attrs=AREA)
    )
    told_by = told_by_field()
    sure = forms.BooleanField(
        label="Yes, send so few words", required=False, widget=forms.HiddenInput
    )

    def clean(self) -> dict[str, Any]:
        """So few words are asked about once."""
        given = super().clean() or {}
        text = given.get("text", "")
        if text and len(text.split()) < SHORT and not given.get("sure"):
            self.fields["sure"].widget = forms.CheckboxInput()
            self.add_error(
                "text", "That is very short for somebody who waits. Write more, or tick below."
            )
        given["told_by"] = Channel(given["told_by"]) if given.get("told_by") else None
        return given

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "sure"}


class FilesForm(StepForm):
    """Papers and photos that reached staff."""

    uploads = FilesField(label="Files", required=True)
    text = forms.CharField(
        label="What are they?", max_length=300, required=False, widget=forms.TextInput
    )
    for_staff_only = forms.BooleanField(
        label="For staff only: the customer does not see them", required=False
    )


class CauseForm(StepForm):
    """What it came from."""

    cause = forms.ChoiceField(label="What did it come from?", choices=Cause.choices)
    text = forms.CharField(
        label="What would prevent the next one?",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
    )

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "cause": Cause(self.cleaned_data["cause"])}


class EvidenceForm(forms.Form):
    """What an evidence pack holds besides."""

    with_notes = forms.BooleanField(
        label="With our notes among staff, and the files that only staff see", required=False
    )


class CarryOutForm(StepForm):
    """A part of what was agreed that staff order or note."""

    remedy = forms.ModelChoiceField(
        label="Which part?", queryset=Remedy.objects.none(), empty_label=None
    )
    serial = forms.CharField(
        label="Serial number of the new piece",
        max_length=60,
        required=False,
        help_text="Only for equipment; the old piece is asked back, without charge.",
    )
    delivered_on = DayField(label="Day on which the new piece was there", required=False)
    text = forms.CharField(
        label="What the technician should know",
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["remedy"]
        field.queryset = parts_to_do(self.complaint)
        field.label_from_instance = remedy_in_words


class AcknowledgeForm(StepForm):
    """That staff told the customer of reference and expected day, and when."""

    channel = forms.ChoiceField(label="How", choices=WAYS, widget=forms.RadioSelect)
    told_at = WhenField(label="When", help_text="On the customer's clock.")
    names_ombudsman = forms.BooleanField(
        label="I named the ombudsman, too: 1800 062 058", required=False
    )
    from_now_on = forms.BooleanField(
        label="Tell them about this complaint that way from now on", required=False
    )

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "channel": Channel(self.cleaned_data["channel"])}


class NamedForm(StepForm):
    """That staff named the ombudsman to the customer."""

    channel = forms.ChoiceField(label="How", choices=WAYS, widget=forms.RadioSelect)
    text = forms.CharField(
        label="What you told them",
        max_length=1000,
        initial="We named the Telecommunications Industry Ombudsman: 1800 062 058, tio.com.au.",
        help_text="The customer finds it in the history.",
    )

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "channel": Channel(self.cleaned_data["channel"])}


class ExplainedForm(NamedForm):
    """That staff said how it goes on with a manager."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].initial = (
            "A team manager decides whether to take your complaint over or to hurry it, and tells "
            "you. The ombudsman is free: 1800 062 058, tio.com.au."
        )


class MoveForm(StepForm):
    """Whose a complaint without a name is."""

    account = forms.CharField(label="Account number", max_length=20)
    person = forms.EmailField(label="Email address of who made it, on that account")
    secret = forms.CharField(
        label="The secret that they read out", max_length=40, help_text="It is kept nowhere."
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        number = given.get("account", "").strip().upper()
        provider = self.complaint.account.customer.provider_id
        account = Account.objects.filter(number=number, customer__provider=provider).first()
        person = User.objects.filter(
            email__iexact=given.get("person", ""), appointments__account=account
        ).first()
        if "account" in given and account is None:
            self.add_error("account", "No account of this provider has this number.")
        elif "person" in given and person is None:
            self.add_error("person", "Nobody with this address stands on that account.")
        return given | {"account": account, "person": person}


class DelayForm(TellForm):
    """Why the answer comes later, and by when."""

    new_day = DayField(label="New day for our answer")
    names_ombudsman = forms.BooleanField(
        label="The letter names the ombudsman",
        required=False,
        help_text="Needed where the new day is far beyond the limit; always allowed.",
    )
    mass_disruption = forms.BooleanField(
        label="A mass outage that customers were told of is behind it", required=False
    )
    field_order = ("text", "new_day", "names_ombudsman", "mass_disruption", "told_by")


class UrgencyForm(StepForm):
    """What makes a complaint urgent after all."""

    hardship_related = forms.BooleanField(
        label="They asked for payment help, or have it, and this adds to it", required=False
    )
    disconnection_without_process = forms.BooleanField(
        label="A service was cut off, or is about to be, without proper warning", required=False
    )
    priority_assistance = forms.BooleanField(
        label="They get priority assistance for a medical condition", required=False
    )
    safety_threat = forms.BooleanField(
        label="Somebody's safety is threatened; no proof is asked for", required=False
    )
    text = forms.CharField(
        label="How we learnt it", max_length=1000, help_text="For staff only.", required=False
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not any(given.get(name) for name in vars(Urgency())):
            raise forms.ValidationError("Tick what makes it urgent.")
        return given

    def facts(self) -> dict[str, Any]:
        given = super().facts()
        return {"text": given.pop("text"), "grounds": Urgency(**given)}


class NoteForm(StepForm):
    text = forms.CharField(
        label="Note",
        max_length=8000,
        widget=forms.Textarea(attrs=AREA),
        help_text="For staff only: the customer never sees it.",
    )


class AssignForm(StepForm):
    """To whom a complaint is handed."""

    to = forms.ModelChoiceField(
        label="To", queryset=User.objects.none(), required=False, empty_label="Nobody: the desk"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        provider = self.complaint.account.customer.provider_id
        mine = User.objects.filter(is_staff=True, is_active=True)
        here = mine.filter(provider__isnull=True) | mine.filter(provider=provider)
        if self.complaint.safety_threat:
            here = officers_of(self.complaint)
        self.fields["to"].queryset = here.order_by("full_name")
        self.fields["to"].initial = self.complaint.assigned_to_id


class AttemptForm(StepForm):
    """That somebody tried to reach the customer."""

    channel = forms.ChoiceField(
        label="How",
        choices=[
            *WAYS,
            (Channel.EMAIL, "By email"),
            (Channel.SMS, "By text message"),
            ON_THEIR_PAGE,
        ],
        widget=forms.RadioSelect,
    )
    tried_at = WhenField(label="When", help_text="On the customer's clock.")
    text = forms.CharField(label="What happened", max_length=1000, required=False)

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "channel": Channel(self.cleaned_data["channel"])}


class ResolveForm(TellForm):
    """That what was agreed is done."""

    confirms = forms.TypedChoiceField(
        label="Tell the customer now?",
        choices=[("yes", "Yes: this is the written confirmation"), ("no", "No, later")],
        coerce=lambda word: word == "yes",
        initial="yes",
        widget=forms.RadioSelect,
    )
    given_already = forms.BooleanField(
        label="The credit was given by hand before",
        required=False,
        help_text="Then none is given with this step.",
    )
    field_order = ("text", "confirms", "told_by")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agreed = self.complaint.proposals.filter(answer=Answer.ACCEPTED, credit__isnull=False)
        if not agreed.exists():
            del self.fields["given_already"]


class DecideForm(StepForm):
    """What a manager decides."""

    takes_over = forms.TypedChoiceField(
        label="Decision",
        choices=[("yes", "I take it over"), ("no", "It stays where it is")],
        coerce=lambda word: word == "yes",
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label="What to tell the customer", max_length=8000, widget=forms.Textarea(attrs=AREA)
    )
