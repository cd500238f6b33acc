"""A version of a document as data: its clauses, shapes, days and silences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from terms.calendar import Calendar, DeclaredDay, Kind, State
from terms.calendar import calendar as shared_calendar
from terms.clause import Clause, Reason, Source, Terms
from terms.vocabulary import Service

T = TypeVar("T", bound=Terms)


UNVERIFIED = "unverified"
SERVICE = "service:"
NOT_COMPUTED = "not computed here: see this clause"


class Answered(StrEnum):
    """What a document makes of a question; the house default answers only where it is silent."""

    COMPUTED = "computed"
    SEE_CLAUSE = "see_clause"
    SILENT = "silent"


class TermsSilent(Exception):
    """A document does not answer; `because` is the silence itself, or the clauses to read.

    `speaks` says that it has clauses on the matter which are not computed here: then no default
    answers, since it would stand above an actual term.
    """

    def __init__(self, rule: str, because: tuple[Reason, ...], *, speaks: bool = False) -> None:
        super().__init__(f"{rule}: {because[0].clause.says}")
        self.rule = rule
        self.because = because
        self.speaks = speaks


@dataclass(frozen=True)
class Days:
    """What a kind of day leaves out: holidays, or only those that every state keeps."""

    without: frozenset[Kind] = frozenset({Kind.PUBLIC})
    national: bool = False


@dataclass(frozen=True)
class Reading:
    """A doubt in the text, by its ledger id, and the reading chosen."""

    id: str
    where: str
    chosen: str


@dataclass(frozen=True)
class Row:
    """A clause as the profile lists it: for whom, what it feeds, or what is merely shown.

    `conf` says how sure a row of law is, `conf_of` the same of single figures or shapes that are
    surer or less so; what is unverified is off. `missing` names the fact that the portal has not.
    """

    clause: Clause
    applies_to: str = "all"
    feeds: tuple[str, ...] = ()
    silent_on: tuple[str, ...] = ()
    speaks_on: tuple[str, ...] = ()
    shows: str | None = None
    decides: tuple[str, ...] = ()
    conf: str = "verified"
    conf_of: Mapping[str, str] = field(default_factory=dict)
    missing: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    effective_from: date | None = None
    effective_to: date | None = None

    @property
    def figures(self) -> Mapping[str, Any]:
        """The figures that no rule uses, those left out that could not be verified."""
        return {
            name: value
            for name, value in self.parameters.items()
            if self.conf_of.get(name, self.conf) != UNVERIFIED
        }


@dataclass(frozen=True)
class Agreed:
    """What was agreed for one service in place of the terms: some parameters of one shape."""

    clause: Clause
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who asks. A class is looked at only where a clause names it, so it may be unknown else."""

    tcp: bool
    acl: bool
    business: bool | None
    service: str | None

    def is_of(self, named: str) -> bool | None:
        """Say whether the customer is of the class that a clause names; None is not said."""
        if named.startswith(SERVICE):
            if self.service is None:
                return None
            return Service(named.removeprefix(SERVICE)) in Service(self.service).families
        if named in ("business", "personal"):
            return None if self.business is None else self.business == (named == "business")
        known = self.tcp if named.endswith("tcp") else self.acl
        return not known if named.startswith("non_") else known


@dataclass(frozen=True)
class Part:
    """Parameters, with the audience, the name and the days for which their clause gives them.

    `unsure` are those of its figures that could not be verified; each may be None.
    """

    terms: Terms
    applies_to: str = "all"
    name: str | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    verified: bool = True
    unsure: tuple[str, ...] = ()

    def in_force(self, on: date) -> bool:
        """Say whether this edition of the clause is in force on a day, first and last included."""
        return (self.effective_from or date.min) <= on <= (self.effective_to or date.max)

    def of_the_sure(self, switched_on: frozenset[str]) -> "Part":
        """Return the part without its unverified figures, unless its clause is switched on."""
        if not self.unsure or self.terms.clause.id in switched_on:
            return self
        none: dict[str, Any] = dict.fromkeys(self.unsure)
        return replace(self, terms=replace(self.terms, **none))

    def rank(self, audience: Audience) -> int | None:
        """Return how special the part is to such a customer, 0 most; None where it does not bind.

        A service outranks a class of customer, a class outranks all. Where the question does not
        say whether the customer is of the class, what speaks of all comes first.
        """
        if self.applies_to == "all":
            return 2
        said = audience.is_of(self.applies_to)
        if said is None:
            return 3
        return (0 if self.applies_to.startswith(SERVICE) else 1) if said else None


@dataclass(frozen=True, eq=False)
class Profile:
    """One published version of a document."""

    document: str
    version: str
    title: str
    in_force_from: date | None
    default_state: State
    desk_zone: str
    days: Mapping[str, Days]
    rows: tuple[Row, ...]
    parts: Mapping[str, tuple[Part, ...]]
    readings: tuple[Reading, ...] = ()
    reading: int = 1
    declared: tuple[DeclaredDay, ...] = ()
    agreed: Mapping[str, Agreed] = field(default_factory=dict)
    expected_off: bool = True

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Every clause of the document, in its order."""
        return tuple(row.clause for row in self.rows)

    def find(
        self,
        shape: type[T],
        *,
        tcp: bool = False,
        acl: bool = False,
        business: bool | None = None,
        service: str | None = None,
        name: str | None = None,
    ) -> T | None:
        """Return the parameters of a shape for such a customer, or None where nothing feeds it.

        `name` chooses one of several (a desk, a kind of breach); one without a name serves all.
        """
        audience = Audience(tcp, acl, business, service)
        best: Part | None = None
        best_order = (True, 9)
        for part in self.parts.get(shape.key, ()):
            rank = part.rank(audience)
            if rank is None or part.name not in (None, name):
                continue
            order = (part.name is None, rank)
            if order < best_order:
                best, best_order = part, order
        found = best.terms if best and isinstance(best.terms, shape) else None
        return self._as_agreed(shape, found)

    def _as_agreed(self, shape: type[T], found: T | None) -> T | None:
        agreed = self.agreed.get(shape.key)
        if agreed is None:
            return found
        if found is None:
            return shape(clause=agreed.clause, **agreed.values)
        return replace(found, clause=agreed.clause, **agreed.values)

    def of(
        self,
        shape: type[T],
        *,
        tcp: bool = False,
        acl: bool = False,
        business: bool | None = None,
        service: str | None = None,
        name: str | None = None,
    ) -> T:
        """Return the parameters as `find` does; raise TermsSilent where nothing feeds them."""
        found = self.find(shape, tcp=tcp, acl=acl, business=business, service=service, name=name)
        if found is None:
            raise self.silent(shape.key, beyond=name is not None)
        return found

    def silent(self, rule: str, *, beyond: bool = False) -> TermsSilent:
        """Return the refusal that says that this document does not answer, ready to be raised.

        Where a clause speaks of the matter it is cited, and the refusal says so. `beyond` says
        that the question lies beyond all that the clauses reach: another role, item or channel.
        """
        rule = rule.partition(".")[0]
        spoken = tuple(row.clause for row in self.rows if rule in row.speaks_on)
        if not beyond:
            spoken = self.spoken(rule)
        because = tuple(Reason(clause, (NOT_COMPUTED,)) for clause in spoken)
        return TermsSilent(rule, because or (self.silence(rule),), speaks=bool(spoken))

    def spoken(self, rule: str) -> tuple[Clause, ...]:
        """Return the clauses that speak of a rule's matter; none where the document is silent.

        A row that says that the document is silent decides; otherwise those count that name the
        rule, or that feed it for another case than the one asked.
        """
        if any(rule in row.silent_on for row in self.rows):
            return ()
        return tuple(
            row.clause
            for row in self.rows
            if row.clause.source is Source.TERMS
            and row.clause.heading
            and (
                rule in row.speaks_on
                or any(key.partition(":")[0].partition(".")[0] == rule for key in row.feeds)
            )
        )

    def silence(self, rule: str) -> Reason:
        """Return the silence on a rule as a reason: the ledger's id where it lists one."""
        for row in self.rows:
            if rule in row.silent_on:
                return Reason(row.clause)
        return Reason(
            Clause(
                document=self.document,
                version=self.version,
                id=f"{self.document}:silent",
                heading=None,
                says=f"This document says nothing on {rule.replace('_', ' ')}.",
                source=Source.SILENT,
            )
        )

    def calendar(self, state: State | None = None, day: str = "working") -> Calendar:
        """Return a state's calendar under this document's reading of a kind of day."""
        kind = self.days[day]
        return shared_calendar(
            state or self.default_state,
            kind.without,
            national=kind.national,
            declared=self.declared,
            expected_off=self.expected_off,
        )

    def as_seen(
        self, *, tcp: bool, on: date, switched_on: frozenset[str] = frozenset()
    ) -> "Profile":
        """Return what protects such a customer on a day: the editions in force, for everybody.

        What could not be verified is left out, whole clauses and single figures, save for the
        clause ids that are `switched_on`.
        """
        audience = Audience(tcp, False, None, None)
        parts = {
            key: tuple(
                replace(part.of_the_sure(switched_on), applies_to="all")
                for part in parts
                if part.in_force(on)
                and part.rank(audience) is not None
                and (part.verified or part.terms.clause.id in switched_on)
            )
            for key, parts in self.parts.items()
        }
        return replace(self, parts=parts)

    def parameters(self, clause_id: str) -> Mapping[str, Any]:
        """Return the sure figures of a clause that no rule uses. Raise LookupError if unknown."""
        for row in self.rows:
            if row.clause.id == clause_id:
                return row.figures
        raise LookupError(f"{self.document} {self.version} has no clause {clause_id}")

    def with_declared(self, days: Iterable[DeclaredDay]) -> "Profile":
        """Return the same version with days that a state proclaimed later."""
        later = tuple(days)
        return _with_days(self, later) if later else self

    def with_expected_at_work(self) -> "Profile":
        """Return the same version, for which days that are only expected are working days."""
        return replace(self, expected_off=False)

    def with_agreed(self, agreed: Mapping[str, Agreed]) -> "Profile":
        """Return the same version with what was agreed for one service put before its clauses."""
        return replace(self, agreed=agreed) if agreed else self


@lru_cache(maxsize=64)
def _with_days(profile: Profile, days: tuple[DeclaredDay, ...]) -> Profile:
    """Return one and the same profile each time: what is worked out for it is kept by it."""
    return replace(profile, declared=(*profile.declared, *days))
