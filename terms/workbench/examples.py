"""A question for each rule, and facts to try it with."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from terms.source import read

FILE = Path(__file__).parent / "examples.yaml"


@dataclass(frozen=True)
class Example:
    """A rule, what it answers in a customer's words, and facts for it as plain data."""

    rule: str
    asks: str
    given: Mapping[str, Any]


@lru_cache(maxsize=16)
def examples(document: str) -> Mapping[str, Example]:
    """Return an example for each rule by name, with a document's own facts where it has any."""
    return {
        entry["rule"]: Example(entry["rule"], entry["asks"], entry.get(document, entry["given"]))
        for entry in read(FILE).data
    }
