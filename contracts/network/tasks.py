from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from contracts.network import services


@shared_task(name="contracts.ask_ends")
def ask_ends(*, at: str | None = None) -> int:
    """Ask networks to switch off what has ended."""
    return services.ask_ends(at=datetime.fromisoformat(at) if at else timezone.now())
