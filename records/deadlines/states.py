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
    MISS = "miss"
    SUPERSEDE = "supersede"


LIFECYCLE = Lifecycle(
    {
        (Status.OPEN, Act.MEET): Status.MET,
        (Status.OPEN, Act.MISS): Status.MISSED,
        (Status.OPEN, Act.SUPERSEDE): Status.SUPERSEDED,
        (Status.MISSED, Act.MEET): Status.MET_LATE,
        (Status.MISSED, Act.SUPERSEDE): Status.SUPERSEDED,
    }
)


class Stage(models.TextChoices):
    SOON = "soon", "Due soon"
    TODAY = "today", "Due today"
    MISSED = "missed", "Missed"
