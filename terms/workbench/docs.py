"""The ledger as a page: clause × rule × case, from the profiles and the cases themselves."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from terms import library
from terms.clause import Source
from terms.profile import Answered, Profile, Row
from terms.rules import RULES
from terms.workbench.cases import Case, places, read_cases, run_case
from terms.workbench.explain import answered


@dataclass(frozen=True)
class Page:
    """A document's ledger as Markdown, the clauses that feed a rule but no case cites, and the

    printed places that no row names.
    """

    document: str
    text: str
    gaps: tuple[str, ...]
    unnamed: tuple[str, ...] = ()


def pages(case_files: Sequence[Path]) -> tuple[Page, ...]:
    """Return a page for each document. A clause that feeds a rule needs a case that cites it."""
    cited = _citations(case for path in case_files for case in read_cases(path))
    return tuple(_page(document, cited) for document in library.documents())


def answers_page() -> str:
    """Return rule × provider as Markdown: computed, see the clause, or the document is silent."""
    keys = library.providers()
    profiles = [library.newest(key) for key in keys]
    lines = [
        "# What each document makes of each question",
        "",
        "Written by `make terms`. *Computed*: the rule answers from these clauses. *See*: clauses "
        "speak of the matter, but it is not computed here, so no default answers. *Silent*: the "
        "document says nothing, and only then the house default may answer.",
        "",
        f"| rule | {' | '.join(keys)} |",
        f"|---|{'---|' * len(keys)}",
    ]
    for rule in RULES:
        if rule != "rule_source":
            cells = " | ".join(_kind(profile, rule) for profile in profiles)
            lines.append(f"| `{rule}` | {cells} |")
    return "\n".join(lines) + "\n"


def _kind(profile: Profile, rule: str) -> str:
    kind, ids = answered(profile, rule)
    named = ", ".join(ids)
    words = {
        Answered.COMPUTED: f"computed: {named}",
        Answered.SEE_CLAUSE: f"see {named}",
        Answered.SILENT: f"silent: {named}" if named else "silent",
    }
    return words[kind]


def _citations(cases: Iterator[Case]) -> Mapping[tuple[str, str], list[Case]]:
    """Return the cases that cite each clause, by document and clause id."""
    found: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        for reason in run_case(case).because:
            found[reason.clause.document, reason.clause.id].append(case)
    return found


def _page(document: str, cited: Mapping[tuple[str, str], list[Case]]) -> Page:
    profile = library.newest(document)
    gaps = tuple(
        row.clause.id
        for row in profile.rows
        if row.feeds and row.conf != "unverified" and not cited.get((document, row.clause.id))
    )
    lines = [
        f"# {profile.title}",
        "",
        f"Version `{profile.version}`, reading {profile.reading}, "
        "written by `make terms` from the profile and the cases.",
        "",
        *(_HEAD_OF_LAW if document == library.FLOOR else _HEAD),
        *(_line(row, cited.get((document, row.clause.id), [])) for row in profile.rows),
        *_readings(profile),
    ]
    text = "\n".join(lines) + "\n"
    cited_gaps = gaps if document != library.DEFAULT else ()
    return Page(document, text, cited_gaps, unnamed(profile, library.printed(profile)))


_HEAD = ("| id | clause | says | for | feeds | cases |", "|---|---|---|---|---|---|")
_HEAD_OF_LAW = (
    "| id | instrument | says | for | sure | from | feeds | cases |",
    "|---|---|---|---|---|---|---|---|",
)


def unnamed(profile: Profile, printed: Sequence[str]) -> tuple[str, ...]:
    """Return the places printed in a document that none of its rows names."""
    named = {_bare(place) for row in profile.rows for place in _places(row.clause.heading or "")}
    return tuple(
        each
        for each in printed
        if not all(_is_named(_bare(part), named) for part in _places(each))
    )


def _places(heading: str) -> Iterator[str]:
    """Yield the places of a heading, ranges of numbers written out."""
    for place in places(heading):
        first, _, last = place.partition("-")
        if first.isdigit() and last.isdigit():
            yield from map(str, range(int(first), int(last) + 1))
        else:
            yield place


def _bare(place: str) -> str:
    return re.sub(r" \(.*\)$", "", place.casefold().replace('"', "")).strip()


def _is_named(place: str, named: set[str]) -> bool:
    """Say whether rows name a place, a part of it, or the whole that it is a part of."""
    return any(
        each == place
        or each.startswith((f"{place}(", f"{place}.", f"{place}:", f"{place} "))
        or place.startswith(f"{each}(")
        or each.endswith(f": {place}")
        for each in named
    )


def _line(row: Row, cases: Sequence[Case]) -> str:
    names = ", ".join(dict.fromkeys(case.id for case in cases))
    cells = (
        row.clause.id,
        row.clause.heading or "—",
        row.clause.says,
        row.applies_to.replace("_", " "),
        *_of_law(row),
        _fed(row),
        names or "—",
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _of_law(row: Row) -> tuple[str, ...]:
    """Return how sure a row of law is, figure by figure, and its first day; nothing for others."""
    if row.clause.source is not Source.FLOOR:
        return ()
    figures = (f"`{name}`: {conf}" for name, conf in row.conf_of.items())
    since = row.effective_from.isoformat() if row.effective_from else "—"
    return "; ".join((row.conf, *figures)), since


def _fed(row: Row) -> str:
    if row.missing:
        shown = f"; shown: {row.shows}" if row.shows else ""
        return f"not run: {row.missing}{shown}"
    if row.silent_on:
        return f"silent on {', '.join(f'`{each}`' for each in row.silent_on)}"
    if row.speaks_on and not row.feeds:
        return f"speaks on {', '.join(f'`{each}`' for each in row.speaks_on)}, not computed"
    return ", ".join(f"`{each}`" for each in row.feeds) or f"shown: {row.shows or 'as it is'}"


def _readings(profile: Profile) -> Iterator[str]:
    if not profile.readings:
        return
    yield from ("", "## Readings", "", "| id | where | chosen | decided by |", "|---|---|---|---|")
    for reading in profile.readings:
        by = ", ".join(row.clause.id for row in profile.rows if reading.id in row.decides)
        cells = (reading.id, reading.where, reading.chosen, by or "—")
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
