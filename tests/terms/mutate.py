"""Change every single figure of every profile and see whether a case notices (`make mutate-terms`).

A survivor is a figure that no case depends on: write a case, or a reason into survivors.yaml.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import time
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from terms import library
from terms.profile import Part, Profile
from terms.source import read
from terms.workbench import Case, read_cases, run_case
from terms.workbench.cases import newest

HERE = Path(__file__).parent
Cases = dict[str, list[Case]]


@dataclass(frozen=True)
class Mutant:
    """One figure of one part, changed."""

    document: str
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
            for figure, changed in _changed(part):
                others = (*parts[:at], changed, *parts[at + 1 :])
                yield Mutant(
                    profile.document,
                    part.terms.clause.id,
                    f"{key}{f':{part.name}' if part.name else ''}.{figure}",
                    replace(profile, parts={**profile.parts, key: others}),
                )


def _changed(part: Part) -> Iterator[tuple[str, Part]]:
    for one in fields(part.terms):
        if one.name != "clause":
            value = getattr(part.terms, one.name)
            for path, other in _others(one.name, value):
                yield path, replace(part, terms=replace(part.terms, **{one.name: other}))


def _others(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield other values for a figure, or for each figure inside it, by path."""
    if isinstance(value, bool | Enum | str) or value is None:
        return
    if isinstance(value, int):
        yield path, value + 1
    elif isinstance(value, Decimal):
        yield path, value + Decimal("0.01") if value.as_tuple().exponent else value + 1
    elif isinstance(value, time):
        yield path, value.replace(minute=(value.minute + 1) % 60)
    elif isinstance(value, tuple):
        for at, each in enumerate(value):
            for inner, other in _others(f"{path}.{at}", each):
                yield inner, (*value[:at], other, *value[at + 1 :])
    elif isinstance(value, dict):
        for key, each in value.items():
            for inner, other in _others(f"{path}.{key}", each):
                yield inner, {**value, key: other}


def all_cases() -> Cases:
    """Return every case, by each document that it asks."""
    found: Cases = defaultdict(list)
    for path in sorted((HERE / "cases").glob("*.yaml")):
        for case in read_cases(path):
            found[case.provider].append(case)
            if case.floor is not None:
                found[library.FLOOR].append(case)
    return found


def survives(mutant: Mutant, cases: Cases) -> bool:
    """Say whether every case that the mutant could touch still passes."""

    def shelf(document: str) -> Profile:
        return mutant.profile if document == mutant.document else newest(document)

    return not any(run_case(case, shelf).problem for case in cases[mutant.document])


def survivors() -> list[str]:
    """Return the names of all figures that no case depends on."""
    cases = all_cases()
    return [
        mutant.name
        for document in library.documents()
        if document != library.DEFAULT
        for mutant in mutants(newest(document))
        if survives(mutant, cases)
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
