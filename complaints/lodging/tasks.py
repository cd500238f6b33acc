from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from complaints.lodging import services as lodging


@shared_task(name="complaints.drop_drafts")
def drop_drafts(*, at: str | None = None) -> int:
    """Throw away what was begun and not touched for a month."""
    return lodging.drop_drafts(at=datetime.fromisoformat(at) if at else timezone.now())
