from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name="records.documents.render_waiting")
def render_waiting(*, at: str | None = None) -> int:
    """Make the PDFs that wait."""
    return services.render_waiting(at=datetime.fromisoformat(at) if at else timezone.now())
