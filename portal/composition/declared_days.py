"""Days that a state proclaims: open clocks follow them; staff see first how many would move."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache
from django.db import transaction

from complaints.clocks.services import clocks_to_move
from complaints.clocks.services import recompute_open_deadlines as recompute_complaints
from parties.accounts.models import DECLARED_DAYS, DeclaredDay
from parties.accounts.selectors import as_if_declared
from terms.calendar import DeclaredDay as TermsDay

# Each app's way of setting its clocks anew, and of saying which would move.
RECOMPUTE = (recompute_complaints,)
WOULD_MOVE = (clocks_to_move,)


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
        moved = sum(recompute(at=at, since=since) for recompute in RECOMPUTE)
        DeclaredDay.objects.filter(pk__in=[row.pk for row in rows]).update(applied_at=at)
    return moved


def clocks_that_would_move(day: TermsDay) -> int:
    """Return how many clocks the day would move; only reads."""
    with as_if_declared(day):
        return sum(1 for look in WOULD_MOVE for _ in look(since=day.day))
