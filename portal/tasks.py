from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from portal.composition import data_file as exports
from portal.composition import declared_days, health


@shared_task(name="portal.heartbeat")
def heartbeat() -> None:
    """Show that a worker takes tasks and that beat rings."""
    health.note_heartbeat(timezone.now())


@shared_task(name="portal.make_exports")
def make_exports(*, at: str | None = None) -> int:
    """Make the data files that wait, and delete those whose days are over."""
    return exports.sweep(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="portal.apply_declared_days")
def apply_declared_days(*, at: str | None = None) -> int:
    """Let open clocks follow the days that states proclaimed."""
    moment = datetime.fromisoformat(at) if at else timezone.now()
    return declared_days.apply_declared_days(at=moment)
