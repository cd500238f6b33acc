from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name=services.DELIVERY_TASK)
def deliver_queued(*, at: str | None = None) -> int:
    """Send what waits."""
    return services.deliver_queued(at=datetime.fromisoformat(at) if at else timezone.now())
