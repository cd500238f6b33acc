from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name="records.deadlines.remind_and_flag")
def remind_and_flag(*, at: str | None = None) -> int:
    """Remind of deadlines that come near; flag those that were missed."""
    return services.remind_and_flag(at=datetime.fromisoformat(at) if at else timezone.now())
