"""The life of a bill run, and ways to pay."""

from django.db import models

from terms.lifecycle import Lifecycle


class RunStatus(models.TextChoices):
    OPEN = "open", "Open"
    RUNNING = "running", "Running"
    CLOSED = "closed", "Closed"


class RunAct(models.TextChoices):
    START = "start"
    HALT = "halt"
    CLOSE = "close"


RUN_LIFECYCLE = Lifecycle(
    {
        (RunStatus.OPEN, RunAct.START): RunStatus.RUNNING,
        (RunStatus.RUNNING, RunAct.HALT): RunStatus.OPEN,
        (RunStatus.RUNNING, RunAct.CLOSE): RunStatus.CLOSED,
    }
)
