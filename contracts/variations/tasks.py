from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from . import services


@shared_task(name="contracts.carry_price_changes")
def carry_price_changes(*, at: str | None = None) -> int:
    """Tell of changes of price, and put them into force on their days."""
    now = datetime.fromisoformat(at) if at else timezone.now()
    return services.carry_price_changes(at=now)


@shared_task(name="contracts.tell_yearly_rises")
def tell_yearly_rises(*, at: str | None = None) -> int:
    """Send out rises that the terms bring each year."""
    return services.tell_yearly_rises(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="contracts.carry_terms_changes")
def carry_terms_changes(*, at: str | None = None) -> int:
    """Tell of new versions of the terms, and let them bind contracts on their days."""
    return services.carry_terms_changes(at=datetime.fromisoformat(at) if at else timezone.now())
