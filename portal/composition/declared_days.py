"""Days that a state proclaims: open clocks follow them; staff see first how many would move."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import transaction

from billing.hardship import services as help_clocks
from complaints.clocks import services as complaint_clocks
from parties.accounts.models import DECLARED_DAYS, DeclaredDay
from parties.accounts.selectors import as_if_declared
from terms.calendar import DeclaredDay as TermsDay


@dataclass(frozen=True)
class Clocks:
    """An area's way of setting its clocks anew, and of saying which would move."""

    recompute: Callable[..., int]
    would_move: Callable[..., Iterable[Any]]


CLOCKS = (
    Clocks(complaint_clocks.recompute_open_deadlines, complaint_clocks.clocks_to_move),
    Clocks(help_clocks.recompute_open_deadlines, help_clocks.clocks_to_move),
)


def apply_declared_days(*, at: datetime) -> int:
    """Set clocks anew for the days that were declared since; return how many moved.

    Also those flagged as missed meanwhile: the day may have reached us after they were.
    """
    with transaction.atomic():
        waiting = DeclaredDay.objects.select_for_update(skip_locked=True)
        rows = list(waiting.filter(applied_at__isnull=True))
        if not rows:
            return 0
        # Another process may have kept the days as they stood before this row was committed.
        cache.delete(DECLARED_DAYS)
        since = min(row.since or row.day for row in rows)
        moved = sum(area.recompute(at=at, since=since) for area in CLOCKS)
        DeclaredDay.objects.filter(pk__in=[row.pk for row in rows]).update(applied_at=at)
    return moved


def clocks_that_would_move(day: TermsDay) -> int:
    """Return how many clocks the day would move; only reads."""
    with as_if_declared(day):
        return sum(1 for area in CLOCKS for _ in area.would_move(since=day.day))
