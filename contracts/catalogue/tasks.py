from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name="contracts.carry_list_changes")
def carry_list_changes(*, at: str | None = None) -> int:
    """Let the price list follow what was agreed for a day that has come."""
    return services.carry_list_changes(at=datetime.fromisoformat(at) if at else timezone.now())
