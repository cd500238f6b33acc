from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name="contracts.carry_out_ends")
def carry_out_ends(*, at: str | None = None) -> int:
    """Remind of services that end soon, and carry out the ends whose day has come."""
    return services.carry_out_ends(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="contracts.remind_of_terms")
def remind_of_terms(*, at: str | None = None) -> int:
    """Tell customers of minimum terms that come to their end."""
    return services.remind_of_terms(at=datetime.fromisoformat(at) if at else timezone.now())
