"""Two versions of a document: which clauses differ, and what that means in days and dollars."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from terms.facts import BadFacts
from terms.money import in_dollars
from terms.profile import Part, Profile, Row
from terms.workbench import words
from terms.workbench.examples import Example, examples
from terms.workbench.explain import by_terms, in_plain_words


@dataclass(frozen=True)
class Change:
    """An example customer's answer that a new version changes."""

    example: Example
    field: str
    before: Any
    after: Any

    @property
    def by(self) -> str:
        """By how many days or dollars, where the answer is one of those."""
        if isinstance(self.before, Decimal) and isinstance(self.after, Decimal):
            return f" ({_signed(in_dollars(abs(self.after - self.before)), self)})"
        if type(self.before) is date and type(self.after) is date:
            days = abs((self.after - self.before).days)
            return f" ({_signed(f'{days} days', self)})"
        return ""

    @property
    def what(self) -> str:
        """The label of the answer's field that changes."""
        return words.of_answer(self.field)

    @property
    def in_words(self) -> str:
        """Before and after, and by how much."""
        return f"{in_plain_words(self.before)} → {in_plain_words(self.after)}{self.by}"

    def __str__(self) -> str:
        """Return the change as a line."""
        return f"{self.example.asks} {self.field.replace('_', ' ')}: {self.in_words}"


@dataclass(frozen=True)
class Diff:
    """What a new version changes."""

    old: Profile
    new: Profile
    clauses: tuple[str, ...]
    changes: tuple[Change, ...]

    def lines(self) -> Iterator[str]:
        """Yield the clauses that differ, then the answers that differ."""
        yield f"{self.old.document}: {_edition(self.old)} → {_edition(self.new)}"
        yield ""
        yield f"Clauses that differ: {len(self.clauses)}"
        yield from (f"  {each}" for each in self.clauses)
        yield ""
        yield f"Answers that differ, for example customers: {len(self.changes)}"
        yield from (f"  {each}" for each in self.changes)


def _edition(profile: Profile) -> str:
    return f"{profile.version}, reading {profile.reading}"


def diff(old: Profile, new: Profile) -> Diff:
    """Compare two versions of one document, or two readings of one version."""
    clauses = (*_clauses(old, new), *_readings(old, new))
    return Diff(old, new, clauses, tuple(_answers(old, new)))


def _readings(old: Profile, new: Profile) -> Iterator[str]:
    """Yield which doubts are new, and which are read differently now."""
    before = {each.id: each.chosen for each in old.readings}
    for each in new.readings:
        if each.id not in before:
            yield f"{each.id} is a new doubt, read so: {each.chosen}"
        elif before[each.id] != each.chosen:
            yield f"{each.id} is now read so: {each.chosen}"


def _clauses(old: Profile, new: Profile) -> Iterator[str]:
    before = {row.clause.id: row for row in old.rows}
    after = {row.clause.id: row for row in new.rows}
    for each in before.keys() - after.keys():
        yield f"{each} is gone: {before[each].clause.says}"
    for each, row in after.items():
        if each not in before:
            yield f"{each} is new: {row.clause.says}"
            continue
        yield from _said(each, before[each], row)
        yield from _figures(each, _parts(old, before[each]), _parts(new, row))


def _said(clause: str, old: Row, new: Row) -> Iterator[str]:
    """Yield what differs of a row beside what it feeds: place, text, days, sureness, figures."""
    if old.clause.says != new.clause.says:
        yield f"{clause} now says: {new.clause.says}"
    if old.clause.heading != new.clause.heading:
        yield f"{clause} now stands in: {new.clause.heading or 'nothing printed'}"
    for label, was, now in (
        ("from", old.effective_from, new.effective_from),
        ("until", old.effective_to, new.effective_to),
        ("conf", old.conf, new.conf),
    ):
        if was != now:
            yield f"{clause} {label}: {was or 'not said'} → {now or 'not said'}"
    for label, before, after in (
        ("conf of", old.conf_of, new.conf_of),
        ("figure", old.parameters, new.parameters),
    ):
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                was, now = (side.get(name, "none") for side in (before, after))
                yield f"{clause} {label} {name}: {was} → {now}"


def _parts(profile: Profile, row: Row) -> dict[str, Part]:
    return {
        f"{part.terms.key}:{part.name}" if part.name else part.terms.key: part
        for parts in profile.parts.values()
        for part in parts
        if part.terms.clause.id == row.clause.id
    }


def _figures(clause: str, before: dict[str, Part], after: dict[str, Part]) -> Iterator[str]:
    for key in sorted(before.keys() | after.keys()):
        if key not in before or key not in after:
            yield f"{clause} {'no longer' if key in before else 'now'} feeds {key}"
            continue
        old, new = before[key].terms, after[key].terms
        for one in fields(new):
            if one.name != "clause" and getattr(old, one.name) != getattr(new, one.name):
                was, now = getattr(old, one.name), getattr(new, one.name)
                yield f"{clause} {key}.{one.name}: {was} → {now}"


def _answers(old: Profile, new: Profile) -> Iterator[Change]:
    for example in examples(new.document).values():
        try:
            before = by_terms(old, example.rule, example.given).values
            after = by_terms(new, example.rule, example.given).values
        except BadFacts:
            continue
        for name in {**before, **after}:
            if before.get(name) != after.get(name):
                yield Change(example, name, before.get(name), after.get(name))


def _signed(words: str, change: Change) -> str:
    later: date | datetime | Decimal = change.after
    return f"{'+' if later > change.before else '−'}{words}"
