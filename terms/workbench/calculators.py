"""Questions that a page can ask with a plain form: fields in, answer and working out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from terms import library
from terms.calendar import DeclaredDay
from terms.facts import BadFacts, read_facts, takes
from terms.profile import Profile
from terms.rules import RULES
from terms.vocabulary import Ground, Listed
from terms.workbench import words
from terms.workbench.examples import Example, examples
from terms.workbench.explain import Answer, bind, by_binding, by_terms, standing


@dataclass(frozen=True)
class Field:
    """One input: its name in the form, what kind it is, its choices, what it shows at first.

    `kind` is one of date, datetime, time, money, percent, decimal, number, yes_no, choice, word
    (written with underscores for spaces) and text.
    """

    name: str
    label: str
    kind: str
    value: str
    choices: tuple[str, ...] = ()
    help: str = ""
    required: bool = False


@dataclass(frozen=True)
class Calculator:
    """A question on a rule, the clauses that answer it, and the fields of its form."""

    rule: str
    asks: str
    clauses: tuple[str, ...]
    fields: tuple[Field, ...]
    public: bool = True


@lru_cache(maxsize=32)
def calculators(profile: Profile, today: date | None = None) -> tuple[Calculator, ...]:
    """Return a calculator for each rule that the document answers and a plain form can ask.

    With `today` the forms first show days around it, else those of the example.
    """
    return tuple(
        calculator
        for example in examples(profile.document).values()
        if (calculator := _calculator(profile, example, today)) is not None
    )


@dataclass(frozen=True)
class Worked:
    """What a document answers by itself, and with law and house default around it."""

    alone: Answer
    bound: Answer

    @property
    def differ(self) -> bool:
        """Whether the law changed the answer or something else had to give it."""
        return self.alone.values != self.bound.values


def work_out(
    profile: Profile,
    rule: str,
    filled: Mapping[str, str],
    *,
    on: date,
    tcp: bool,
    declared: tuple[DeclaredDay, ...] = (),
) -> Worked:
    """Return both answers to a filled form, for a protected customer or another.

    The law is that of the first day in the form, or else of `on`. Raise BadFacts as `calculate`
    does, and OutsideCalendar for days beyond the reviewed holidays.
    """
    given = _given(rule, filled)
    if takes(RULES[rule], "tcp"):
        given["tcp"] = tcp
    about = {"tcp": tcp, "as_at": _first_day(read_facts(RULES[rule], given)) or on}
    if given.get("state"):
        about["state"] = given["state"]
    with_days = library.load(profile.document, profile.version, declared)
    bound = bind(with_days, standing(about, given, on), declared=declared)
    return Worked(by_terms(with_days, rule, given), by_binding(bound, rule, given))


def calculate(profile: Profile, rule: str, filled: Mapping[str, str]) -> Answer:
    """Return the answer to a filled form; fields left empty are not given.

    Raise BadFacts, whose path names the field at fault.
    """
    return by_terms(profile, rule, _given(rule, filled))


def _given(rule: str, filled: Mapping[str, str]) -> dict[str, Any]:
    """Return a filled form as plain data; what was left empty is left out."""
    given: dict[str, Any] = {}
    for name, text in filled.items():
        if text == "":
            continue
        *outer, last = name.split(".")
        target = given
        for each in outer:
            target = target.setdefault(each, {})
        target[last] = _value(rule, name, text)
    return {key: _listed(value) for key, value in given.items()}


def _first_day(facts: Mapping[str, Any]) -> date | None:
    for value in facts.values():
        if isinstance(value, date):
            return value.date() if isinstance(value, datetime) else value
    return None


def _listed(value: Any) -> Any:
    """Turn a mapping of positions into a list, inside and out."""
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(each) for key, each in value.items()}
    return list(inner.values()) if all(key.isdigit() for key in inner) else inner


def _calculator(profile: Profile, example: Example, today: date | None) -> Calculator | None:
    hints = get_type_hints(RULES[example.rule])
    given = dict(example.given)
    if "state" in hints:
        given["state"] = profile.default_state.value
    try:
        answer = by_terms(profile, example.rule, given)
    except BadFacts:
        return None
    if answer.silent:
        return None
    if today is not None:
        given |= example.moved_to(today, profile.default_state.zone).given
    known = _known_words(profile, example.rule)
    asked = tuple(
        _narrowed(profile, example.rule, hints, each)
        for key in given
        for each in _fields(key, hints[key], given[key], known)
    )
    cited = tuple(dict.fromkeys(reason.clause.id for reason in answer.because))
    return Calculator(example.rule, example.asks, cited, asked, example.public)


def _narrowed(profile: Profile, rule: str, hints: Mapping[str, Any], field: Field) -> Field:
    """Offer only those grounds that the document names, beside the ordinary one."""
    if _plain(hints.get(field.name)) is not Ground:
        return field
    of = SUSPENDING if rule == "suspension" else ENDING
    named = {part.name for key in of for part in profile.parts.get(key, ()) if part.name}
    first = field.value or Ground.NONE.value
    choices = (first, *(each.value for each in Ground if each.value in named - {first}))
    return replace(field, choices=choices)


def _known_words(profile: Profile, rule: str) -> tuple[tuple[str, ...], ...]:
    """Return the lists of words that the document's own parameters know for a rule."""
    parts = [
        part
        for key, each in profile.parts.items()
        for part in each
        if key.partition(".")[0] == rule
    ]
    lists = [tuple(dict.fromkeys(part.name for part in parts if part.name))]
    for part in parts:
        for one in fields(part.terms):
            value = getattr(part.terms, one.name)
            if isinstance(value, tuple | frozenset | Mapping):
                lists.append(tuple(each for each in value if isinstance(each, str)))
    return tuple(each for each in lists if len(each) > 1)


def _fields(
    name: str, hint: Any, value: Any, known: tuple[tuple[str, ...], ...]
) -> Iterator[Field]:
    """Yield the inputs for a fact: one, or one for each part of it, named by its path."""
    kind = _plain(hint)
    if is_dataclass(kind) and isinstance(value, Mapping):
        hints = get_type_hints(kind)
        for key, each in value.items():
            yield from _fields(f"{name}.{key}", hints[_python_name(key)], each, known)
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from _fields(f"{name}.{at}", get_args(kind)[0], each, known)
    else:
        # What this document's example gives is needed; part of a thing may be left open.
        open_part = "." in name and kind is not hint
        field = _field(name, kind, value, known)
        yield replace(field, required=value is not None and not open_part)


def field_for(rule: str, fact: str) -> Field | None:
    """Return an empty input for a fact that a rule takes; None for what has no one input."""
    if rule not in RULES or not takes(RULES[rule], fact):
        return None
    kind = _plain(get_type_hints(RULES[rule])[fact])
    simple = kind in _KINDS or get_origin(kind) is Literal
    if simple or (isinstance(kind, type) and issubclass(kind, Enum)):
        return _field(fact, kind, None, ())
    return None


def _python_name(key: str) -> str:
    return f"{key}_" if key == "from" else key


def _field(name: str, kind: Any, value: Any, known: tuple[tuple[str, ...], ...]) -> Field:
    last = next(each for each in reversed(name.split(".")) if not each.isdigit())
    choices: tuple[str, ...] = ()
    if get_origin(kind) is Literal:
        choices = tuple(get_args(kind))
    elif isinstance(kind, type) and issubclass(kind, Enum):
        choices = tuple(each.value for each in kind)
    elif kind in (str, Listed):
        listed = next((each for each in known if value in each), ())
        choices = words.choices_of(last) or tuple(sorted(listed))
    shown = "choice" if choices else _KINDS[kind]
    if shown == "text" and _CODE.fullmatch(_text(value)):
        shown = "word"
    if shown == "money":
        shown = _UNITS[words.unit_of(last)]
    return Field(name, _label(name, last), shown, _text(value), choices, words.help_on(last))


def _label(name: str, last: str) -> str:
    """Return a fact's label; one of several says which: "Description (2)"."""
    place = next((int(each) + 1 for each in name.split(".") if each.isdigit()), None)
    label = words.of_fact(last)
    return label if place is None else f"{label} ({place})"


def _plain(hint: Any) -> Any:
    """Return the annotation without None."""
    if get_origin(hint) in (Union, UnionType):
        return next(each for each in get_args(hint) if each is not type(None))
    return hint


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return "" if value is None else str(value)


def _value(rule: str, name: str, text: str) -> Any:
    """Return a form's text as plain data: only yes and no need to be read."""
    kind: Any = None
    hints = get_type_hints(RULES[rule])
    for step in name.split("."):
        kind = _plain(get_args(kind)[0] if step.isdigit() else hints.get(_python_name(step), str))
        hints = get_type_hints(kind) if is_dataclass(kind) and isinstance(kind, type) else hints
    return {"yes": True, "no": False}.get(text, text) if kind is bool else text


ENDING = ("termination.for_cause", "termination.for_customer")
SUSPENDING = ("suspension.ground",)
_CODE = re.compile(r"[a-z][a-z0-9_]*")
_UNITS = {"dollars": "money", "percent": "percent", "number": "decimal"}
_KINDS = {
    Listed: "text",
    bool: "yes_no",
    int: "number",
    Decimal: "money",
    date: "date",
    datetime: "datetime",
    time: "time",
    str: "text",
}
