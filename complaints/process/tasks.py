from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from complaints.process import services as process


@shared_task(name="complaints.acknowledge_sent")
def acknowledge_sent(*, at: str | None = None) -> int:
    """Mark complaints as acknowledged whose acknowledgement has gone out."""
    return process.acknowledge_sent(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="complaints.escalate_missed")
def escalate_missed(*, at: str | None = None) -> int:
    """Bring to a manager what was not done by its day."""
    return process.escalate_missed(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="complaints.name_regulator")
def name_regulator(*, at: str | None = None) -> int:
    """Tell customers that the privacy regulator is open where we did not answer in time."""
    return process.name_regulator(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="complaints.mind_private")
def mind_private(*, at: str | None = None) -> int:
    """Keep private complaints with their officers; say where there is none."""
    return process.mind_private(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="complaints.mind_absences")
def mind_absences(*, at: str | None = None) -> int:
    """Hand reminders to who stands in for somebody who is away, and back."""
    return process.mind_absences(at=datetime.fromisoformat(at) if at else timezone.now())
