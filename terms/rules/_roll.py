"""Dates that move on to a working day, where a document says so once for all its clauses."""

from terms.calendar import Calendar, Walk
from terms.clause import Reason, Terms, shape
from terms.profile import Profile


@shape("roll")
class Roll(Terms):
    """A date fixed for doing something moves to the next working day (BS-CON-21)."""


def rolled(profile: Profile, calendar: Calendar, walk: Walk) -> tuple[Walk, tuple[Reason, ...]]:
    """Move `walk` on where the document rolls such dates; with the reason if it moved."""
    roll = profile.find(Roll)
    moved = calendar.roll(walk) if roll else walk
    if roll is None or moved.day == walk.day:
        return walk, ()
    return moved, (roll.because(*moved.steps[len(walk.steps) :]),)
