from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from .models import Deadline
from .states import Status


@dataclass(frozen=True, kw_only=True)
class DueDate:
    """A deadline as a page shows it."""

    subject: str
    duty: str
    title: str
    due_on: date
    due_at: datetime
    status: str
    done_at: datetime | None
    because: list[dict[str, Any]]
    left: int | None = None  # working days until the due day, where a page counts them

    @property
    def was_missed(self) -> bool:
        return self.status in (Status.MISSED, Status.MET_LATE)


def deadlines_of(subjects: Iterable[str]) -> dict[str, list[DueDate]]:
    """The deadlines of each subject, replaced ones left out, soonest first. One query."""
    found: dict[str, list[DueDate]] = {subject: [] for subject in subjects}
    rows = Deadline.objects.filter(subject__in=found).exclude(status=Status.SUPERSEDED)
    for row in rows.order_by("due_at"):
        found[row.subject].append(
            DueDate(
                subject=row.subject,
                duty=row.duty,
                title=row.title,
                due_on=row.due_on,
                due_at=row.due_at,
                status=row.status,
                done_at=row.done_at,
                because=row.because,
            )
        )
    return found
