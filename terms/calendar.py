"""Days that count: the states' holidays, working days, months and the clock on a state's wall.

The holidays are read once from ``calendars/au.yaml``, which is reviewed and says of each day where
it comes from. A calendar answers by table look-up; the words that explain a count are only made
when somebody reads them.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

HOLIDAYS = Path(__file__).parent / "calendars" / "au.yaml"
ONE_DAY = timedelta(days=1)
SATURDAY, SUNDAY = 5, 6
WEEKENDS_WORTH_NAMING = 2


class State(StrEnum):
    """A state or territory: its public holidays and its clock."""

    ACT = "ACT"
    NSW = "NSW"
    NT = "NT"
    QLD = "QLD"
    SA = "SA"
    TAS = "TAS"
    VIC = "VIC"
    WA = "WA"

    @property
    def zone(self) -> ZoneInfo:
        """The clock of the state's capital, daylight saving included."""
        return ZoneInfo(_ZONES[self])


_ZONES = {
    State.ACT: "Australia/Sydney",
    State.NSW: "Australia/Sydney",
    State.NT: "Australia/Darwin",
    State.QLD: "Australia/Brisbane",
    State.SA: "Australia/Adelaide",
    State.TAS: "Australia/Hobart",
    State.VIC: "Australia/Melbourne",
    State.WA: "Australia/Perth",
}


class Channel(StrEnum):
    """A way in which a message travels."""

    APP = "app"
    CHAT = "chat"
    EMAIL = "email"
    FAX = "fax"
    HAND = "hand"
    IN_PERSON = "in_person"
    PHONE = "phone"
    POST = "post"
    SMS = "sms"
    VOICEMAIL = "voicemail"
    WEB = "web"


class Count(StrEnum):
    """What a number of days counts."""

    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"


class Kind(StrEnum):
    """A kind of holiday. Part-day and regional ones are known, but are no days off anywhere."""

    PUBLIC = "public"
    BANK = "bank"
    PART_DAY = "part_day"
    REGIONAL = "regional"


class OutsideCalendar(LookupError):
    """A day lies before or after the years whose holidays were reviewed."""


@dataclass(frozen=True)
class Holiday:
    """One reviewed holiday of one or more states."""

    day: date
    states: frozenset[State]
    kind: Kind
    name: str
    source: str
    confirmed: bool
    from_hour: int | None = None
    region: str | None = None


@dataclass(frozen=True)
class DeclaredDay:
    """What is known of a day since the calendar was reviewed.

    A state proclaimed or confirmed it as a holiday, or it is none (`withdrawn`).
    """

    day: date
    state: State
    name: str
    withdrawn: bool = False


class DayCount:
    """A day that was counted to, and the count in plain words, made when first asked for."""

    __slots__ = ("_words", "day")

    def __init__(self, day: date, words: Callable[[], tuple[str, ...]]) -> None:
        self.day = day
        self._words = words

    @property
    def steps(self) -> tuple[str, ...]:
        """How the day was reached, one short sentence each."""
        return self._words()

    def __repr__(self) -> str:
        return f"DayCount({self.day.isoformat()})"


class Calendar:
    """The working days of one state, under one reading of what a day off is."""

    __slots__ = (
        "_before",
        "_names",
        "_working",
        "declared",
        "expected_off",
        "national",
        "off",
        "state",
        "zone",
    )

    def __init__(
        self,
        state: State,
        off: frozenset[Kind] = frozenset({Kind.PUBLIC}),
        *,
        national: bool = False,
        declared: tuple[DeclaredDay, ...] = (),
        expected_off: bool = True,
    ) -> None:
        """Tables for ``state``; ``national`` counts only holidays that every state keeps.

        ``expected_off`` says whether a day that is expected, but not confirmed, is a day off.
        """
        self.state = state
        self.off = off
        self.national = national
        self.declared = declared
        self.expected_off = expected_off
        self.zone = state.zone
        self._names = self._days_off()
        self._before, self._working = self._tables()

    def _days_off(self) -> dict[date, str]:
        if self.national:
            common = set.intersection(*(set(_names(each, self.off)) for each in State))
            names = {
                day: name for day, name in _names(self.state, self.off).items() if day in common
            }
        else:
            names = dict(_names(self.state, self.off))
            if not self.expected_off:
                names = {
                    day: name
                    for day, name in names.items()
                    if day not in expected_days(self.state, self.off)
                }
            for each in self.declared:
                if each.state == self.state and each.withdrawn:
                    names.pop(each.day, None)
                elif each.state == self.state:
                    names[each.day] = each.name
        return names

    def _tables(self) -> tuple[dict[int, int], list[date]]:
        """Ordinal of a day → index of the last working day up to it; the working days by index."""
        first, last = reviewed_years()
        day, end = date(first, 1, 1), date(last, 12, 31)
        before, working = {}, [day - ONE_DAY]
        while day <= end:
            if day.weekday() < SATURDAY and day not in self._names:
                working.append(day)
            before[day.toordinal()] = len(working) - 1
            day += ONE_DAY
        return before, working

    def with_days(self, days: Iterable[DeclaredDay]) -> Calendar:
        """The same calendar with proclaimed days added."""
        return calendar(
            self.state,
            self.off,
            national=self.national,
            declared=(*self.declared, *days),
            expected_off=self.expected_off,
        )

    def nth_working_day(self, day: date, n: int) -> date:
        """The n-th working day after ``day`` (n from 1). Raise OutsideCalendar if unknown."""
        try:
            return self._working[self._before[day.toordinal()] + n]
        except (KeyError, IndexError):
            raise _outside(day) from None

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after ``start``, ``end`` included; negative backwards."""
        return self._count_to(end) - self._count_to(start)

    def _count_to(self, day: date) -> int:
        try:
            return self._before[day.toordinal()]
        except KeyError:
            raise _outside(day) from None

    def is_working_day(self, day: date) -> bool:
        """Whether ``day`` is neither a weekend nor a day off here."""
        return self.why_off(day) is None

    def why_off(self, day: date) -> str | None:
        """The holiday's name, "weekend", or None for a working day."""
        self._count_to(day)
        name = self._names.get(day)
        return name or ("weekend" if day.weekday() >= SATURDAY else None)

    def count(self, day: date, n: int, counted_in: Count = Count.WORKING_DAYS) -> DayCount:
        """Count ``n`` days on from ``day``, which is day 0. Raise OutsideCalendar if unknown."""
        if counted_in is Count.CALENDAR_DAYS:
            end = day + timedelta(days=n)
            return DayCount(
                end, lambda: (f"day 0 is {in_words(day)}", f"day {n} is {in_words(end)}")
            )
        end = self.nth_working_day(day, n) if n else day
        return DayCount(end, lambda: self._counted_words(day, n, end))

    def roll(self, counted: DayCount) -> DayCount:
        """Move on to the next working day if the count ended on a day off."""
        if self.is_working_day(counted.day):
            return counted
        end = self.nth_working_day(counted.day, 1)
        return DayCount(
            end,
            lambda: (
                *counted.steps,
                *self._off_words(counted.day, end - ONE_DAY),
                f"next working day is {in_words(end)}",
            ),
        )

    def next_working_day(self, day: date) -> date:
        """``day`` itself if it is a working day, otherwise the next one."""
        return day if self.is_working_day(day) else self.nth_working_day(day, 1)

    def day_of(self, instant: datetime) -> date:
        """The date of an aware instant on the state's clock."""
        return instant.astimezone(self.zone).date()

    def at(self, day: date, clock: time) -> datetime:
        """The instant at which the state's clock shows ``clock`` on ``day``."""
        return datetime.combine(day, clock, tzinfo=self.zone)

    def hours_on(self, instant: datetime, hours: int) -> datetime:
        """The instant ``hours`` elapsed hours later, on the state's clock."""
        return (instant.astimezone(UTC) + timedelta(hours=hours)).astimezone(self.zone)

    def _counted_words(self, day: date, n: int, end: date) -> tuple[str, ...]:
        return (
            f"day 0 is {in_words(day)}",
            *self._off_words(day + ONE_DAY, end - ONE_DAY),
            f"day {n} is {in_words(end)}",
        )

    def _off_words(self, start: date, end: date) -> list[str]:
        """The days off from ``start`` to ``end``; of many weekends only that they do not count."""
        weekends = sum(
            (start + timedelta(days=offset)).weekday() == SATURDAY
            for offset in range((end - start).days + 1)
        )
        words, day = [], start
        while day <= end:
            name = self._names.get(day)
            if name:
                words.append(f"{day:%a} {day.day} {day:%b}: {name}")
            elif day.weekday() >= SATURDAY and weekends <= WEEKENDS_WORTH_NAMING:
                if day.weekday() == SUNDAY and words and words[-1].endswith("weekend"):
                    words.pop()
                    before = day - ONE_DAY
                    words.append(f"Sat {before.day} and Sun {day.day} {day:%b}: weekend")
                else:
                    words.append(f"{day:%a} {day.day} {day:%b}: weekend")
            day += ONE_DAY
        if weekends > WEEKENDS_WORTH_NAMING:
            words.append(f"{weekends} weekends are left out")
        return words


@lru_cache(maxsize=256)
def calendar(
    state: State,
    off: frozenset[Kind] = frozenset({Kind.PUBLIC}),
    *,
    national: bool = False,
    declared: tuple[DeclaredDay, ...] = (),
    expected_off: bool = True,
) -> Calendar:
    """The shared calendar of a state; see Calendar."""
    return Calendar(state, off, national=national, declared=declared, expected_off=expected_off)


@lru_cache(maxsize=1)
def holidays() -> tuple[Holiday, ...]:
    """Every reviewed holiday, in order of date."""
    rows: list[dict[str, Any]] = _data()["holidays"]
    return tuple(
        Holiday(
            day=row["date"],
            states=frozenset(State)
            if row["states"] == "all"
            else frozenset(map(State, row["states"])),
            kind=Kind(row["kind"]),
            name=row["name"],
            source=row["source"],
            confirmed=row["status"] == "confirmed",
            from_hour=row.get("from_hour"),
            region=row.get("region"),
        )
        for row in rows
    )


def reviewed_years() -> tuple[int, int]:
    """The first and the last year whose holidays are known."""
    years = _data()["years"]
    return years["first"], years["last"]


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with HOLIDAYS.open(encoding="utf-8") as file:
        data: dict[str, Any] = yaml.load(file, Loader=loader)  # noqa: S506 (a safe loader)
    return data


@lru_cache(maxsize=64)
def _names(state: State, off: frozenset[Kind]) -> dict[date, str]:
    return {
        each.day: each.name if each.confirmed else f"{each.name} (expected, not confirmed)"
        for each in holidays()
        if each.kind in off and state in each.states
    }


@lru_cache(maxsize=64)
def expected_days(
    state: State, off: frozenset[Kind] = frozenset({Kind.PUBLIC})
) -> frozenset[date]:
    """The days of a state that are expected to be days off and not confirmed."""
    rows = [each for each in holidays() if each.kind in off and state in each.states]
    sure = {each.day for each in rows if each.confirmed}
    return frozenset(each.day for each in rows if not each.confirmed) - sure


def _outside(day: date) -> OutsideCalendar:
    first, last = reviewed_years()
    return OutsideCalendar(
        f"{day.isoformat()} leads outside the reviewed holidays of {first} to {last}: "
        "run `make holidays` for more years"
    )


def in_words(day: date) -> str:
    """A day as people write it: Thu 24 Dec 2026."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def months_on(day: date, months: int) -> date:
    """The same day number ``months`` later, or the month's last day if it has no such day."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def last_day_of_term(start: date, months: int) -> date:
    """The last day of a term of ``months`` that includes ``start``.

    That is the day before the same day number, or the last month's last day if it has no such day.
    """
    twin = months_on(start, months)
    return twin - ONE_DAY if twin.day == start.day else twin


def whole_months(start: date, end: date) -> int:
    """The number of whole months from ``start`` to ``end``, both days included; never negative."""
    if end < start:
        return 0
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    while months and last_day_of_term(start, months) > end:
        months -= 1
    return months


def months_begun(start: date, end: date) -> int:
    """The number of months from ``start`` to ``end``, a part month counted whole."""
    whole = whole_months(start, end)
    covered = whole and last_day_of_term(start, whole) >= end
    return whole if covered or end < start else whole + 1


def month_end(day: date) -> date:
    """The last day of the calendar month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def next_month_start(day: date) -> date:
    """The first day of the following calendar month."""
    return month_end(day) + ONE_DAY
