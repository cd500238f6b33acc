"""What staff say of an outage: what does not work, where, since when, until when."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django import forms

from contracts.catalogue.states import ServiceKind
from contracts.requests.selectors import Area
from contracts.requests.services import Declared
from contracts.requests.states import Region
from parties.accounts.models import Provider
from portal.web.fields import MomentField

from .seen_form import SeenForm

POSTCODE = re.compile(r"\d{4}")
MOST = 500
SPLIT = re.compile(r"[,;\n]+")


class ListField(forms.CharField):
    """Several things, parted by commas or lines; a tuple of them, each once, when cleaned."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 2})
        super().__init__(**{"required": False, "max_length": 8_000, "widget": widget, **kwargs})

    def clean(self, value: Any) -> tuple[str, ...]:
        parts = (" ".join(part.split()) for part in SPLIT.split(super().clean(value)))
        found = tuple(dict.fromkeys(filter(None, parts)))
        if len(found) > MOST:
            raise forms.ValidationError(f"Give at most {MOST} at a time.")
        return found


class PlacesForm(SeenForm):
    """Where it is: postcodes, suburbs, single services."""

    postcodes = ListField(label="Postcodes", help_text="Parted by commas: 3000, 3004")
    suburbs = ListField(label="Suburbs", help_text="As service addresses have them.")
    identifiers = ListField(
        label="Single services",
        help_text="By number, link or host name, wherever they lie.",
    )

    def clean_postcodes(self) -> tuple[str, ...]:
        given: tuple[str, ...] = self.cleaned_data["postcodes"]
        wrong = [one for one in given if not POSTCODE.fullmatch(one)]
        if wrong:
            raise forms.ValidationError(f"A postcode has four digits: correct {wrong[0][:20]}.")
        return given

    def area(self) -> Area:
        """The places as given."""
        given = self.cleaned_data
        return Area(
            kinds=tuple(given.get("kinds") or ()),
            postcodes=given["postcodes"],
            suburbs=given["suburbs"],
            identifiers=given["identifiers"],
        )


class DeclareForm(PlacesForm):
    """An outage, or planned work."""

    provider = forms.ModelChoiceField(label="Provider", queryset=Provider.objects.none())
    what = forms.CharField(
        label="What does not work",
        max_length=200,
        min_length=5,
        help_text="As customers read it, in a few words: “Internet and phone in Geelong”.",
    )
    words = forms.CharField(
        label="What you tell them",
        min_length=10,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What happened, what is being done, what they can do meanwhile.",
    )
    kinds = forms.MultipleChoiceField(
        label="Which kinds of service",
        choices=ServiceKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: all kinds that lie there.",
    )
    began_at = MomentField(label="Began, or begins")
    expected_at = MomentField(
        label="Expected to be over",
        required=False,
        help_text="Empty: nobody knows yet. Planned work has such an hour.",
    )
    is_planned = forms.BooleanField(label="It is planned work", required=False)
    is_agreed = forms.BooleanField(
        label="Its hours were agreed with those whom it hits", required=False
    )
    is_urgent = forms.BooleanField(label="It is urgent repair and can't wait", required=False)
    region = forms.ChoiceField(
        label="Where most of it lies", choices=Region.choices, initial=Region.CITY
    )
    hits_whole_state = forms.BooleanField(
        label="It hits a whole state or territory", required=False
    )
    is_natural_disaster = forms.BooleanField(label="A natural disaster caused it", required=False)
    field_order = (
        *("provider", "what", "words", "began_at", "expected_at", "kinds", "postcodes"),
        *("suburbs", "identifiers", "region", "hits_whole_state", "is_natural_disaster"),
        *("is_planned", "is_agreed", "is_urgent"),
    )

    def __init__(self, *args: Any, providers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].queryset = providers

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        named = any(given.get(one) for one in ("postcodes", "suburbs", "identifiers"))
        if not self.errors and not named:
            raise forms.ValidationError("Say where it is: postcodes, suburbs or single services.")
        return given

    @property
    def subject(self) -> str:
        """All that was shown, in few signs: lists of places can be long."""
        facts = repr([(name, self.cleaned_data[name]) for name in self._facts])
        return hashlib.sha256(facts.encode()).hexdigest()

    def said(self) -> Declared:
        """What was entered, as declaring takes it."""
        given = self.cleaned_data
        return Declared(
            area=self.area(),
            region=Region(given["region"]),
            **{
                name: given[name]
                for name in (
                    *("what", "words", "began_at", "expected_at", "is_planned", "is_agreed"),
                    *("is_urgent", "hits_whole_state", "is_natural_disaster"),
                )
            },
        )


class WordsForm(forms.Form):
    """What customers read next."""

    words = forms.CharField(
        label="What you tell them",
        min_length=10,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class UpdateForm(PlacesForm, WordsForm):
    """How it goes, and where it turned out to be as well."""

    expected_at = MomentField(
        label="Expected to be over", required=False, help_text="Empty: nobody knows yet."
    )
    field_order = ("words", "expected_at", "postcodes", "suburbs", "identifiers")


class EndForm(WordsForm):
    """Since when everything works again."""

    ended_at = MomentField(label="Works again since")
    field_order = ("ended_at", "words")
