from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name="billing.pursue")
def pursue(*, at: str | None = None) -> int:
    """Look at accounts with open money on their morning: remind, charge, or say why not."""
    return services.pursue(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="billing.restore_paid")
def restore_paid(*, at: str | None = None) -> int:
    """Bring back services that no longer have to stand still."""
    return services.restore_paid(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="billing.mind_handovers")
def mind_handovers(*, at: str | None = None) -> int:
    """Take back debts that collectors may no longer ask for, and defaults that are paid."""
    return services.mind_handovers(at=datetime.fromisoformat(at) if at else timezone.now())
