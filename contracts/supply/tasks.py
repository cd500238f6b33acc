from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name="contracts.apply_plan_changes")
def apply_plan_changes(*, at: str | None = None) -> int:
    """Put agreed plan changes into force on their day."""
    return services.apply_plan_changes(at=datetime.fromisoformat(at) if at else timezone.now())
