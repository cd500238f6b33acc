from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name="contracts.carry_out_ends")
def carry_out_ends(*, at: str | None = None) -> int:
    """Remind of services that end soon, and carry out the ends whose day has come."""
    return services.carry_out_ends(at=datetime.fromisoformat(at) if at else timezone.now())
