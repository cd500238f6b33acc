"""The steps of an appointment, and its signature."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from parties.appointments.services import AppointmentRequest
from parties.authority.models import ROLES
from parties.authority.states import POWER_GROUPS, POWERS, AdvocateKind, SignedHow
from portal.adapters.scanning import ScannerUnavailable, malware_in
from portal.composition.name_fields import only_a_name
from terms.facts import Action, Role

# What a file begins with, whatever its name says.
MAGIC = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n": "image/png"}
ALL = "all"
STROKES = re.compile(r"[ML0-9 .]{10,20000}")


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _only_if(choice: str) -> dict[str, str]:
    """Show a field only while this radio button is chosen, in browsers that can."""
    return {"data-if": choice}


class DollarsField(forms.DecimalField):
    """An amount of dollars as people write it: $1,000 is 1000."""

    default_error_messages = {
        "invalid": "Enter an amount in dollars, for example 60 or 60.50.",
        "min_value": "An amount can't be below zero: enter 0 or more.",
        "max_decimal_places": "Cents have two digits: write 60.50.",
    }

    def to_python(self, value: Any) -> Any:
        plain = value.replace("$", "").replace(",", "") if isinstance(value, str) else value
        return super().to_python(plain)


class PersonForm(forms.Form):
    """Who, and as what."""

    role = forms.ChoiceField(label="What should they be?", widget=forms.RadioSelect)
    name = forms.CharField(label="Their full name", max_length=100, validators=[only_a_name])
    email = forms.EmailField(
        label="Their email address", help_text="They get an invitation and a log-in of their own."
    )
    advocate_kind = forms.ChoiceField(
        label="What kind of advocate?",
        choices=[("", "Choose one"), *AdvocateKind.choices],
        error_messages={"required": "Choose the kind of advocate."},
        widget=forms.Select(attrs=_only_if(Role.ADVOCATE)),
    )
    position = forms.CharField(
        label="What do they do for you?",
        max_length=60,
        required=False,
        validators=[only_a_name],
        help_text="For example Accounts, or IT.",
        widget=forms.TextInput(attrs=_only_if(Role.CUSTOMER_CONTACT)),
    )

    def __init__(self, *args: Any, roles: list[str], **_: Any) -> None:
        super().__init__(*args)
        self.fields["role"].choices = [row for row in ROLES if row[0] in roles]
        self.fields["advocate_kind"].required = self.data.get("role") in (None, Role.ADVOCATE)
        if Role.CUSTOMER_CONTACT.value not in roles:
            del self.fields["position"]


class TimeForm(forms.Form):
    """From when until when; both days count."""

    starts_on = forms.DateField(label="First day", widget=DateInput())
    ends_on = forms.DateField(
        label="Last day",
        widget=DateInput(),
        required=False,
        help_text="Leave it empty for as long as you like.",
        error_messages={"required": "Enter the last day: your terms need one."},
    )

    def __init__(self, *args: Any, today: date, needs_last_day: bool, **_: Any) -> None:
        super().__init__(*args)
        self.today = today
        self.fields["starts_on"].initial = today
        if needs_last_day:
            self.fields["ends_on"].required = True
            self.fields["ends_on"].help_text = "Your terms need one; it may be years away."

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        start, end = given.get("starts_on"), given.get("ends_on")
        if start and end and end < max(start, self.today):
            self.add_error("ends_on", "The last day is today or later, and not before the first.")
        return given


class PowersForm(forms.Form):
    """What a representative may do; an advocate only what the terms say, or not even that."""

    extent = forms.ChoiceField(
        label="How far does it go?",
        choices=[("some", "Only what I tick"), (ALL, "Everything that I can do myself")],
        initial="some",
        widget=forms.RadioSelect,
    )
    granted = forms.MultipleChoiceField(
        label="They may",
        widget=forms.CheckboxSelectMultiple(attrs=_only_if("some")),
        error_messages={"required": "Tick at least one thing that they may do."},
    )
    max_expense = DollarsField(
        label="The most that they may agree to pay, a month",
        help_text="In dollars, GST included. Empty for no limit.",
        required=False,
        min_value=0,
        decimal_places=2,
        max_digits=10,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    services = forms.MultipleChoiceField(
        label="For which services?",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Tick none for all of them.",
    )
    statement = forms.CharField(
        label="Should they do nothing without you? Then write so here",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Your words are kept as your written wish. Leave it empty, and they may do what "
        "your terms let an advocate do alone.",
    )

    def __init__(
        self, *args: Any, role: str, held: list[Action], services: list[tuple[str, str]], **_: Any
    ) -> None:
        super().__init__(*args)
        own = {
            Role.AUTHORISED_REP: ("extent", "granted", "max_expense", "services"),
            Role.ADVOCATE: ("statement",),
        }.get(Role(role), ())
        for name in list(self.fields):
            if name not in own or (name == "services" and not services):
                del self.fields[name]
        if "granted" in self.fields:
            self.fields["granted"].required = self.data.get("extent") != ALL
            self.held = [one.value for one in held]
            groups = {
                name: [(one.value, POWERS[one]) for one in group if one in held]
                for name, group in POWER_GROUPS.items()
            }
            self.fields["granted"].choices = [
                (name, rows) for name, rows in groups.items() if rows
            ]
        if "services" in self.fields:
            self.fields["services"].choices = services

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("extent") == ALL:
            given["granted"] = self.held
        return given


class SignForm(forms.Form):
    """The signature: typed, drawn, on paper, or another way for who can't sign."""

    how = forms.ChoiceField(
        label="How do you sign?",
        choices=[
            (SignedHow.TYPED, "Type my name"),
            (SignedHow.DRAWN, "Draw it here (needs a mouse or a finger)"),
            (SignedHow.UPLOADED, "Upload the signed form"),
            (SignedHow.SUBSTITUTE, "I can't sign: agree on another way with staff"),
        ],
        initial=SignedHow.TYPED,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label="Your full name",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    drawing = forms.CharField(required=False, widget=forms.HiddenInput)
    file = forms.FileField(
        label="The signed form",
        required=False,
        help_text="PDF, JPG or PNG, up to 10 MB.",
        widget=forms.ClearableFileInput(attrs=_only_if(SignedHow.UPLOADED)),
    )
    words = forms.CharField(
        label="What would work for you instead of signing?",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs=_only_if(SignedHow.SUBSTITUTE)),
    )

    def clean_file(self) -> UploadedFile[Any] | None:
        file: UploadedFile[Any] | None = self.cleaned_data.get("file")
        if file is None:
            return None
        if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError("The file is larger than 10 MB. Scan it smaller.")
        begin = file.read(8)
        file.seek(0)
        kind = next((kind for magic, kind in MAGIC.items() if begin.startswith(magic)), "")
        if not kind:
            raise forms.ValidationError("This is no PDF, JPG or PNG. Save it as one of them.")
        try:
            found = malware_in(file)
        except ScannerUnavailable:
            raise forms.ValidationError(
                "We can't check files just now. Try again later, or sign on the screen."
            ) from None
        if found:
            raise forms.ValidationError("This file holds malware. Scan your device first.")
        self.cleaned_data["media_type"] = kind
        return file

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        how = given.get("how")
        if how == SignedHow.DRAWN and not STROKES.fullmatch(given.get("drawing") or ""):
            self.add_error("how", "Draw your signature in the box, or type your name.")
        if how == SignedHow.UPLOADED and not given.get("file") and "file" not in self.errors:
            self.add_error("file", "Choose the file with the signed form.")
        if how == SignedHow.SUBSTITUTE and not given.get("words"):
            self.add_error("words", "Say in a few words what would work for you.")
        return given


def wanted_from(
    steps: dict[str, dict[str, Any]], held: list[Action], labels: dict[str, str]
) -> AppointmentRequest:
    """Put the clean answers of all steps together. `limits` are the powers left unticked.

    `labels` are the account's services by public id.
    """
    person, time, powers = steps["person"], steps["time"], steps["powers"]
    role = Role(person["role"])
    limits: tuple[str, ...] = ()
    if role is Role.AUTHORISED_REP:
        granted = set(powers["granted"]) & {one.value for one in held}
        limits = tuple(one.value for one in Action if one.value not in granted)
    return AppointmentRequest(
        name=person["name"],
        email=person["email"],
        role=role,
        starts_on=time["starts_on"],
        ends_on=time["ends_on"],
        limits=limits,
        max_expense=powers.get("max_expense"),
        services={one: labels.get(one, one) for one in powers.get("services", ())},
        advocate_kind=person["advocate_kind"] if role is Role.ADVOCATE else "",
        position=person.get("position", "") if role is Role.CUSTOMER_CONTACT else "",
        statement=powers.get("statement", ""),
    )
