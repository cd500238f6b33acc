"""Paired measurements of CPU time, and a database of one's own to measure in."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import cache
from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table: what was compared, what was found, what is wanted."""

    what: str
    found: float
    goal: str


def cpu(act: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    act()
    return time.process_time() - start


def ratio(one: Callable[[], object], other: Callable[[], object], rounds: int = 7) -> float:
    """How many times as long `one` takes as `other`: the median of paired turns."""
    one()
    other()
    return statistics.median(cpu(one) / cpu(other) for _ in range(rounds))


@cache
def django() -> None:
    """Set Django up on a throw-away database with the demo in it: SQLite, or what is given.

    Large measurements keep the database that they were started beside.
    """
    folder = tempfile.mkdtemp(prefix="portal-bench-")
    given = () if "BENCH_LARGE" in os.environ else ("DATABASE_URL",)
    for name in (*given, "REDIS_URL", "BROKER_URL"):
        os.environ.pop(name, None)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATA_DIR": folder,
        "LOG_LEVEL": "ERROR",
    }
    import django as framework

    framework.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with open(os.devnull, "w") as silent:
        call_command("demo", stdout=silent)
        call_command("bill_run", stdout=silent)
