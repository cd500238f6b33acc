from django.db import models

from terms.lifecycle import Lifecycle


class Status(models.TextChoices):
    OPEN = "open", "Open"
    MET = "met", "Met"
    MISSED = "missed", "Missed"
    MET_LATE = "met_late", "Met late"
    SUPERSEDED = "superseded", "Replaced"


class Act(models.TextChoices):
    MEET = "meet"
    MEET_IN_TIME = "meet_in_time"  # known only later
    MISS = "miss"
    SUPERSEDE = "supersede"
    CORRECT = "correct"  # it was due on another day all along


LIFECYCLE = Lifecycle(
    {
        (Status.OPEN, Act.MEET_IN_TIME): Status.MET,
        (Status.OPEN, Act.MISS): Status.MISSED,
        (Status.OPEN, Act.SUPERSEDE): Status.SUPERSEDED,
        (Status.OPEN, Act.CORRECT): Status.SUPERSEDED,
        # What was missed stays so, whatever ends it.
        (Status.MISSED, Act.MEET): Status.MET_LATE,
        (Status.MISSED, Act.MEET_IN_TIME): Status.MET,
        (Status.MISSED, Act.CORRECT): Status.SUPERSEDED,
        (Status.MET_LATE, Act.CORRECT): Status.SUPERSEDED,
    }
)


class Stage(models.TextChoices):
    SOON = "soon", "Due soon"
    TODAY = "today", "Due today"
    MISSED = "missed", "Missed"
