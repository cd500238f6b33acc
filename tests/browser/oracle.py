"""Dates worked out anew with the holidays library, to hold the portal's own against."""

from __future__ import annotations

from datetime import date, timedelta

import holidays


def is_working(day: date, state: str) -> bool:
    # The library gives all of Queensland a day off that is Brisbane's alone; no demo account of
    # this test lies there.
    return day.weekday() < 5 and day not in holidays.country_holidays("AU", subdiv=state)


def working_days_on(day: date, count: int, state: str) -> date:
    while count:
        day += timedelta(days=1)
        count -= is_working(day, state)
    return day


def rolled(day: date, state: str) -> date:
    while not is_working(day, state):
        day += timedelta(days=1)
    return day


def in_words(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"
