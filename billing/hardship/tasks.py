from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name="billing.review_arrangements")
def review_arrangements(*, at: str | None = None) -> int:
    """See which arrangements were kept or missed, and which offers were not answered."""
    return services.review_help(at=datetime.fromisoformat(at) if at else timezone.now())
