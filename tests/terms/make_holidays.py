"""Write ``terms/calendars/au.yaml``: the holidays library's days, our corrections and why.

Run as ``python -m tests.terms.make_holidays`` and review the difference before committing it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import holidays

from terms.calendar import HOLIDAYS, Kind, State

FIRST, LAST = 2023, 2031
LIBRARY = f"holidays {holidays.__version__}"
CATEGORIES = {Kind.PUBLIC: "public", Kind.BANK: "bank", Kind.PART_DAY: "half_day"}

EKKA = "The Royal Queensland Show"
GRAND_FINAL_FRIDAY = "Friday before the AFL Grand Final"
GRAND_FINAL_KNOWN_UNTIL = 2026
WA_REFORM = 2028
WA_BILL = "WA Public and Bank Holidays Amendment Bill 2025, from 2028"
WA_OLD = ("Labour Day", "Western Australia Day", "King's Birthday")
WA_ELECTIONS = (2029,)


@dataclass(frozen=True, order=True)
class Row:
    """One line of the data file for one state."""

    day: date
    kind: Kind
    name: str
    source: str
    status: str
    state: State
    more: str = ""


def rows() -> list[Row]:
    """Every day of every state: what the library says, corrected, and what it does not know."""
    corrected = [row for each in _library_rows() if (row := _corrected(each)) is not None]
    return sorted([*corrected, *_wa_reform()])


def _library_rows() -> Iterator[Row]:
    for state in State:
        for kind, category in CATEGORIES.items():
            days = holidays.Australia(
                subdiv=state.value,
                years=range(FIRST, LAST + 1),
                categories=category,
                language="en_AU",
            )
            for day, names in days.items():
                for name in names.split("; "):
                    plain, more = _plain(name)
                    yield Row(day, kind, plain, LIBRARY, "confirmed", state, more)


def _plain(name: str) -> tuple[str, str]:
    """Our spelling of a library name, and the hour from which a part-day holds."""
    name = name.replace("ANZAC", "Anzac")
    name = name.replace("(observed)", "(substitute day)")
    part = re.fullmatch(r"(.+) \(from (\d+)pm\)", name)
    return (part[1], f", from_hour: {int(part[2]) + 12}") if part else (name, "")


def _corrected(row: Row) -> Row | None:
    """The row as we hold it, or None if it is no holiday at all."""
    if row.name == EKKA:
        source = "regional: kept in Brisbane only, so it does not count state-wide"
        return Row(
            row.day, Kind.REGIONAL, row.name, source, row.status, row.state, ", region: Brisbane"
        )
    if row.name == GRAND_FINAL_FRIDAY and row.day.year > GRAND_FINAL_KNOWN_UNTIL:
        source = "proclaimed once the fixture is out; the date is a guess"
        return Row(row.day, row.kind, row.name, source, "expected", row.state)
    if row.state is State.WA and row.day.year >= WA_REFORM and row.name in WA_OLD:
        return None
    return row


def _wa_reform() -> Iterator[Row]:
    for year in range(WA_REFORM, LAST + 1):
        labour = _monday(year, 3, 3 if year in WA_ELECTIONS else 2)
        good_friday = next(
            day
            for day, name in holidays.Australia(subdiv="WA", years=year, language="en_AU").items()
            if name == "Good Friday"
        )
        for day, name in (
            (labour, "Labour Day"),
            (good_friday + timedelta(days=1), "Easter Saturday"),
            (_monday(year, 6, 2), "King's Birthday"),
            (_school_holiday_monday(year), "Show Day"),
            (_monday(year, 11, 2), "Western Australia Day"),
        ):
            yield Row(day, Kind.PUBLIC, name, WA_BILL, "expected", State.WA)


def _monday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=-first.weekday() % 7 + 7 * (nth - 1))


def _school_holiday_monday(year: int) -> date:
    """The first Monday of the spring holidays, on which the King's Birthday was kept before."""
    old = holidays.Australia(subdiv="WA", years=year, language="en_AU")
    return next(day for day, name in old.items() if name == "King's Birthday")


def text() -> str:
    """The whole data file."""
    states: dict[tuple[date, Kind, str, str, str, str], list[State]] = defaultdict(list)
    for row in rows():
        key = (row.day, row.kind, row.name, row.source, row.status, row.more)
        states[key].append(row.state)
    lines = []
    for (day, kind, name, source, status, more), kept_in in states.items():
        where = "all" if len(kept_in) == len(State) else f"[{', '.join(sorted(kept_in))}]"
        lines.append(
            f'  - {{date: {day}, states: {where}, kind: {kind}, name: "{name}", '
            f'source: "{source}", status: {status}{more}}}'
        )
    return HEADER + "\n".join(lines) + "\n"


HEADER = f"""# Holidays of the Australian states and territories, {FIRST} to {LAST}.
# Written by `make holidays`, reviewed by hand.
# kind: public (state-wide, whole day) | bank (banks only) | part_day (evening, from from_hour)
#       | regional (part of a state)
# status: confirmed (fixed by law or proclaimed) | expected (announced or guessed)
years: {{first: {FIRST}, last: {LAST}}}
holidays:
"""


def main() -> None:
    """Write the data file."""
    Path(HOLIDAYS).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
