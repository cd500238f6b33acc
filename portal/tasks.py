from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from . import declared_days, health


@shared_task(name="portal.heartbeat")
def heartbeat() -> None:
    """Show that a worker takes tasks and that beat rings."""
    health.note_heartbeat(timezone.now())


@shared_task(name="portal.apply_declared_days")
def apply_declared_days() -> int:
    """Let open clocks follow the days that states proclaimed."""
    return declared_days.apply_declared_days(at=timezone.now())
