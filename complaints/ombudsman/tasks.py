from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from complaints.ombudsman import services as ombudsman


@shared_task(name="complaints.make_packs")
def make_packs(*, at: str | None = None) -> int:
    """Make the evidence packs that wait, and delete those whose days are over."""
    return ombudsman.make_packs(at=datetime.fromisoformat(at) if at else timezone.now())
