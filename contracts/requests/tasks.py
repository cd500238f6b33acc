from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name="contracts.give_outage_credits")
def give_outage_credits(*, at: str | None = None) -> int:
    """Put approved credits for outages on the next bills, and tell whom they are for."""
    return services.give_outage_credits(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="contracts.tell_outages")
def tell_outages(*, at: str | None = None) -> int:
    """Tell those whom an outage hits what was said of it since they last heard."""
    return services.tell_outages(at=datetime.fromisoformat(at) if at else timezone.now())
