"""What every sweep does: take row by row, and let one that fails stop no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

import structlog
from django.db import models, transaction

log = structlog.get_logger(__name__)


class Swept(models.Model):
    """A row that a sweep works on; what kept the sweep from doing so stands on it."""

    problem = models.CharField(
        max_length=300, blank=True, help_text="Why the last sweep could not do its work here."
    )
    problem_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=Swept)


def each(rows: Iterable[Row], step: Callable[[Row], int], *, at: datetime) -> int:
    """Do one step for each row, in a transaction of its own; return the sum of the answers.

    A row whose step fails is left as it was, with the reason noted on it, until a later sweep
    succeeds.
    """
    done = 0
    for row in rows:
        kept = type(row)._default_manager.filter(pk=row.pk)
        try:
            with transaction.atomic():
                done += step(row)
                if row.problem:
                    kept.update(problem="", problem_at=None)
        except Exception as failure:
            log.exception("sweep_failed", what=type(row).__name__, row=row.pk)
            words = f"{type(failure).__name__}: {failure}"[:300]
            kept.update(problem=words, problem_at=at)
    return done
