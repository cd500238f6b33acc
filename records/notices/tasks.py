from __future__ import annotations

from datetime import datetime
from typing import Any

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name=services.DELIVERY_TASK)
def deliver_queued(*, at: str | None = None) -> int:
    """Send what waits, the urgent first."""
    return services.deliver_queued(**_moment(at))


@shared_task(name=services.URGENT_TASK)
def deliver_urgent(*, at: str | None = None) -> int:
    """Send the codes and links for which somebody waits; a queue of its own brings it."""
    return services.deliver_queued(**_moment(at), urgent_only=True)


def _moment(at: str | None) -> dict[str, Any]:
    """The moment that a replay names, or the running clock: what is sent is dated by it."""
    if at is not None:
        return {"at": datetime.fromisoformat(at)}
    return {"at": timezone.now(), "clock": timezone.now}
