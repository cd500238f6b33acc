"""How fast a working-day deadline is, as ratios measured in pairs within one run."""

from __future__ import annotations

import timeit
from datetime import date, timedelta

import holidays

from bench.measure import Row
from terms.calendar import State, calendar

DAY, DAYS = date(2026, 12, 24), 10
ROUNDS = 9


def rows() -> list[Row]:
    """Return one look-up against an empty call, and against walking day by day."""
    empty = _best("empty()", 50_000, empty=_empty)
    look_up = _best(
        "after(DAY, DAYS)", 50_000, after=calendar(State.NSW).nth_working_day, DAY=DAY, DAYS=DAYS
    )
    off = holidays.Australia(subdiv="NSW", years=range(2026, 2028))
    loop = _best("walk(off)", 500, walk=_walk, off=off)
    return [
        Row("one deadline, against an empty call", look_up / empty, "≤ 4"),
        Row("a loop over the holidays library, against one deadline", loop / look_up, "≥ 30"),
    ]


def _best(statement: str, calls: int, **names: object) -> float:
    return min(timeit.repeat(statement, number=calls, repeat=ROUNDS, globals=names)) / calls


def _empty() -> None:
    return None


def _walk(off: holidays.HolidayBase) -> date:
    day, left = DAY, DAYS
    while left:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in off:
            left -= 1
    return day
