"""Where the answer of a rule comes from: the terms, or a default because they are silent."""

from dataclasses import dataclass
from typing import Literal

from terms.clause import SHAPES, Clause, Reason, Terms
from terms.facts import BadFacts
from terms.profile import Profile
from terms.result import Result


@dataclass(frozen=True, kw_only=True)
class RuleSource(Result):
    """The source of an answer, and the printed place; None for every default."""

    source: Literal["terms", "default"]
    clause: str | None


def rule_source(profile: Profile, *, asked_rule: str, tcp: bool = False) -> RuleSource:
    """Return whether the terms answer a rule for such a customer (CP-SIL, CV-SIL)."""
    shapes = shapes_of(asked_rule)
    if not shapes:
        raise BadFacts(("asked_rule",), f"no rule is called {asked_rule!r}")
    clause = _clause(profile, shapes, tcp)
    if clause is None:
        return RuleSource(source="default", clause=None, because=(profile.silence(asked_rule),))
    reason = Reason(clause, (f"the terms answer {asked_rule.replace('_', ' ')}",))
    return RuleSource(source="terms", clause=clause.heading, because=(reason,))


def shapes_of(rule: str) -> tuple[type[Terms], ...]:
    """Return the shapes that bear a rule's name, the one of just that name first."""
    return tuple(
        SHAPES[key] for key in sorted(SHAPES) if key == rule or key.startswith(f"{rule}.")
    )


def _clause(profile: Profile, shapes: tuple[type[Terms], ...], tcp: bool) -> Clause | None:
    for shape in shapes:
        found = profile.find(shape, tcp=tcp)
        if found:
            return found.clause
    for row in profile.rows:
        for shape in shapes:
            if any(key.partition(":")[0] == shape.key for key in row.feeds):
                return row.clause
    return None
