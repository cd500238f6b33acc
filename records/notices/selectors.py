from __future__ import annotations

from datetime import datetime

from .models import Notice
from .states import Status


def oldest_waiting(at: datetime) -> datetime | None:
    """When the longest-waiting unsent notice was given, or None if nothing waits."""
    waiting = Notice.objects.filter(
        status__in=[Status.QUEUED, Status.SENDING], given_at__lte=at
    ).order_by("given_at")
    return waiting.values_list("given_at", flat=True).first()


def waiting_count() -> int:
    """How many notices have not gone out yet."""
    return Notice.objects.filter(status__in=[Status.QUEUED, Status.SENDING]).count()
