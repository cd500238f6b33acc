"""A question for each rule, and facts to try it with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from terms.source import read

FILE = Path(__file__).parent / "examples.yaml"


@dataclass(frozen=True)
class Example:
    """A rule, what it answers in a customer's words, and facts for it as plain data.

    `today` names the fact that a page sets to the reader's day; the last day given, if there is
    no such fact.
    """

    rule: str
    asks: str
    given: Mapping[str, Any]
    today: str = ""
    public: bool = True

    def moved_to(self, on: date, zone: ZoneInfo) -> "Example":
        """Return the example with all its days moved, so that the one named `today` is `on`."""
        days = list(_days(self.given, zone))
        if not days:
            return self
        known = self.today in self.given
        anchor = _days({"": self.given[self.today]}, zone) if known else iter([max(days)])
        return replace(self, given=_moved(self.given, on - next(iter(anchor)), zone))


@lru_cache(maxsize=16)
def examples(document: str) -> Mapping[str, Example]:
    """Return an example for each rule by name, with a document's own facts where it has any."""
    return {
        entry["rule"]: Example(
            entry["rule"],
            entry["asks"],
            entry.get(document, entry["given"]),
            entry.get("today", ""),
            entry.get("public", True),
        )
        for entry in read(FILE).data
    }


def _days(value: Any, zone: ZoneInfo) -> Iterator[date]:
    """Yield every day in the facts, an instant as the day on the clock of `zone`."""
    if isinstance(value, datetime):
        yield value.astimezone(zone).date()
    elif isinstance(value, date):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _days(each, zone)
    elif isinstance(value, list):
        for each in value:
            yield from _days(each, zone)


def _moved(value: Any, by: timedelta, zone: ZoneInfo) -> Any:
    """Return the facts moved; an instant keeps its time on the wall, summer or winter."""
    if isinstance(value, datetime):
        on_the_wall = value.astimezone(zone).replace(tzinfo=None) + by
        return on_the_wall.replace(tzinfo=zone)
    if isinstance(value, date):
        return value + by
    if isinstance(value, Mapping):
        return {key: _moved(each, by, zone) for key, each in value.items()}
    return [_moved(each, by, zone) for each in value] if isinstance(value, list) else value
