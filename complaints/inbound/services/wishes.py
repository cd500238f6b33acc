"""What an answer by text wishes, where that is sure; all else is for a person to read."""

from __future__ import annotations

import re
from datetime import date, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
STOPS = frozenset(
    {"stop", "stop all", "stopall", "unsubscribe", "quit", "opt out", "no more texts"}
)
YES = frozenset({"ok", "okay", "yes", "yep", "fine"})
POLITE = frozenset(
    {"please", "pls", "thanks", "thank", "you", "that", "works", "is", "hi", "hello"}
)
# The words around a day that change nothing about what is wished.
AROUND = POLITE | frozenset(
    [
        "i",
        "we",
        "can",
        "can't",
        "cant",
        "cannot",
        "will",
        "pay",
        "need",
        "give",
        "me",
        "us",
        "more",
        "time",
        "until",
        "till",
        "til",
        "to",
        "by",
        "on",
        "the",
        "of",
        "it",
        "have",
        "let",
        "extension",
        "extend",
    ]
)
AUTOMATIC = re.compile(
    r"\b(auto(matic)?[- ]?(reply|response)|automated|out of (the )?office|do not reply"
    r"|i.?m driving|i am driving|can.?t talk right now|undeliver\w+|delivery (status|failed))\b",
    re.IGNORECASE,
)
_MONTH = rf"(?P<month>{'|'.join(MONTHS)})[a-z]*"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:\s+(?P<year>\d{4}))?"
_WRITTEN = (
    re.compile(rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}{_YEAR}\b"),
    re.compile(rf"\b{_MONTH}\s+{_DAY}{_YEAR}\b"),
    re.compile(r"\b(?P<day>\d{1,2})[/.](?P<month>\d{1,2})(?:[/.](?P<year>\d{4}))?(?!\d)"),
)
_NAMED = re.compile(rf"\b(tomorrow|{'|'.join(f'{one[:3]}(?:{one[3:]})?' for one in WEEKDAYS)})\b")


def is_automatic(words: str) -> bool:
    """Whether no person wrote it: such an answer is never answered, so that nothing loops."""
    return not words.strip() or bool(AUTOMATIC.search(words))


def wishes_no_texts(words: str) -> bool:
    """Whether it asks that no more texts come."""
    return _plain(words) in STOPS


def agrees(words: str) -> bool:
    """Whether it says yes to what was offered, and nothing else."""
    said = set(_plain(words).split())
    return bool(said & YES) and said <= YES | POLITE


def day_wished(words: str, on: date) -> date | None:
    """The day until when somebody wants to pay, after the customer's day `on`.

    None where it names no day or several, a day that is over, or says anything more: that is
    somebody's to read. A day without its year is the next one.
    """
    rest, days = " ".join(words.lower().replace("\u2019", "'").split()), list[date | None]()
    for form in _WRITTEN:
        for found in form.finditer(rest):
            days.append(_dated(found, on))
        rest = form.sub(" ", rest)
    days += [_next(found.group(), on) for found in _NAMED.finditer(rest)]
    rest = _plain(_NAMED.sub(" ", rest))
    if len(days) != 1 or days[0] is None or not set(rest.split()) <= AROUND:
        return None
    return days[0] if days[0] > on else None


def _plain(words: str) -> str:
    return " ".join(re.sub(r"[^\w' ]", " ", words.lower().replace("\u2019", "'")).split())


def _next(name: str, on: date) -> date:
    if name == "tomorrow":
        return on + timedelta(days=1)
    wanted = next(at for at, one in enumerate(WEEKDAYS) if one.startswith(name[:3]))
    return on + timedelta(days=(wanted - on.weekday() - 1) % 7 + 1)


def _dated(found: re.Match[str], on: date) -> date | None:
    month = found["month"]
    number = int(month) if month.isdecimal() else MONTHS.index(month[:3]) + 1
    years = [int(found["year"])] if found["year"] else [on.year, on.year + 1]
    for year in years:
        try:
            day = date(year, number, int(found["day"]))
        except ValueError:
            return None
        if found["year"] or day > on:
            return day
    return None
