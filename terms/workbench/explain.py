"""One question answered: by the terms alone, with the law, and by the house default."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from terms import library
from terms.binding import Binding, Standing
from terms.calendar import DeclaredDay, in_words
from terms.clause import SHAPES, Reason
from terms.facts import BadFacts, coerce, known, read_facts
from terms.money import in_dollars
from terms.profile import Answered, Profile, TermsSilent
from terms.result import Result
from terms.rules import RULES
from terms.workbench import words
from terms.workbench.render import render_text


@dataclass(frozen=True)
class Answer:
    """An answer as field names and values; none where nothing answers.

    `speaks` says that nothing is computed although clauses speak of the matter.
    """

    values: Mapping[str, Any]
    because: tuple[Reason, ...]
    result: Result | None = None
    speaks: bool = False

    @property
    def silent(self) -> bool:
        """Whether nothing answered."""
        return not self.values

    def lines(self) -> Iterator[str]:
        """Yield the values in words and the working."""
        if self.silent:
            yield "not computed here: see the clauses" if self.speaks else "no answer"
        for name, value in self.values.items():
            yield f"{name.replace('_', ' ')}: {in_plain_words(value)}"
        yield from render_text(self.because).splitlines()


def by_terms(profile: Profile, rule: str, given: Mapping[str, Any]) -> Answer:
    """Return what one document answers. Raise BadFacts for facts that the rule cannot take."""
    return _answer(lambda: known(_rule(rule)(profile, **read_facts(_rule(rule), given))))


def by_binding(binding: Binding, rule: str, given: Mapping[str, Any]) -> Answer:
    """Return what binds a customer. Raise BadFacts for facts that the rule cannot take."""
    return _answer(lambda: known(binding.decide(_rule(rule), **read_facts(_rule(rule), given))))


def standing(plain: Mapping[str, Any], given: Mapping[str, Any], on: date) -> Standing:
    """Return a standing from plain data; protected, and as on the first date given, unless said.

    `on` is the day for a question that names none.
    """
    days = [value for value in given.values() if type(value) is date]
    filled = {"tcp": given.get("tcp", True), "as_at": days[0] if days else on, **plain}
    read: Standing = coerce(Standing, filled, ("floor",))
    return read


def bind(
    profile: Profile,
    customer: Standing,
    *,
    default: bool = True,
    declared: tuple[DeclaredDay, ...] = (),
) -> Binding:
    """Return the binding of one document, the newest floor and, if wanted, the house default.

    `declared` are days that a state proclaimed; the document must know them already.
    """
    floor, house = (
        library.load(each, library.latest(each), declared)
        for each in (library.FLOOR, library.DEFAULT)
    )
    return Binding(profile, floor, customer, default=house if default else None)


def explain(provider: str, rule: str, given: Mapping[str, Any], customer: Standing) -> list[str]:
    """Return answer and working as lines, without the floor and with it."""
    profile = library.newest(provider)
    return [
        f"{profile.title}, version {profile.version}",
        *_indented("The terms alone", by_terms(profile, rule, given)),
        *_indented(
            "With the law, and the default", by_binding(bind(profile, customer), rule, given)
        ),
    ]


def answer_rows(answer: Answer) -> tuple[tuple[str, str], ...]:
    """Return the determined fields of an answer, label and value as a reader would write them."""
    return tuple(
        (words.of_answer(name), _as_read(value))
        for name, value in answer.values.items()
        if value is not None
    )


def _as_read(value: Any) -> str:
    if isinstance(value, str):
        return words.of_choice(value) if re.fullmatch(r"[a-z][a-z_]*", value) else value
    return (
        words.humanised(in_plain_words(value))
        if isinstance(value, bool)
        else in_plain_words(value)
    )


def in_plain_words(value: Any) -> str:
    """Return a value as a reader would write it."""
    if value is None:
        return "not determined"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{in_words(value.date())}, {value:%H:%M}"
    if isinstance(value, date):
        return in_words(value)
    if isinstance(value, Decimal):
        return in_dollars(value)
    if isinstance(value, tuple):
        return "; ".join(map(in_plain_words, value)) or "none"
    if hasattr(value, "__dataclass_fields__"):
        parts = (in_plain_words(getattr(value, one.name)) for one in fields(value))
        return ", ".join(parts)
    return str(value)


def answered(profile: Profile, rule: str) -> tuple[Answered, tuple[str, ...]]:
    """Return what a document makes of a rule: of the three kinds, and the ids that say so."""
    shapes = {key for key in SHAPES if key == rule or key.startswith(f"{rule}.")}
    feeding = tuple(
        row.clause.id
        for row in profile.rows
        if any(key.partition(":")[0] in shapes for key in row.feeds)
    )
    if feeding:
        return Answered.COMPUTED, feeding
    spoken = tuple(clause.id for clause in profile.spoken(rule))
    if spoken:
        return Answered.SEE_CLAUSE, spoken
    admitted = tuple(row.clause.id for row in profile.rows if rule in row.silent_on)
    return Answered.SILENT, admitted


def _rule(name: str) -> Callable[..., Result]:
    if name not in RULES:
        raise BadFacts((), f"no rule is called {name!r}: see `terms list`")
    return RULES[name]


def _answer(ask: Callable[[], Result]) -> Answer:
    try:
        result = ask()
    except TermsSilent as silence:
        return Answer({}, silence.because, speaks=silence.speaks)
    names = [one.name for one in fields(result) if one.name != "because"]
    return Answer({name: getattr(result, name) for name in names}, result.because, result)


def _indented(heading: str, answer: Answer) -> Iterator[str]:
    yield ""
    yield heading
    for line in answer.lines():
        yield f"  {line}"
