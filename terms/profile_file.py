"""A profile's file, read into rows and shapes; what it refuses, it names by line and key."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import terms.rules.floor  # the floor's own shapes register on import
from terms.calendar import State
from terms.clause import SHAPES, Clause, Source, Terms
from terms.facts import BadFacts, coerce, fields_from
from terms.profile import UNVERIFIED, Days, Part, Profile, Reading, Row
from terms.source import BadSource, Document, read
from terms.vocabulary import Service

READINGS = "readings"
FLOOR = "floor"
DEFAULT = "default"

_TOP = {
    "document",
    "version",
    "reading",
    "title",
    "in_force_from",
    "calendar",
    "clauses",
    "readings",
}
_ROW = {
    "id",
    "clause",
    "says",
    "applies_to",
    "feeds",
    "shown_only",
    "shows",
    "silent_on",
    "speaks_on",
    "decides",
    "conf",
    "conf_of",
    "missing",
    "parameters",
    "effective_from",
    "effective_to",
    "earlier",
}
Conf = Literal["verified", "secondary", "unverified", "house"]
_CLASSES = ("all", "tcp", "non_tcp", "acl", "non_acl", "business", "personal")


class BadProfile(BadSource):
    """A profile that is refused; names file, line and key, and says what to do."""


def read_profile(path: Path) -> Profile:
    """Read and check one profile file. Raise BadProfile naming file, line and key."""
    source = read_source(path)
    data = mapping(source)
    _only(source, (), data, _TOP, must={"document", "version", "title", "calendar", "clauses"})
    document, version = data["document"], data["version"]
    reading = _read_as(source, ("reading",), int, data.get("reading", 1))
    if (document, version, reading) != _named(path, reading):
        raise refused(
            source, ("version",), "document, version and reading must be those of the file's name"
        )
    calendar = _calendar(source, data["calendar"])
    rows, parts = [], []
    for at, entry in enumerate(data["clauses"]):
        row, fed = _row(source, ("clauses", at), entry, document, version, reading)
        rows.append(row)
        parts += fed
    _unique(source, rows, parts)
    profile = Profile(
        document=document,
        version=version,
        reading=reading,
        title=data["title"],
        in_force_from=_read_as(source, ("in_force_from",), date | None, data.get("in_force_from")),
        rows=tuple(rows),
        parts=_by_shape(parts),
        readings=_read_as(source, ("readings",), tuple[Reading, ...], data.get("readings", [])),
        **calendar,
    )
    _check_citations(source, profile)
    return profile


def _named(path: Path, reading: int) -> tuple[str, str, int]:
    """Return the document, version and reading that a file's place names."""
    if path.parent.name != READINGS:
        return path.parent.name, path.stem, reading
    version, _, number = path.stem.rpartition(".")
    return path.parent.parent.name, version, int(number)


def _row(
    source: Document,
    path: tuple[str | int, ...],
    entry: Any,
    document: str,
    version: str,
    reading: int,
) -> tuple[Row, list[Part]]:
    if not isinstance(entry, dict):
        raise refused(source, path, "a clause is a mapping: id, clause, says, feeds …")
    _only(source, path, entry, _ROW, must={"id", "clause", "says"})
    kinds = [key for key in ("feeds", "shown_only", "silent_on") if key in entry]
    if len(kinds) != 1:
        raise refused(source, path, "say exactly one of feeds, shown_only: true, silent_on")
    feeds = entry.get("feeds", {})
    if not isinstance(feeds, dict):
        raise refused(source, (*path, "feeds"), "feeds maps shapes to their parameters")
    clause = Clause(
        document=document,
        version=version,
        id=_read_as(source, (*path, "id"), str, entry["id"]),
        heading=_read_as(source, (*path, "clause"), str | None, entry["clause"]),
        says=_read_as(source, (*path, "says"), str, entry["says"]),
        source=_source_of(document, "silent_on" in entry),
        reading=reading,
    )
    row = Row(
        clause=clause,
        applies_to=_applies_to(source, path, entry.get("applies_to", "all")),
        feeds=tuple(feeds),
        **{
            key: _read_as(source, (*path, key), kind, entry[key])
            for key, kind in _ROW_KINDS.items()
            if key in entry
        },
    )
    parts = [_part(source, (*path, "feeds", key), row, key, feeds[key]) for key in feeds]
    _check_figures(source, path, row, parts)
    return row, [*parts, *_earlier(source, path, row, entry.get("earlier", []))]


def _check_figures(
    source: Document, path: tuple[str | int, ...], row: Row, parts: list[Part]
) -> None:
    """Refuse a confidence of what is no figure of the row."""
    known = {*row.parameters, *row.feeds}
    known |= {one.name for part in parts for one in fields(part.terms) if one.name != "clause"}
    for name in row.conf_of:
        if name not in known:
            problem = f"no figure or shape of this row; they are {', '.join(sorted(known))}"
            raise refused(source, (*path, "conf_of", name), problem)


def _earlier(
    source: Document, path: tuple[str | int, ...], row: Row, editions: Any
) -> Iterator[Part]:
    """Yield the parts of a clause's earlier editions, each with the days it was in force."""
    for at, edition in enumerate(editions):
        here = (*path, "earlier", at)
        _only(source, here, edition, {"effective_from", "effective_to", "feeds"}, {"feeds"})
        dated = replace(
            row,
            effective_from=_read_as(source, here, date | None, edition.get("effective_from")),
            effective_to=_read_as(source, here, date | None, edition.get("effective_to")),
        )
        for key, values in edition["feeds"].items():
            yield _part(source, (*here, "feeds", key), dated, key, values)


_ROW_KINDS: dict[str, Any] = {
    "silent_on": tuple[str, ...],
    "speaks_on": tuple[str, ...],
    "shows": str | None,
    "decides": tuple[str, ...],
    "conf": Conf,
    "conf_of": dict[str, Conf],
    "missing": str | None,
    "parameters": dict[str, Any],
    "effective_from": date | None,
    "effective_to": date | None,
}


def _part(source: Document, path: tuple[str | int, ...], row: Row, key: str, values: Any) -> Part:
    """Return the parameters under `key`: a shape, or `shape:name` for one of several."""
    shape_key, _, name = key.partition(":")
    shape = SHAPES.get(shape_key)
    if shape is None:
        raise refused(source, path, f"no rule has a shape called {shape_key!r}: see `terms list`")
    if not isinstance(values, dict):
        raise refused(source, path, "a shape's parameters are a mapping")
    try:
        given = {each: (each, value) for each, value in values.items()}
        unsure = _unsure(shape, row)
        found = fields_from(shape, given, path, leave_out=frozenset({"clause"}))
    except BadFacts as refusal:
        raise refused(source, refusal.path, refusal.problem) from None
    return Part(
        terms=shape(clause=row.clause, **found),
        applies_to=row.applies_to,
        name=name or None,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
        verified=row.conf_of.get(key, row.conf) != UNVERIFIED,
        unsure=unsure,
    )


def _unsure(shape: type[Terms], row: Row) -> tuple[str, ...]:
    """Return the unverified figures of a shape. Raise BadFacts for one that it cannot do without.

    Where the whole row is unverified it is the row that is off.
    """
    hints = get_type_hints(shape)
    named = [one.name for one in fields(shape) if row.conf_of.get(one.name) == UNVERIFIED]
    for name in named:
        if type(None) not in get_args(hints[name]):
            raise BadFacts((name,), "the shape needs it: make the row unverified instead")
    return tuple(named)


def _source_of(document: str, silent: bool) -> Source:
    if silent:
        return Source.SILENT
    return {FLOOR: Source.FLOOR, DEFAULT: Source.DEFAULT}.get(document, Source.TERMS)


def _applies_to(source: Document, path: tuple[str | int, ...], value: Any) -> str:
    if value in _CLASSES:
        return str(value)
    kind, _, name = str(value).partition(":")
    if kind == "service" and name:
        return f"service:{_read_as(source, (*path, 'applies_to'), Service, name)}"
    words = ", ".join(_CLASSES)
    raise refused(source, (*path, "applies_to"), f"say one of {words}, or service:NAME")


def _unique(source: Document, rows: list[Row], parts: list[Part]) -> None:
    seen: dict[str, int] = {}
    for at, row in enumerate(rows):
        if row.clause.id in seen:
            line = source.line(("clauses", seen[row.clause.id]))
            raise refused(
                source, ("clauses", at, "id"), f"{row.clause.id} stands on line {line} too"
            )
        seen[row.clause.id] = at
    fed: dict[tuple[Any, ...], str] = {}
    for part in parts:
        key = (part.terms.key, part.name, part.applies_to, part.effective_from)
        rival = fed.setdefault(key, part.terms.clause.id)
        if rival != part.terms.clause.id:
            raise refused(
                source,
                ("clauses", seen[part.terms.clause.id], "feeds"),
                f"{part.terms.key} is fed by {rival} for the same customers: one clause may",
            )


def _by_shape(parts: list[Part]) -> dict[str, tuple[Part, ...]]:
    found: dict[str, tuple[Part, ...]] = {}
    for part in parts:
        found[part.terms.key] = (*found.get(part.terms.key, ()), part)
    return found


def _calendar(source: Document, data: Any) -> dict[str, Any]:
    path = ("calendar",)
    if not isinstance(data, dict):
        raise refused(source, path, "the calendar is a mapping: default_state, desk_zone, days")
    _only(source, path, data, {"default_state", "desk_zone", "days"}, must={"default_state"})
    days = {
        name: _read_as(source, (*path, "days", name), Days, kind)
        for name, kind in data.get("days", {"working": {}}).items()
    }
    if "working" not in days:
        raise refused(
            source, (*path, "days"), "say what a working day is: working: {without: [public]}"
        )
    state = _read_as(source, (*path, "default_state"), State, data["default_state"])
    return {
        "default_state": state,
        "desk_zone": data.get("desk_zone", state.zone.key),
        "days": days,
    }


def _check_citations(source: Document, profile: Profile) -> None:
    """Refuse a reading that is decided nowhere, and a decision that is read nowhere."""
    readings_ = {reading.id for reading in profile.readings}
    for at, row in enumerate(profile.rows):
        for cited in row.decides:
            if cited not in readings_:
                raise refused(
                    source,
                    ("clauses", at, "decides"),
                    f"{cited} is cited but absent: list it under readings",
                )
    _check_matters(source, profile)


def _check_matters(source: Document, profile: Profile) -> None:
    """Refuse rows that speak of no rule, or of one on which another row says there is silence."""
    silent = {rule for row in profile.rows for rule in row.silent_on}
    for at, row in enumerate(profile.rows):
        for key, named in (("silent_on", row.silent_on), ("speaks_on", row.speaks_on)):
            for rule in named:
                if rule not in terms.rules.RULES:
                    raise refused(source, ("clauses", at, key), f"no rule is called {rule!r}")
        for rule in row.speaks_on:
            if rule in silent:
                problem = f"another row is silent on {rule}: say one"
                raise refused(source, ("clauses", at, "speaks_on"), problem)
            if row.clause.heading is None:
                problem = f"it speaks on {rule}: name the place"
                raise refused(source, ("clauses", at, "clause"), problem)


def _only(
    source: Document,
    path: tuple[str | int, ...],
    data: dict[str, Any],
    known: set[str],
    must: set[str],
) -> None:
    for key in data:
        if key not in known:
            words = ", ".join(sorted(known))
            raise refused(source, (*path, key), f"this key is not known here; known are {words}")
    for key in sorted(must - data.keys()):
        raise refused(source, path, f"{key} is missing: add it")


def _read_as(source: Document, path: tuple[str | int, ...], kind: Any, value: Any) -> Any:
    try:
        return coerce(kind, value, path)
    except BadFacts as refusal:
        raise refused(source, refusal.path, refusal.problem) from None


def read_source(path: Path) -> Document:
    try:
        return read(path)
    except BadSource as refusal:
        raise BadProfile(refusal.file, refusal.line, refusal.key, refusal.problem) from None


def mapping(source: Document) -> dict[str, Any]:
    if not isinstance(source.data, dict):
        raise refused(source, (), "the file must hold a mapping")
    return source.data


def refused(source: Document, path: tuple[str | int, ...], problem: str) -> BadProfile:
    bad = source.bad(path, problem)
    return BadProfile(bad.file, bad.line, bad.key, bad.problem)
