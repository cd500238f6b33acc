from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name="contracts.tell_outages")
def tell_outages(*, at: str | None = None) -> int:
    """Tell those whom an outage hits what was said of it since they last heard."""
    return services.tell_outages(at=datetime.fromisoformat(at) if at else timezone.now())
