from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name="records.audit.anchor_chains")
def anchor_chains(*, at: str | None = None) -> bool:
    """Seal the chains, once a day; whether this ring did it."""
    now = datetime.fromisoformat(at) if at else timezone.now()
    return services.anchor_chains(on=timezone.localtime(now).date(), at=now) is not None
