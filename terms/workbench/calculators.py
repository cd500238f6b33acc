"""Questions that a page can ask with a plain form: fields in, answer and working out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from terms.facts import BadFacts
from terms.profile import Profile
from terms.rules import RULES
from terms.workbench.examples import Example, examples
from terms.workbench.explain import Answer, by_terms


@dataclass(frozen=True)
class Field:
    """One input: its name in the form, what kind it is, its choices, what it shows at first.

    `kind` is one of date, datetime, time, money, number, yes_no, choice, text.
    """

    name: str
    label: str
    kind: str
    value: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Calculator:
    """A question on a rule, the clauses that answer it, and the fields of its form."""

    rule: str
    asks: str
    clauses: tuple[str, ...]
    fields: tuple[Field, ...]


def calculators(profile: Profile) -> tuple[Calculator, ...]:
    """Return a calculator for each rule that the document answers and a plain form can ask."""
    return tuple(
        calculator
        for example in examples(profile.document).values()
        if (calculator := _calculator(profile, example)) is not None
    )


def calculate(profile: Profile, rule: str, filled: Mapping[str, str]) -> Answer:
    """Return the answer to a filled form; fields left empty are not given.

    Raise BadFacts, whose path names the field at fault.
    """
    given: dict[str, Any] = {}
    for name, text in filled.items():
        if text == "":
            continue
        *outer, last = name.split(".")
        target = given
        for each in outer:
            target = target.setdefault(each, {})
        target[last] = _value(rule, name, text)
    return by_terms(profile, rule, {key: _listed(value) for key, value in given.items()})


def _listed(value: Any) -> Any:
    """Turn a mapping of positions into a list, inside and out."""
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(each) for key, each in value.items()}
    return list(inner.values()) if all(key.isdigit() for key in inner) else inner


def _calculator(profile: Profile, example: Example) -> Calculator | None:
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
    asked = tuple(each for key in given for each in _fields(key, hints[key], given[key]))
    cited = tuple(dict.fromkeys(reason.clause.id for reason in answer.because))
    return Calculator(example.rule, example.asks, cited, asked)


def _fields(name: str, hint: Any, value: Any) -> Iterator[Field]:
    """Yield the inputs for a fact: one, or one for each part of it, named by its path."""
    kind = _plain(hint)
    if is_dataclass(kind) and isinstance(value, Mapping):
        hints = get_type_hints(kind)
        for key, each in value.items():
            yield from _fields(f"{name}.{key}", hints[_python_name(key)], each)
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from _fields(f"{name}.{at}", get_args(kind)[0], each)
    else:
        yield _field(name, kind, value)


def _python_name(key: str) -> str:
    return f"{key}_" if key == "from" else key


def _field(name: str, kind: Any, value: Any) -> Field:
    steps = [each for each in name.split(".") if not each.isdigit()]
    label = _LABELS.get(steps[-1], steps[-1].replace("_", " ").capitalize())
    if get_origin(kind) is Literal:
        return Field(name, label, "choice", _text(value), tuple(get_args(kind)))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return Field(name, label, "choice", _text(value), tuple(each.value for each in kind))
    return Field(name, label, _KINDS[kind], _text(value))


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


_LABELS = {"tcp": "Protected consumer", "acl_consumer": "Consumer under these terms"}
_KINDS = {
    bool: "yes_no",
    int: "number",
    Decimal: "money",
    date: "date",
    datetime: "datetime",
    time: "time",
    str: "text",
}
