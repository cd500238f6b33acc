"""A profile against the law: where its own terms fall short, for who answers for compliance."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from terms import library
from terms.clause import Clause, Reason, Source
from terms.facts import BadFacts
from terms.profile import Answered, Profile, Row
from terms.result import meet
from terms.workbench import words
from terms.workbench.examples import Example, examples
from terms.workbench.explain import (
    Answer,
    answered,
    bind,
    by_binding,
    by_terms,
    in_plain_words,
    standing,
)
from terms.workbench.render import LABELS


@dataclass(frozen=True)
class Finding:
    """An answer of the terms that something kinder overrules, or that only the other gives.

    `fields` are the values that differ: name, the terms' value, the kinder one.
    """

    example: Example
    fields: tuple[tuple[str, Any, Any], ...]
    cites: tuple[Reason, ...]
    against: tuple[Reason, ...]

    @property
    def facts(self) -> str:
        """The example's facts in words."""
        return ", ".join(_fact(key, value) for key, value in self.example.given.items())

    @property
    def values(self) -> tuple[tuple[str, str, str], ...]:
        """The values that differ as a reader would write them: label, the terms', the kinder."""
        return tuple(
            (words.of_answer(name), in_plain_words(terms), in_plain_words(kinder))
            for name, terms, kinder in self.fields
        )

    def lines(self) -> Iterator[str]:
        """Yield the finding: the question, its facts, both answers and both places."""
        yield self.example.asks
        if self.facts:
            yield f"  given: {self.facts}"
        for name, terms, kinder in self.fields:
            label = name.replace("_", " ")
            yield f"  {label}: {in_plain_words(terms)} → {in_plain_words(kinder)}"
        for each in (*self.cites, *self.against):
            yield f"  {LABELS[each.clause.source]}: {_place(each)}: {each.clause.says}"


@dataclass(frozen=True)
class Lint:
    """What a comparison with the law found."""

    profile: Profile
    short: tuple[Finding, ...]
    supplied: tuple[Finding, ...]
    weaker: tuple[Finding, ...]
    duties: tuple[Row, ...]
    spoken: tuple[tuple[str, tuple[Clause, ...]], ...] = ()

    def lines(self) -> Iterator[str]:
        """Yield the report in five parts, the gravest first."""
        edition = f"version {self.profile.version}, reading {self.profile.reading}"
        yield f"{self.profile.title}, {edition}, against the law"
        yield from _part("Below the law: overruled for protected customers", self.short)
        yield from _part("Silent: only the law answers", self.supplied)
        yield from _part("Lawful, but weaker than the house default", self.weaker)
        yield ""
        yield f"Spoken of, but not computed here: {len(self.spoken)}"
        for asks, clauses in self.spoken:
            yield f"  {asks} See {', '.join(f'{each.id} ({each.heading})' for each in clauses)}"
        yield ""
        yield "Duties that no figure in the terms can show, to be checked by hand"
        for row in self.duties:
            why = f" Not run: {row.missing}." if row.missing else ""
            yield f"  {row.clause.id} ({row.conf}): {row.clause.says}{why}"


def lint(profile: Profile, on: date) -> Lint:
    """Put each rule's example to the terms, the law and the default, for a protected customer."""
    short: list[Finding] = []
    supplied: list[Finding] = []
    weaker: list[Finding] = []
    default = library.newest(library.DEFAULT)
    for example in examples(profile.document).values():
        protected = _protected(example)
        try:
            alone = by_terms(profile, example.rule, protected.given)
            bound = _bound(profile, protected, on)
        except BadFacts:
            continue
        found = tuple(_overruled(protected, alone, bound))
        (supplied if alone.silent else short).extend(found)
        if not alone.silent and not found:
            weaker += _weaker(protected, alone, default)
    duties = tuple(row for row in library.newest(library.FLOOR).rows if not row.feeds)
    spoken = tuple(
        (example.asks, profile.spoken(rule))
        for rule, example in examples(profile.document).items()
        if answered(profile, rule)[0] is Answered.SEE_CLAUSE
    )
    return Lint(profile, tuple(short), tuple(supplied), tuple(weaker), duties, spoken)


def _protected(example: Example) -> Example:
    given = {**example.given, "tcp": True} if "tcp" in example.given else example.given
    return Example(example.rule, example.asks, given)


def _bound(profile: Profile, example: Example, on: date) -> Answer:
    customer = standing({"tcp": True, "small_business": True}, example.given, on)
    return by_binding(bind(profile, customer, default=False), example.rule, example.given)


def _overruled(example: Example, alone: Answer, bound: Answer) -> Iterator[Finding]:
    """Yield what the law changes in an answer, or what it alone gives."""
    law = tuple(each for each in bound.because if each.clause.source is Source.FLOOR)
    changed = tuple(
        (name, alone.values.get(name), value)
        for name, value in bound.values.items()
        if value is not None and alone.values.get(name) != value
    )
    if law and changed:
        yield Finding(example, changed, alone.because, law)


def _weaker(example: Example, alone: Answer, default: Profile) -> Iterator[Finding]:
    """Yield what the house default would make kinder in an answer."""
    try:
        house = by_terms(default, example.rule, example.given)
    except BadFacts:
        return
    if alone.result is None or house.result is None:
        return
    kindest = meet(alone.result, house.result)
    changed = tuple(
        (name, value, getattr(kindest, name))
        for name, value in alone.values.items()
        if value is not None and getattr(kindest, name) != value
    )
    if changed:
        yield Finding(example, changed, alone.because, house.because)


def _part(heading: str, findings: tuple[Finding, ...]) -> Iterator[str]:
    yield ""
    yield f"{heading}: {len(findings)}"
    for finding in findings:
        for line in finding.lines():
            yield f"  {line}"


def _place(reason: Reason) -> str:
    """Return id and printed place; of a row of law also how far it could be verified."""
    sure = {row.clause.id: row.conf for row in library.newest(library.FLOOR).rows}.get(
        reason.clause.id
    )
    parts = (reason.clause.id, reason.clause.heading, sure and f"({sure})")
    return " ".join(part for part in parts if part)


def _fact(key: str, value: Any) -> str:
    words = value if isinstance(value, str) else in_plain_words(value)
    return f"{key.replace('_', ' ')} {words}"
