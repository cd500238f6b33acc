from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from parties.appointments import services as appointments


@shared_task(name="parties.remind_of_expiry")
def remind_of_expiry(*, at: str | None = None) -> int:
    """Remind of appointments that are about to end."""
    return appointments.remind_of_expiry(at=datetime.fromisoformat(at) if at else timezone.now())
