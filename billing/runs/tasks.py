from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from billing.runs import services as runs


@shared_task(name="billing.run_bills")
def run_bills(*, at: str | None = None) -> int:
    """Run the bills of every provider whose bill day it is."""
    return runs.run_bills(at=datetime.fromisoformat(at) if at else timezone.now())
