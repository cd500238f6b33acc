"""Note that somebody of the staff is away, and who stands in."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from parties.people.models import Absence, User
from parties.people.selectors import absences_in, desk_day

LONGEST = timedelta(days=366)


class AbsenceRefused(Exception):
    """The absence can't be so; the message says what to do."""


def note_absence(
    *,
    user: User,
    substitute: User,
    starts_on: date,
    ends_on: date,
    by: User,
    at: datetime,
) -> Absence:
    """Note that somebody is away on these days, both included, and who gets their queue.

    The same again is the same absence. Raises AbsenceRefused for days that are over, longer than a
    year or taken already, and for a substitute who is away then, too, or works elsewhere.
    """
    with transaction.atomic():
        # Two that are noted at once wait for each other: nobody stands in for who stands in.
        list(User.objects.select_for_update().filter(pk__in={user.pk, substitute.pk}))
        same = Absence.objects.filter(
            user=user,
            substitute=substitute,
            starts_on=starts_on,
            ends_on=ends_on,
            cancelled_at__isnull=True,
        )
        if (known := same.first()) is not None:
            return known
        _require_sound(user, substitute, starts_on, ends_on, at)
        return Absence.objects.create(
            user=user,
            substitute=substitute,
            starts_on=starts_on,
            ends_on=ends_on,
            noted_by=by,
            noted_at=at,
        )


def _require_sound(
    user: User, substitute: User, starts_on: date, ends_on: date, at: datetime
) -> None:
    if ends_on < starts_on:
        raise AbsenceRefused("The last day lies before the first: check them.")
    if ends_on < desk_day(at):
        raise AbsenceRefused("Those days are over: choose days that are still to come.")
    if ends_on - starts_on > LONGEST:
        raise AbsenceRefused("That is longer than a year: check the year.")
    if substitute == user:
        raise AbsenceRefused("Somebody else has to stand in.")
    if not (substitute.is_staff and substitute.is_active):
        raise AbsenceRefused(f"{substitute} does not work here.")
    if substitute.provider_id not in (None, user.provider_id):
        raise AbsenceRefused(f"{substitute} works for another provider only.")
    if absences_in(user, starts_on, ends_on).exists():
        raise AbsenceRefused(f"{user} is away on some of these days already: end that first.")
    if absences_in(substitute, starts_on, ends_on).exists():
        raise AbsenceRefused(f"{substitute} is away then, too: choose somebody else.")


def end_absence(*, absence: Absence, at: datetime) -> Absence:
    """Note that somebody is back, or does not go; twice is harmless."""
    with transaction.atomic():
        row = Absence.objects.select_for_update().get(pk=absence.pk)
        if row.cancelled_at is None and row.over_at is None:
            row.cancelled_at = at
            row.save(update_fields=["cancelled_at"])
    return row
