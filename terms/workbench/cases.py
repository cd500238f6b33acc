"""Worked examples: read from files, run against the profiles, reported."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from terms import library
from terms.binding import Binding, Standing
from terms.clause import Reason, Source
from terms.facts import BadFacts, coerce, hints_of, known, read_facts
from terms.profile import Profile, TermsSilent
from terms.profile_file import BadProfile
from terms.result import Result
from terms.rules import RULES
from terms.source import Document, read

Shelf = Callable[[str], Profile]
_ROMAN = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"]
_LETTERS = list("abcdefghijklmnopqrstuvwxyz")
_KEYS = {"id", "rule", "clause", "given", "expect", "provider", "floor", "law", "cites", "steps"}


class BadCase(Exception):
    """A case that cannot be run as it is written."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One worked example, its facts still as plain data.

    `cites` are ledger ids that the answer names, `steps` words that stand in its working. `law` is
    the version of the floor that is asked, where that is not its text of the case's day.
    """

    id: str
    rule: str
    provider: str
    given: Mapping[str, Any]
    expect: Mapping[str, Any]
    clause: str = "none"
    floor: Mapping[str, Any] | None = None
    law: str | None = None
    cites: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of a case: the answer, what is wrong with it, whether it cites its place."""

    case: Case
    got: Mapping[str, Any]
    because: tuple[Reason, ...]
    problem: str | None = None
    uncited: bool = False


@dataclass(frozen=True)
class Report:
    """The outcomes of all cases of some files."""

    outcomes: tuple[Outcome, ...] = field(default=())

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The cases whose answer is wrong or unexplained."""
        return tuple(each for each in self.outcomes if each.problem)

    @property
    def uncited(self) -> tuple[Outcome, ...]:
        """The cases whose answer cites none of the places the case names."""
        return tuple(each for each in self.outcomes if each.uncited)

    def lines(self) -> Iterator[str]:
        """Yield the report: each failure, the uncited ones, the count."""
        for each in self.failed:
            yield from _failure(each)
        for each in self.uncited:
            cited = "; ".join(_places_cited(each.because)) or "nothing"
            yield f"uncited {each.case.id}: names {each.case.clause!r}, cites {cited}"
        yield f"{len(self.uncited)} uncited"
        failed = len(self.failed)
        yield f"{len(self.outcomes) - failed} passed, {failed} failed"


def run_cases(paths: Iterable[Path | str]) -> Report:
    """Run every case of the files. Raise BadCase or BadSource for a file that is no case file."""
    return Report(tuple(run_case(case) for path in paths for case in read_cases(Path(path))))


def read_cases(path: Path) -> list[Case]:
    """Return a file's cases; the provider is the case's own key or else the file's name."""
    document = read(path, floats=True)
    entries = document.data or []
    if not isinstance(entries, list):
        raise BadCase(f"{path}: a case file is a list of cases")
    return [_case(document, at, entry, path.stem) for at, entry in enumerate(entries)]


def _case(document: Document, at: int, entry: Any, provider: str) -> Case:
    if not isinstance(entry, dict):
        raise document.bad((at,), "a case is a mapping")
    for key in entry.keys() - _KEYS:
        raise document.bad(
            (at, key), f"no case has this key; known are {', '.join(sorted(_KEYS))}"
        )
    for key in ("id", "rule", "given", "expect"):
        if key not in entry:
            raise document.bad((at,), f"{key} is missing")
    return Case(
        **{
            **entry,
            "provider": entry.get("provider", provider),
            "given": entry["given"] or {},
            "cites": tuple(entry.get("cites") or ()),
            "steps": tuple(entry.get("steps") or ()),
        }
    )


def run_case(case: Case, shelf: Shelf | None = None) -> Outcome:
    """Ask the case's rule and compare; whatever goes wrong becomes the outcome's problem."""
    rule = RULES.get(case.rule)
    if rule is None:
        return Outcome(case, {}, (), f"no rule is called {case.rule}")
    try:
        answer = ask(case, shelf)
    except TermsSilent as silence:
        problem = None if case.expect == {"silent": True} else f"silent: {silence}"
        return _outcome(case, {"silent": True}, silence.because, problem)
    except (BadFacts, LookupError, BadProfile) as refusal:
        return Outcome(case, {}, (), f"{type(refusal).__name__}: {refusal}")
    got = {key: getattr(answer, key, None) for key in case.expect}
    return _outcome(case, got, answer.because, _difference(case, answer))


def ask(case: Case, shelf: Shelf | None = None) -> Result:
    """Return the answer of the terms alone, or with the floor where the case has one.

    The floor is its text of the case's day, so that examples of an older text keep holding it; a
    `shelf` says itself which version of each document is asked.
    """
    profile = (shelf or library.newest)(case.provider)
    rule = RULES[case.rule]
    facts = read_facts(rule, case.given)
    if case.floor is None:
        return known(rule(profile, **facts))
    standing: Standing = coerce(Standing, case.floor, ("floor",))
    version = case.law or library.published_on(library.FLOOR, standing.as_at)
    floor = shelf(library.FLOOR) if shelf else library.load(library.FLOOR, version)
    return known(Binding(profile, floor, standing).decide(rule, **facts))


def _outcome(
    case: Case, got: Mapping[str, Any], because: tuple[Reason, ...], problem: str | None
) -> Outcome:
    ids = {reason.clause.id for reason in because}
    missed = [each for each in case.cites if each not in ids]
    if problem is None and not because:
        problem = "the answer gives no reason"
    if problem is None and missed:
        problem = f"the answer does not cite {', '.join(missed)}"
    working = "; ".join(step for reason in because for step in reason.steps)
    unsaid = [each for each in case.steps if each not in working]
    if problem is None and unsaid:
        problem = f"the working does not say {'; '.join(unsaid)!r}"
    return Outcome(case, got, because, problem, uncited=not cites_place(case.clause, because))


def _difference(case: Case, answer: Result) -> str | None:
    hints = hints_of(type(answer))
    known = {one.name for one in fields(answer)}
    for key, value in case.expect.items():
        if key not in known:
            return f"the answer has no {key}"
        try:
            wanted = coerce(hints[key], value, (key,))
        except BadFacts as refusal:
            return f"expected value cannot be read: {refusal}"
        if not _same(getattr(answer, key), wanted):
            return f"{key} differs"
    return None


def _same(got: Any, wanted: Any) -> bool:
    """Compare as values, instants on the one clock that never stands still or jumps."""
    if isinstance(got, datetime) and isinstance(wanted, datetime):
        return got.astimezone(UTC) == wanted.astimezone(UTC)
    return bool(got == wanted)


def cites_place(clause: str, because: Iterable[Reason]) -> bool:
    """Say whether the reasons cite one of the places in `clause`; "none" wants no place."""
    cited = {place for heading in _places_cited(because) for place in places(heading)}
    if clause == "none":
        return not cited
    return any(_same_place(one, other) for one in places(clause) for other in cited)


def _places_cited(because: Iterable[Reason]) -> list[str]:
    return [
        reason.clause.heading
        for reason in because
        if reason.clause.heading and reason.clause.source is Source.TERMS
    ]


def places(clause: str) -> list[str]:
    """Split a printed place at `;` and `,`: "9.2(b), (c)" is 9.2(b) and 9.2(c)."""
    found: list[str] = []
    for part in re.split(r"[;,]", clause.replace("–", "-")):
        place = part.strip()
        if place.startswith("(") and found:
            place = re.sub(r"\([^()]*\)$", "", found[-1]) + place
        if place:
            found += _spread(place)
    return found


def _spread(place: str) -> list[str]:
    """Write a range out: "9.1(d)-(f)" is 9.1(d), 9.1(e) and 9.1(f)."""
    match = re.fullmatch(r"(.*)\((\w+)\)-\((\w+)\)", place)
    if match is None:
        return [place]
    stem, first, last = match.groups()
    for series in (_ROMAN, _LETTERS):
        if first in series and last in series:
            spread = series[series.index(first) : series.index(last) + 1]
            return [f"{stem}({each})" for each in spread]
    return [place]


def _same_place(one: str, other: str) -> bool:
    """Compare two places: a sub-clause lies in its clause; chapter and notes may be left out."""
    one, other = _bare(one), _bare(other)
    long, short = (one, other) if len(one) > len(other) else (other, one)
    return long == short or long.endswith(f": {short}") or long.startswith(f"{short}(")


def _bare(place: str) -> str:
    return re.sub(r" (\([a-z ]+\))+$", "", place.casefold().replace('"', ""))


def _failure(outcome: Outcome) -> Iterator[str]:
    case = outcome.case
    yield f"FAILED {case.id}: {outcome.problem}"
    yield f"  rule      {case.rule} ({case.provider})"
    yield f"  given     {_shown(case.given)}"
    if case.floor is not None:
        yield f"  floor     {_shown(case.floor)}"
    yield f"  expected  {_shown(case.expect)}"
    yield f"  got       {_shown(outcome.got)}"
    for reason in outcome.because:
        steps = "; ".join(reason.steps)
        yield f"  because   {reason.clause.id} {reason.clause.heading or ''}: {steps}"


def _shown(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in facts.items()) or "nothing"
