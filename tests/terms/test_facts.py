"""Plain data read by annotation, and its refusals."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Literal

import pytest

from terms.calendar import State
from terms.facts import BadFacts, coerce, needed, read_facts


@dataclass(frozen=True)
class Span:
    from_: date
    until: date | None = None


def rule(
    profile, *, on: date, span: Span, words: tuple[str, ...] = (), state: State | None = None
):
    return on, span, words, state


@pytest.mark.parametrize(
    ("kind", "plain", "read"),
    [
        (Decimal, "27.50", Decimal("27.50")),
        (Decimal, 3, Decimal(3)),
        (int, "12", 12),
        (bool, True, True),
        (str, "a", "a"),
        (date, "2026-12-24", date(2026, 12, 24)),
        (date, date(2026, 12, 24), date(2026, 12, 24)),
        (datetime, "2026-12-24T10:00:00+00:00", datetime(2026, 12, 24, 10, tzinfo=UTC)),
        (time, "08:30", time(8, 30)),
        (State, "WA", State.WA),
        (date | None, None, None),
        (Literal["a", "b"], "b", "b"),
        (tuple[int, ...], [1, 2], (1, 2)),
        (frozenset[State], ["WA"], frozenset({State.WA})),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (State | Literal["any"], "any", "any"),
        (Span, {"from": "2026-01-01"}, Span(date(2026, 1, 1))),
    ],
)
def test_plain_value_is_read(kind, plain, read):
    assert coerce(kind, plain) == read


@pytest.mark.parametrize(
    ("kind", "plain", "words"),
    [
        (Decimal, True, "decimal"),
        (Decimal, "x", "decimal"),
        (int, True, "whole number"),
        (int, "1.5", "whole number"),
        (bool, "yes", "true or false"),
        (str, 3, "text"),
        (date, datetime(2026, 1, 1, tzinfo=UTC), "a date"),
        (datetime, "2026-12-24T10:00:00", "with its offset"),
        (time, 1050, "in quotes"),
        (State, "NZ", "none of ACT"),
        (date, None, "must not be empty"),
        (Literal["a"], "b", "none of a"),
        (tuple[int, ...], "12", "a list"),
        (dict[str, int], [1], "a mapping"),
        (Span, {"since": 1}, "expected from_"),
        (Span, [1], "a mapping"),
        (Span, {}, "found nothing"),
    ],
)
def test_wrong_value_is_refused_in_words(kind, plain, words):
    with pytest.raises(BadFacts, match=words):
        coerce(kind, plain, ("here",))


def test_facts_are_read_by_a_rules_annotations():
    read = read_facts(rule, {"on": "2026-01-02", "span": {"from": "2026-01-01"}, "state": "WA"})

    assert read == {"on": date(2026, 1, 2), "span": Span(date(2026, 1, 1)), "state": State.WA}


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ({"on": "2026-01-02"}, "span: the rule needs this key"),
        ({"colour": "red"}, "colour: the rule does not know this key; it knows on, span"),
        ({"on": "x", "span": {"from": "2026-01-01"}}, "on: 'x' is not a date"),
        ({"on": "2026-01-02", "span": {"from": "x"}}, "span.from: 'x' is not a date"),
    ],
)
def test_wrong_facts_are_refused_by_name(plain, words):
    with pytest.raises(BadFacts, match=words):
        read_facts(rule, plain)


def test_missing_fact_of_one_document_is_named():
    assert needed("tier", 0) == 0
    with pytest.raises(BadFacts, match="tier: this document's rule needs it"):
        needed("tier", None)
