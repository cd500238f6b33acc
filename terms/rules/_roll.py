"""Dates that move on to a working day, where a document says so once for all its clauses."""

from terms.calendar import Calendar, DayCount
from terms.clause import Reason, Terms, shape
from terms.profile import Profile


@shape("roll")
class Roll(Terms):
    """A date fixed for doing something moves to the next working day (BS-CON-21)."""


def rolled(
    profile: Profile, calendar: Calendar, counted: DayCount
) -> tuple[DayCount, tuple[Reason, ...]]:
    """Move `counted` on where the document rolls such dates; with the reason if it moved."""
    roll = profile.find(Roll)
    moved = calendar.roll(counted) if roll else counted
    if roll is None or moved.day == counted.day:
        return counted, ()
    return moved, (roll.because(*moved.steps[len(counted.steps) :]),)
