from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from .models import Document
from .states import Status


def to_make(at: datetime) -> QuerySet[Document]:
    """What waits to be made, and whose turn it is; nobody is at it."""
    return Document.objects.filter(status=Status.WAITING).filter(
        Q(next_try_at__isnull=True) | Q(next_try_at__lte=at),
        Q(leased_until__isnull=True) | Q(leased_until__lte=at),
    )


def oldest_to_make(at: datetime) -> datetime | None:
    """Since when the longest-waiting document could have been made, or None if none could."""
    late = to_make(at).filter(next_try_at__isnull=False).order_by("next_try_at")
    return late.values_list("next_try_at", flat=True).first()
