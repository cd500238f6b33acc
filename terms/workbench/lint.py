"""A profile against the law: where its own terms fall short, for who answers for compliance."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from terms import library
from terms.clause import Reason, Source
from terms.facts import BadFacts
from terms.profile import Profile, Row
from terms.result import meet
from terms.workbench.examples import Example, examples
from terms.workbench.explain import Answer, bind, by_binding, by_terms, in_plain_words, standing
from terms.workbench.render import LABELS


@dataclass(frozen=True)
class Finding:
    """One answer of the terms that the law overrules, or that only the law gives."""

    example: Example
    field: str
    terms: Any
    kinder: Any
    cites: tuple[Reason, ...]
    against: tuple[Reason, ...]

    def lines(self) -> Iterator[str]:
        """Yield the finding: the question, both answers and both places."""
        yield f"{self.example.asks} ({_facts(self.example.given)})"
        name = self.field.replace("_", " ")
        places = "; ".join(filter(None, map(_place, self.cites)))
        yield f"  the terms: {name} {in_plain_words(self.terms)} [{places or 'silent'}]"
        for each in self.against:
            word = LABELS[each.clause.source]
            yield f"  {word}: {name} {in_plain_words(self.kinder)} [{each.clause.id}]"
            yield f"    {each.clause.says}"


@dataclass(frozen=True)
class Lint:
    """What a comparison with the law found."""

    profile: Profile
    short: tuple[Finding, ...]
    supplied: tuple[Finding, ...]
    weaker: tuple[Finding, ...]
    duties: tuple[Row, ...]

    def lines(self) -> Iterator[str]:
        """Yield the report in four parts, the gravest first."""
        yield f"{self.profile.title}, version {self.profile.version}, against the law"
        yield from _part("Below the law: overruled for protected customers", self.short)
        yield from _part("Silent: only the law answers", self.supplied)
        yield from _part("Lawful, but weaker than the house default", self.weaker)
        yield ""
        yield "Duties that no figure in the terms can show, to be checked by hand"
        for row in self.duties:
            yield f"  {row.clause.id} ({row.conf}): {row.clause.says}"


def lint(profile: Profile, on: date) -> Lint:
    """Put each rule's example to the terms, the law and the default, for a protected customer."""
    short: list[Finding] = []
    supplied: list[Finding] = []
    weaker: list[Finding] = []
    default = library.load(library.DEFAULT, library.latest(library.DEFAULT))
    for example in examples(profile.document).values():
        protected = _protected(example)
        try:
            alone = by_terms(profile, example.rule, protected.given)
            bound = _bound(profile, protected, on)
        except BadFacts:
            continue
        found = tuple(_differences(protected, alone, bound))
        (supplied if alone.silent else short).extend(found)
        if not alone.silent and not found:
            weaker += _weaker(protected, alone, default)
    floor = library.load(library.FLOOR, library.latest(library.FLOOR))
    duties = tuple(row for row in floor.rows if not row.feeds)
    return Lint(profile, tuple(short), tuple(supplied), tuple(weaker), duties)


def _protected(example: Example) -> Example:
    given = {**example.given, "tcp": True} if "tcp" in example.given else example.given
    return Example(example.rule, example.asks, given)


def _bound(profile: Profile, example: Example, on: date) -> Answer:
    customer = standing({"tcp": True, "small_business": True}, example.given, on)
    return by_binding(bind(profile, customer, default=False), example.rule, example.given)


def _differences(example: Example, alone: Answer, bound: Answer) -> Iterator[Finding]:
    law = tuple(each for each in bound.because if each.clause.source is Source.FLOOR)
    for name, value in bound.values.items():
        if law and value is not None and alone.values.get(name) != value:
            yield Finding(example, name, alone.values.get(name), value, alone.because, law)


def _weaker(example: Example, alone: Answer, default: Profile) -> Iterator[Finding]:
    """Yield the fields of an answer that the house default would make kinder."""
    try:
        house = by_terms(default, example.rule, example.given)
    except BadFacts:
        return
    if alone.result is None or house.result is None:
        return
    kindest = meet(alone.result, house.result)
    for name, value in alone.values.items():
        kinder = getattr(kindest, name)
        if value is not None and kinder != value:
            yield Finding(example, name, value, kinder, alone.because, house.because)


def _part(heading: str, findings: tuple[Finding, ...]) -> Iterator[str]:
    yield ""
    yield f"{heading}: {len(findings)}"
    for finding in findings:
        for line in finding.lines():
            yield f"  {line}"


def _place(reason: Reason) -> str:
    return f"{reason.clause.id}, {reason.clause.heading}" if reason.clause.heading else ""


def _facts(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in given.items())
