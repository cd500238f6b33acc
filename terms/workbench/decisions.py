"""What programs decide about people: the list that the privacy policy owes (RF-PRIV-04)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from inspect import signature
from pathlib import Path

from terms import library
from terms.clause import Clause, Source
from terms.facts import BadFacts
from terms.rules import RULES
from terms.source import read
from terms.workbench import words
from terms.workbench.examples import examples
from terms.workbench.explain import answered, bind, by_binding, standing

FILE = Path(__file__).parent / "decisions.yaml"
BY = {
    "program": "A program decides by itself. Staff look at it again when you ask.",
    "staff": "A program works it out, and staff decide.",
}


@dataclass(frozen=True)
class Decision:
    """A decision that a rule makes or prepares, what it uses, and the clauses that it rests on."""

    rule: str
    what: str
    by: str
    uses: tuple[str, ...]
    clauses: tuple[tuple[str, tuple[Clause, ...]], ...]


@lru_cache(maxsize=1)
def decisions() -> tuple[Decision, ...]:
    """Return the decisions about people, from the rules and documents as they are."""
    return tuple(
        Decision(
            rule=entry["rule"],
            what=entry["decides"],
            by=BY[entry["by"]],
            uses=_uses(entry["rule"]),
            clauses=tuple(_clauses(entry["rule"]).items()),
        )
        for entry in read(FILE).data["decisions"]
    )


def spoken_for() -> frozenset[str]:
    """Return every rule that the list names, as a decision or as none."""
    data = read(FILE).data
    return frozenset(entry["rule"] for entry in (*data["decisions"], *data["none"]))


def _uses(rule: str) -> tuple[str, ...]:
    """Return the kinds of information that a rule takes, in words."""
    names = (name for name in signature(RULES[rule]).parameters if name != "profile")
    return tuple(words.of_fact(name) for name in names)


def _clauses(rule: str) -> Mapping[str, tuple[Clause, ...]]:
    """Return the clauses that decide, by document: each provider's terms, then the law."""
    found: dict[str, tuple[Clause, ...]] = {}
    law: dict[str, Clause] = {}
    floor = library.newest(library.FLOOR)
    for document in (*library.providers(), library.FLOOR):
        profile = library.newest(document)
        ids = answered(profile, rule)[1]
        clauses = {each.id: each for each in profile.clauses if each.id in ids and each.heading}
        if document == library.FLOOR:
            law |= clauses
            continue
        law |= _law_beneath(document, rule)
        if clauses:
            found[library.provider(document).name] = tuple(clauses.values())
    if law:
        found[floor.title] = tuple(law.values())
    return found


def _law_beneath(document: str, rule: str) -> Mapping[str, Clause]:
    """Return the rows of law that an example of the rule meets under a document's terms."""
    given = examples(document)[rule].given
    floor = library.newest(library.FLOOR)
    since = max(row.effective_from for row in floor.rows if row.effective_from)
    try:
        customer = standing({"tcp": True, "small_business": True}, given, since)
        bound = by_binding(bind(library.newest(document), customer), rule, given)
    except BadFacts:
        return {}
    return {
        reason.clause.id: reason.clause
        for reason in bound.because
        if reason.clause.source is Source.FLOOR
    }
