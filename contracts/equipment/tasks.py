from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name="contracts.ask_equipment_back")
def ask_equipment_back(*, at: str | None = None) -> int:
    """Ask back what stands at services that have ended."""
    return services.ask_back_due(at=datetime.fromisoformat(at) if at else timezone.now())
