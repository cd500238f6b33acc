"""While somebody is away, who stands in is reminded of their complaints; nothing is unowned."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q

from complaints.clocks.services import hand_over_clocks
from complaints.tickets.models import Complaint
from complaints.tickets.states import OVER, Happening
from parties.people.models import Absence
from parties.people.selectors import desk_day
from terms.calendar import in_words

from .steps import happen, locked


def mind_absences(*, at: datetime) -> int:
    """Hand reminders over on the first day of an absence, and back after the last; return how
    many absences began or ended.

    The complaints stay whose they are; who stands in has them among theirs meanwhile.
    """
    today = desk_day(at)
    begun = Q(begun_at__isnull=True, starts_on__lte=today, cancelled_at__isnull=True)
    over = Q(over_at__isnull=True) & (Q(ends_on__lt=today) | Q(cancelled_at__isnull=False))
    rows = Absence.objects.filter(begun | over).order_by("pk").values_list("pk", flat=True)
    return sum(map(partial(_turn, at=at), list(rows)))


def _turn(pk: int, *, at: datetime) -> int:
    with transaction.atomic():
        row = (
            Absence.objects.select_for_update(of=("self",))
            .select_related("user", "substitute")
            .get(pk=pk)
        )
        if row.over_at is not None:
            return 0
        is_over = row.cancelled_at is not None or row.ends_on < desk_day(at)
        if not is_over and row.begun_at is not None:
            return 0
        had_begun = row.begun_at is not None
        if is_over:
            row.over_at = at
        else:
            row.begun_at = at
        row.save(update_fields=["begun_at", "over_at"])
        if not is_over or had_begun:
            until = (
                f"{row.user} is away until {in_words(row.ends_on)}: {row.substitute} stands in."
            )
            words = f"{row.user} is back." if is_over else until
            _hand_over(row, words, at)
    return 1


def _hand_over(row: Absence, words: str, at: datetime) -> None:
    mine = Complaint.objects.filter(assigned_to=row.user).exclude(state__in=OVER)
    for reference in mine.order_by("pk").values_list("reference", flat=True):
        complaint = locked(reference)
        hand_over_clocks(complaint, at=at)
        happen(complaint, Happening.ASSIGN, by=None, at=at, text=words, for_staff_only=True)
