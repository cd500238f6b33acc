"""A clock for tests that goes from one due moment to the next and runs what beat rings."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from celery.schedules import crontab

from portal.celery import BEAT, app

HOUR = timedelta(hours=1)
app.loader.import_default_modules()
# Shows that a worker lives; it changes nothing that a test could see.
IDLE = {"portal.heartbeat"}


@dataclass(frozen=True)
class Outage:
    """The worker does not run from one moment until another; what was due is not caught up."""

    since: datetime
    until: datetime

    def covers(self, at: datetime) -> bool:
        return self.since <= at < self.until


@dataclass
class Clockwork:
    """Runs the beat table's real tasks, each at its moment.

    `now` only moves forward. What beat rings every few seconds runs before and after whatever else
    is due. With `hours`, those of UTC, beat is heard in them alone, and once an hour what it rings
    more often: enough for whatever is counted in days. `heard` counts how often each task ran.
    """

    now: datetime
    outages: tuple[Outage, ...] = ()
    hours: frozenset[int] = frozenset()
    heard: dict[str, int] = field(default_factory=dict)

    def run_until(self, until: datetime) -> None:
        """Let everything happen that is due up to a moment, and stand there."""
        for moments in self._hours(until):
            due = [one for one in moments if not self._is_out(one[0])]
            if not due:
                continue
            self._ring_often(due[0][0])
            for at, names in due:
                for name in names:
                    self._ring(name, at)
                if not self.hours:
                    self._ring_often(at)
            if self.hours:
                self._ring_often(due[-1][0])
        self.now = until

    def _hours(self, until: datetime) -> Iterator[list[tuple[datetime, list[str]]]]:
        """Yield, hour by hour, the moments after `now` with the tasks that are due then."""
        hour = self.now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        while hour <= until:
            if not self.hours or hour.hour in self.hours:
                yield [
                    (at, names)
                    for at, names in self._moments(hour)
                    if self.now < at <= until and names
                ]
            hour += HOUR

    def _moments(self, hour: datetime) -> Iterator[tuple[datetime, list[str]]]:
        done: set[str] = set()
        for minute in sorted({each for _, when in _timed() for each in when.minute}):
            at = hour + timedelta(minutes=minute)
            names = [name for name, when in _timed() if _is_due(when, at) and name not in done]
            yield at, names
            done |= set(names) if self.hours else set()

    def _is_out(self, at: datetime) -> bool:
        return any(outage.covers(at) for outage in self.outages)

    def _ring_often(self, at: datetime) -> None:
        for name in _often():
            self._ring(name, at)

    def _ring(self, name: str, at: datetime) -> None:
        task = app.tasks[name]
        takes_at = "at" in inspect.signature(task.run).parameters
        assert takes_at, f"{name} reads a clock of its own"
        self.now = at
        task.run(at=at.isoformat())
        self.heard[name] = self.heard.get(name, 0) + 1


def _entries() -> Iterable[dict[str, Any]]:
    return (entry for entry in BEAT.values() if entry["task"] not in IDLE)


def _timed() -> list[tuple[str, crontab]]:
    return [
        (entry["task"], entry["schedule"])
        for entry in _entries()
        if isinstance(entry["schedule"], crontab)
    ]


def _often() -> Iterator[str]:
    yield from (
        entry["task"] for entry in _entries() if not isinstance(entry["schedule"], crontab)
    )


def _is_due(when: crontab, at: datetime) -> bool:
    return at.minute in when.minute and at.hour in when.hour
