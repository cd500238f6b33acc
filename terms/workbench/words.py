"""The words that forms, answers and lists use for the names of facts, fields and values."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from terms.source import read

FILE = Path(__file__).parent / "words.yaml"


def of_fact(name: str) -> str:
    """Return the label of a fact that a form asks for."""
    return str(_facts().get(name, {}).get("label") or humanised(name))


def help_on(name: str) -> str:
    """Return the hint beside a fact; empty where the label says all."""
    return str(_facts().get(name, {}).get("help", ""))


def unit_of(name: str) -> str:
    """Return the unit of a fact that is a decimal: dollars, percent or number."""
    return str(_facts().get(name, {}).get("unit", "dollars"))


def choices_of(name: str) -> tuple[str, ...]:
    """Return the values that a fact is chosen from, where a document's own do not say all."""
    return tuple(_facts().get(name, {}).get("choices", ()))


def of_answer(name: str) -> str:
    """Return the label of a field of an answer."""
    return str(_words()["answers"].get(name) or humanised(name))


def of_choice(value: str) -> str:
    """Return what a reader is shown for a value that the documents write in one word."""
    return str(_words()["choices"].get(value) or humanised(value))


def of_audience(applies_to: str) -> str:
    """Return for whom a clause is, as it follows its text: `for everyone`."""
    kind, _, name = applies_to.partition(":")
    return (
        f"for the service {name.replace('_', ' ')}" if name else str(_words()["audiences"][kind])
    )


def listed(part: str) -> tuple[str, ...]:
    """Return the names that have words of their own: of `facts`, `answers` or `choices`."""
    return tuple(_words()[part])


def humanised(name: str) -> str:
    """Return a name as words: `first_used_on` is "First used on"; capitals stay."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _facts() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = _words()["facts"]
    return found


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Any]:
    found: Mapping[str, Any] = read(FILE).data
    return found
