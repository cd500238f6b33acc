"""Clauses, the reasons that cite them, and the typed shapes that they feed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, TypeVar, dataclass_transform


class Source(StrEnum):
    """Where a reason comes from."""

    TERMS = "terms"
    FLOOR = "floor"
    AGREED = "agreed"
    DEFAULT = "default"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One ledger row of a document: what it says in our words, and where that is printed.

    `heading` is the place as printed; None where nothing is printed (a silence, an agreement for
    one service, the house default). `reading` is the number of our reading of that version.
    """

    document: str
    version: str
    id: str
    heading: str | None
    says: str
    source: Source = Source.TERMS
    reading: int = 1


@dataclass(frozen=True, slots=True)
class Reason:
    """A clause and the steps, in plain words, by which it led to the answer."""

    clause: Clause
    steps: tuple[str, ...] = ()


def as_json(because: Iterable[Reason]) -> list[dict[str, Any]]:
    """Return the reasons as plain data, ready for a JSON column."""
    return [
        {
            "document": reason.clause.document,
            "version": reason.clause.version,
            "reading": reason.clause.reading,
            "id": reason.clause.id,
            "clause": reason.clause.heading,
            "says": reason.clause.says,
            "steps": list(reason.steps),
            "source": reason.clause.source.value,
        }
        for reason in because
    ]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Base of all shapes: parameters that one clause gives to a rule."""

    key: ClassVar[str]
    clause: Clause = field(compare=False, repr=False)

    def because(self, *steps: str) -> Reason:
        """Return a reason that cites this clause, with the steps taken."""
        return Reason(self.clause, steps)


SHAPES: dict[str, type[Terms]] = {}

T = TypeVar("T", bound=Terms)


@dataclass_transform(kw_only_default=True, frozen_default=True)
def shape(key: str) -> Callable[[type[T]], type[T]]:
    """Make a frozen dataclass of a class and let profiles feed it under `key`.

    A shape bears the name of the rule that rests on it: `invoice_due_date`. Where documents
    differ in method, each method is a shape of its own, named `rule.method`: `late_fee.flat`.
    A shape that serves many rules (`roll`) is named for what it says.
    """

    def register(cls: type[T]) -> type[T]:
        if key in SHAPES:
            raise ValueError(f"two shapes are called {key!r}")
        made = dataclass(frozen=True, kw_only=True)(cls)
        made.key = key
        SHAPES[key] = made
        return made

    return register
