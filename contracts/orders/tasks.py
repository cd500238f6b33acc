from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name="contracts.lapse_offers")
def lapse_offers(*, at: str | None = None) -> int:
    """End offers whose last day is over."""
    return services.lapse_offers(at=datetime.fromisoformat(at) if at else timezone.now())
