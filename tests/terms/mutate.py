"""Change every figure of every profile, one at a time; see whether a case notices.

A figure is a number, an amount, a time, a yes or no, a word of a vocabulary, or a word in a list.
Whole clauses are dropped, causes and other names changed, audiences exchanged. A survivor is what
no case depends on: write a case, or a reason into survivors.yaml.
Run by `make mutate-terms`.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, time
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from terms import library
from terms.profile import Part, Profile
from terms.source import read
from terms.workbench import Case, read_cases, run_case
from terms.workbench.cases import Shelf

HERE = Path(__file__).parent
Cases = dict[str, list[Case]]
Witnesses = dict[tuple[str, str], list[Case]]
OTHERS = {"tcp": "non_tcp", "non_tcp": "tcp", "acl": "non_acl", "non_acl": "acl"}


@dataclass(frozen=True)
class Mutant:
    """One figure of one part of a shape, changed."""

    document: str
    shape: str
    clause: str
    figure: str
    profile: Profile

    @property
    def name(self) -> str:
        """Document, clause and figure: what survivors.yaml lists."""
        return f"{self.document} {self.clause} {self.figure}"


def mutants(profile: Profile) -> Iterator[Mutant]:
    """Yield the profile with each figure changed in turn; the default's values are ours to set."""
    for key, parts in profile.parts.items():
        for at, part in enumerate(parts):
            name = f"{key}:{part.name}" if part.name else key
            for figure, changed in (("dropped", ()), *_for_others(part), *_changed(part)):
                others = (*parts[:at], *changed, *parts[at + 1 :])
                yield Mutant(
                    profile.document,
                    key,
                    part.terms.clause.id,
                    f"{name}.{figure}",
                    replace(profile, parts={**profile.parts, key: others}),
                )


def _for_others(part: Part) -> Iterator[tuple[str, tuple[Part, ...]]]:
    """Yield the part given to the other class of customers, and freed of its name."""
    other = OTHERS.get(part.applies_to)
    if other:
        yield "audience", (replace(part, applies_to=other),)
    if part.name:
        yield "name", (replace(part, name=f"not {part.name}"),)


def _changed(part: Part) -> Iterator[tuple[str, tuple[Part, ...]]]:
    """Yield each figure's name and the part with another value there; a default is no figure."""
    for one in fields(part.terms):
        value = getattr(part.terms, one.name)
        if one.name == "clause" or value == one.default:
            continue
        for path, other in _others(one.name, value):
            yield path, (replace(part, terms=replace(part.terms, **{one.name: other})),)


def _others(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield other values for a figure, or for each figure inside it, by path."""
    if isinstance(value, tuple):
        for at, each in enumerate(value):
            if isinstance(each, str):
                yield f"{path}.{each}", (*value[:at], *value[at + 1 :])
            for inner, other in _others(f"{path}.{at}", each):
                yield inner, (*value[:at], other, *value[at + 1 :])
    elif isinstance(value, dict):
        for key, each in value.items():
            for inner, other in _others(f"{path}.{key}", each):
                yield inner, {**value, key: other}
    else:
        yield from ((path, other) for other in _other(value))


def _other(value: Any) -> Iterator[Any]:
    """Yield another value, if this is a figure: one more, one cent more, a minute later, not."""
    if isinstance(value, Enum):
        words = list(type(value))
        if len(words) > 1:
            yield words[(words.index(value) + 1) % len(words)]
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, Decimal):
        yield value + (Decimal("0.01") if value.as_tuple().exponent else 1)
    elif isinstance(value, time):
        yield value.replace(minute=(value.minute + 1) % 60)


def all_cases() -> Cases:
    """Return every case, by each document that it asks."""
    found: Cases = defaultdict(list)
    for path in sorted((HERE / "cases").glob("*.yaml")):
        for case in read_cases(path):
            found[case.provider].append(case)
            if case.floor is not None and holds(case, library.newest):
                # An example of an older text of the law is no witness of the newest.
                found[library.FLOOR].append(case)
    return found


def holds(case: Case, shelf: Shelf) -> bool:
    """Say whether a case passes and cites the place that it names."""
    outcome = run_case(case, shelf)
    return not (outcome.problem or outcome.uncited)


class Reads(Mapping[str, Any]):
    """Parts that note under which shapes they were looked up. The shapes are always the same."""

    def __init__(self, parts: Mapping[str, Any], noted: set[str]) -> None:
        self.parts, self.noted = parts, noted

    def __getitem__(self, key: str) -> Any:
        self.noted.add(key)
        return self.parts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)


class Watched(Profile):
    """A profile that notes which shapes are read off it, as it is and as a customer sees it."""

    def as_seen(
        self, *, tcp: bool, on: date, switched_on: frozenset[str] = frozenset()
    ) -> Profile:
        assert isinstance(self.parts, Reads)
        plain = replace(self, parts=self.parts.parts)
        seen = Profile.as_seen(plain, tcp=tcp, on=on, switched_on=switched_on)
        return replace(seen, parts=Reads(seen.parts, self.parts.noted))


def watched(profile: Profile, noted: set[str]) -> Watched:
    """Return the profile, noting what is read."""
    kept = {one.name: getattr(profile, one.name) for one in fields(profile)}
    return Watched(**kept | {"parts": Reads(profile.parts, noted)})


def witnesses(cases: Cases) -> Witnesses:
    """Return by document and shape the cases that read it: no other can notice a change there."""
    found: Witnesses = defaultdict(list)
    for document, asked in cases.items():
        noted: set[str] = set()
        shelf = shelf_with(watched(library.newest(document), noted))
        for case in asked:
            noted.clear()
            run_case(case, shelf)
            for shape in noted:
                found[document, shape].append(case)
    return found


def shelf_with(profile: Profile) -> Shelf:
    """Return a shelf on which this profile stands in the place of its document's newest."""

    def shelf(document: str) -> Profile:
        return profile if document == profile.document else library.newest(document)

    return shelf


def survives(mutant: Mutant, cases: list[Case]) -> bool:
    """Say whether every one of the cases still passes and cites the place that it names."""
    shelf = shelf_with(mutant.profile)
    return all(holds(case, shelf) for case in cases)


def survivors() -> list[str]:
    """Return the names of all figures that no case depends on."""
    found = witnesses(all_cases())
    return [
        mutant.name
        for document in library.documents()
        if document != library.DEFAULT
        for mutant in mutants(library.newest(document))
        if survives(mutant, found[mutant.document, mutant.shape])
    ]


def excused() -> dict[str, str]:
    """Return the survivors that have a reason, by name."""
    return {each["figure"]: each["why"] for each in read(HERE / "survivors.yaml").data or []}


def main() -> int:
    """Print the survivors; 1 if one has no reason."""
    reasons = excused()
    found = survivors()
    lines = [f"{name}: {reasons.get(name, 'NO CASE AND NO REASON')}" for name in found]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    unexplained = [name for name in found if name not in reasons]
    sys.stdout.write(f"{len(found)} survivors, {len(unexplained)} without a reason\n")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
