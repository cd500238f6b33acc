"""Forms made from the typed facts of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from terms.calendar import State, reviewed_years
from terms.facts import BadFacts
from terms.workbench import words
from terms.workbench.calculators import Calculator, Field, field_for

PROTECTED = "tcp"
NEEDED = "Fill this in: the answer depends on it."
YES_NO = [("yes", "Yes"), ("no", "No")]
MOST = Decimal("9999999.99")


class ReadersForm(forms.Form):
    """For whom the clauses are shown; stands beside the search."""

    readers = forms.ChoiceField(
        label="Show what binds",
        choices=[
            ("all", "Everyone"),
            ("protected", "Protected consumers"),
            ("others", "All other customers"),
        ],
    )


class CalculatorForm(forms.Form):
    """The facts of one question; what is filled in wrongly is said beside its field."""

    def __init__(self, calculator: Calculator, data: Mapping[str, str] | None = None) -> None:
        self.rule = calculator.rule
        self.asked = [each for each in calculator.fields if each.name != PROTECTED]
        known = {PROTECTED, *(each.name for each in self.asked)}
        besides = (field_for(self.rule, name) for name in data or () if name not in known)
        self.asked += filter(None, besides)
        first_shown = {each.name: _first_shown(each) for each in self.asked} | {PROTECTED: "yes"}
        super().__init__({PROTECTED: "yes", **data} if data else first_shown)
        for each in self.asked:
            self.fields[each.name] = _form_field(each)
            self.fields[each.name].error_messages["required"] = NEEDED
        self.fields[PROTECTED] = forms.ChoiceField(
            label="Protected consumer?",
            help_text="Most people at home are, and small businesses that could not negotiate.",
            choices=YES_NO,
            widget=forms.RadioSelect,
            error_messages={"required": NEEDED},
        )

    def filled(self, home: State) -> dict[str, str]:
        """Return the facts as the calculator takes them; times are on the clock of the state."""
        zone = State(self.cleaned_data.get("state") or home).zone
        return {each.name: _plain(each, self.cleaned_data[each.name], zone) for each in self.asked}

    def refuse(self, refusal: BadFacts) -> None:
        """Show what the rule refused beside its field; a fact not asked for yet is asked now."""
        name = ".".join(map(str, refusal.path))
        within = [
            each
            for each in self.fields
            if each.startswith(f"{name}.") and self.cleaned_data.get(each) in (None, "")
        ]
        if name not in self.fields and not within and (field := field_for(self.rule, name)):
            self.asked.append(field)
            self.fields[name] = _form_field(field)
        if within:
            for each in within:
                self.add_error(each, NEEDED)
        elif name not in self.fields:
            self.add_error(None, refusal.problem)
        else:
            missing = self.cleaned_data.get(name) in (None, "")
            self.add_error(name, NEEDED if missing else refusal.problem)


def _first_shown(field: Field) -> str:
    if field.kind == "datetime" and field.value:
        return f"{datetime.fromisoformat(field.value):%Y-%m-%dT%H:%M}"
    return field.value.replace("_", " ") if field.kind == "word" else field.value


def _form_field(field: Field) -> forms.Field:
    facts: dict[str, Any] = {
        "label": field.label,
        "help_text": field.help,
        "required": field.required,
    }
    if field.kind == "yes_no":
        return forms.ChoiceField(choices=YES_NO, widget=forms.RadioSelect, **facts)
    if field.kind == "choice":
        named = [(each, words.of_choice(each)) for each in field.choices]
        return forms.ChoiceField(choices=named, **facts)
    return _TYPED[field.kind](facts)


def _date(facts: dict[str, Any]) -> forms.Field:
    first, last = reviewed_years()
    attrs = {"type": "date", "min": f"{first}-01-01", "max": f"{last}-12-31"}
    widget = forms.DateInput(format="%Y-%m-%d", attrs=attrs)
    wrong = {"invalid": "Give a day, such as 29/12/2026."}
    return forms.DateField(
        widget=widget,
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d %b %Y", "%d %B %Y"],
        error_messages=wrong,
        **facts,
    )


def _instant(facts: dict[str, Any]) -> forms.Field:
    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
    wrong = {"invalid": "Give a day and a time, such as 2026-12-29 14:30."}
    return _WallClockField(widget=widget, error_messages=wrong, **facts)


class _WallClockField(forms.DateTimeField):
    """A day and a time as they stand on the wall of a place that is known only later."""

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            return datetime.fromisoformat(value.strip())
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


def _time(facts: dict[str, Any]) -> forms.Field:
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    wrong = {"invalid": "Give a time, such as 17:00."}
    return forms.TimeField(widget=widget, error_messages=wrong, **facts)


def _decimal(wrong: str) -> Any:
    def made(facts: dict[str, Any]) -> forms.Field:
        return forms.DecimalField(
            min_value=0,
            max_value=MOST,
            decimal_places=6,
            widget=forms.TextInput(
                attrs={"inputmode": "decimal", "autocomplete": "off", "class": "input--short"}
            ),
            error_messages={"invalid": wrong},
            **facts,
        )

    return made


def _number(facts: dict[str, Any]) -> forms.Field:
    return forms.IntegerField(
        min_value=0,
        max_value=1_000_000,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "input--short"}
        ),
        error_messages={"invalid": "Give a whole number, such as 12."},
        **facts,
    )


def _word(facts: dict[str, Any]) -> forms.Field:
    return forms.RegexField(
        r"^[A-Za-z][A-Za-z0-9 ]*$",
        max_length=60,
        error_messages={"invalid": "Use letters and numbers only."},
        **facts,
    )


def _text(facts: dict[str, Any]) -> forms.Field:
    return forms.CharField(max_length=120, **facts)


_TYPED: dict[str, Any] = {
    "date": _date,
    "datetime": _instant,
    "time": _time,
    "money": _decimal("Give an amount in dollars, such as 27.50."),
    "percent": _decimal("Give a number of per cent, such as 2.5."),
    "decimal": _decimal("Give a number, such as 2.5."),
    "number": _number,
    "word": _word,
    "text": _text,
}


def _plain(field: Field, value: Any, zone: ZoneInfo) -> str:
    if field.kind == "word":
        return str(value).lower().replace(" ", "_")
    if isinstance(value, datetime):
        return value.replace(tzinfo=zone).isoformat()
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
