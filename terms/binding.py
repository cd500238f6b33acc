"""What binds one customer: what was agreed, the terms, the law beneath them, the house default."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Concatenate, ParamSpec, TypeVar, get_type_hints

from terms.calendar import Calendar, State, expected_days
from terms.clause import SHAPES, Clause, Source
from terms.facts import BadFacts, coerce
from terms.profile import Agreed, Profile, TermsSilent
from terms.result import Result, meet
from terms.rules.floor import Law, Standing, law_on

__all__ = ["Binding", "Standing", "agree"]

# How far beyond the dates that it is given and gives a rule may have counted.
REACH = timedelta(days=45)

P = ParamSpec("P")
R = TypeVar("R", bound=Result)


def agree(shape: str, values: Mapping[str, Any], *, id: str, says: str) -> dict[str, Agreed]:
    """Return what was agreed for one service, by shape, as `Binding` takes it.

    `values` are plain data for some or all of the shape's parameters; `id` names the quotation or
    agreement, `says` repeats it in a sentence. Raise BadFacts for a shape or key that is unknown.
    """
    kind = SHAPES.get(shape)
    if kind is None:
        raise BadFacts((shape,), "no rule has a shape of this name")
    hints = {one.name: get_type_hints(kind)[one.name] for one in fields(kind)}
    del hints["clause"]
    for key in values:
        if key not in hints:
            raise BadFacts((shape, key), f"not known; known are {', '.join(hints)}")
    clause = Clause(
        document="agreed", version=id, id=id, heading=None, says=says, source=Source.AGREED
    )
    read = {key: coerce(hints[key], value, (shape, key)) for key, value in values.items()}
    return {shape: Agreed(clause, read)}


@dataclass(frozen=True, eq=False)
class Binding:
    """The documents that decide for one customer, in their order.

    `switched_on` are rows of the floor that the provider applies although they are unverified.
    """

    profile: Profile
    floor: Profile
    standing: Standing
    agreed: Mapping[str, Agreed] = field(default_factory=dict)
    default: Profile | None = None
    switched_on: frozenset[str] = frozenset()

    def decide(
        self, rule: Callable[Concatenate[Profile, P], R], *none: P.args, **facts: P.kwargs
    ) -> R:
        """Return the rule's answer: as agreed or by the terms, with the law on top.

        Facts are keywords. The house default answers only where all of those are silent: not
        where a clause speaks of the matter without being computed. Raise TermsSilent then, and
        where the default is silent too. Where a holiday that is expected, but not confirmed,
        makes a difference, each field is the kinder of the two readings.
        """
        answer = self._decide(rule, none, facts)
        if not self._rests_on_expected(facts, answer):
            return answer
        confirmed_only = replace(
            self,
            profile=_at_work(self.profile),
            floor=_at_work(self.floor),
            default=self.default and _at_work(self.default),
        )
        other = confirmed_only._decide(rule, none, facts)
        return answer if other == answer else _kinder(answer, other)

    def _rests_on_expected(self, facts: Mapping[str, Any], answer: Result) -> bool:
        """Whether a day that is only expected lies where the facts and the answer reach.

        An answer without a date may have counted on from the facts, so they reach further.
        """
        expected = {
            day
            for state in {self.standing.state, self.profile.default_state, facts.get("state")}
            if state is not None
            for day in expected_days(state)
        }
        if not expected:
            return False
        days = [*_days(facts.values()), *_days(vars(answer).values())]
        if not days:
            return False
        return any(min(days) - REACH <= day <= max(days) + REACH for day in expected)

    def _decide(
        self, rule: Callable[..., R], none: tuple[Any, ...], facts: Mapping[str, Any]
    ) -> R:
        terms = self.profile.with_agreed(self.agreed)
        try:
            answer = rule(terms, *none, **facts)
        except TermsSilent as silence:
            return self._beyond_the_terms(rule, facts, silence)
        law: Any = law_on(rule, Law(self.law, self.standing, self.profile, answer), facts)
        return answer if law is None else meet(answer, law)

    @property
    def law(self) -> Profile:
        """The floor as it protects this customer."""
        return _seen(self.floor, self.standing.tcp, self.standing.as_at, self.switched_on)

    def calendar(self, state: State | None = None, day: str = "working") -> Calendar:
        """Return a state's calendar as the terms read it."""
        return self.profile.calendar(state, day)

    def _beyond_the_terms(
        self, rule: Callable[..., R], facts: Mapping[str, Any], silence: TermsSilent
    ) -> R:
        law: Any = law_on(rule, Law(self.law, self.standing, self.profile), facts)
        if law is None:
            if self.default is None or silence.speaks:
                raise silence
            try:
                law = rule(self.default, **facts)
            except TermsSilent:
                raise silence from None
        answer: R = replace(law, because=silence.because + law.because)
        return answer


def _days(values: Iterable[Any]) -> Iterator[date]:
    for value in values:
        if isinstance(value, datetime):
            yield value.date()
        elif isinstance(value, date):
            yield value


def _kinder(answer: R, other: R) -> R:
    """The kinder of two readings of the calendar, field by field, with the reasons of its own."""
    kinder = meet(answer, other)
    if kinder == answer:
        return answer
    return other if kinder == other else kinder


@lru_cache(maxsize=64)
def _at_work(profile: Profile) -> Profile:
    """Return a document for which days that are only expected are working days."""
    return profile.with_expected_at_work()


@lru_cache(maxsize=256)
def _seen(floor: Profile, tcp: bool, on: date, switched_on: frozenset[str]) -> Profile:
    """Return the floor as customers of one class see it on a day; a bill run asks it often."""
    return floor.as_seen(tcp=tcp, on=on, switched_on=switched_on)
