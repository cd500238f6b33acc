from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from . import health


@shared_task(name="portal.heartbeat")
def heartbeat() -> None:
    """Show that a worker takes tasks and that beat rings."""
    health.note_heartbeat(timezone.now())
