"""Days that a state proclaims: open clocks follow them; staff see first how many would move."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache
from django.db import transaction

from complaints.clocks.services import recompute_open_deadlines as recompute_complaints
from parties.accounts.models import DECLARED_DAYS, DeclaredDay
from parties.accounts.selectors import as_if_declared
from terms.calendar import DeclaredDay as TermsDay

# Each app's way of setting its open clocks anew; returns how many moved.
RECOMPUTE = (recompute_complaints,)


def apply_declared_days(*, at: datetime) -> int:
    """Set open clocks anew for the days that were declared since; return how many moved."""
    with transaction.atomic():
        waiting = DeclaredDay.objects.select_for_update(skip_locked=True)
        rows = [row.pk for row in waiting.filter(applied_at__isnull=True)]
        if not rows:
            return 0
        # Another process may have kept the days as they stood before this row was committed.
        cache.delete(DECLARED_DAYS)
        moved = sum(recompute(at=at) for recompute in RECOMPUTE)
        DeclaredDay.objects.filter(pk__in=rows).update(applied_at=at)
    return moved


def clocks_that_would_move(day: TermsDay, *, at: datetime) -> int:
    """Return how many open clocks the day would move, and leave them as they are."""
    with transaction.atomic(), as_if_declared(day):
        moved = sum(recompute(at=at) for recompute in RECOMPUTE)
        transaction.set_rollback(True)
    return moved
