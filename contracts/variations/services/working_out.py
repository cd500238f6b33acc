"""Work out, batch by batch, what a draft does to whom."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from django.db import transaction

from contracts.variations.models import ChangeForMany
from contracts.variations.states import OPEN

from .kinds import kind_of

Many = TypeVar("Many", bound=ChangeForMany)

BATCH = 200
# So many are worked out while somebody waits for the page; the sweep does the rest.
AT_ONCE = 1_000


def work_out(change: ChangeForMany, *, at: datetime, most: int | None = None) -> int:
    """Work out, batch by batch, what a draft does; return for how many.

    It goes on where an earlier call stopped, after `most` at the latest.
    """
    done = 0
    while most is None or done < most:
        found = _one_batch(change, at)
        if found is None:
            break
        done += found
    return done


def locked(change: Many) -> Many:
    """The change as it stands, while nobody else moves it."""
    row: Many = kind_of(change).many().select_for_update(of=("self",)).get(pk=change.pk)
    return row


def _one_batch(change: ChangeForMany, at: datetime) -> int | None:
    """Work out the next ones; None: all are."""
    kind = kind_of(change)
    with transaction.atomic():
        row = locked(change)
        if row.state not in OPEN or row.worked_at is not None:
            return None
        found = list(kind.to_work_out(row)[:BATCH])
        if not found:
            row.worked_at = at
            row.save(update_fields=["worked_at"])
            return None
        kind.ones().bulk_create(kind.works_out_to(row, found, at))
        row.worked_through = found[-1].pk
        row.save(update_fields=["worked_through"])
    return len(found)
