"""What the network is asked to do for a service, and how that goes."""

from django.db import models

from terms.lifecycle import Lifecycle


class WorkKind(models.TextChoices):
    ACTIVATE = "activate", "Let it work"
    SUSPEND = "suspend", "Let it stand still"
    RESTORE = "restore", "Let it work again"
    END = "end", "Switch it off"


class WorkState(models.TextChoices):
    """Where it stands. Charging follows what is done."""

    ASKED = "asked", "Asked"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    WITHDRAWN = "withdrawn", "Taken back"


class WorkAct(models.TextChoices):
    FINISH = "finish", "It is done"
    FAIL = "fail", "It failed"
    ASK_AGAIN = "ask_again", "Ask again"
    WITHDRAW = "withdraw", "Take it back"


# What was taken back too late can be done all the same: then it is undone.
WORK = Lifecycle(
    {
        (WorkState.ASKED, WorkAct.FINISH): WorkState.DONE,
        (WorkState.ASKED, WorkAct.FAIL): WorkState.FAILED,
        (WorkState.ASKED, WorkAct.WITHDRAW): WorkState.WITHDRAWN,
        (WorkState.FAILED, WorkAct.FINISH): WorkState.DONE,
        (WorkState.FAILED, WorkAct.ASK_AGAIN): WorkState.ASKED,
        (WorkState.FAILED, WorkAct.WITHDRAW): WorkState.WITHDRAWN,
        (WorkState.WITHDRAWN, WorkAct.FINISH): WorkState.DONE,
    }
)
OPEN_WORK = (WorkState.ASKED, WorkState.FAILED)
