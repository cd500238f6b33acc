"""What customers ask for and what befalls their services: the words, and how each moves."""

from django.db import models

from terms.lifecycle import Lifecycle


class Reach(models.TextChoices):
    """How many an outage hits, as the law tells outages apart (RF-OUT-01)."""

    OTHER = "other", "Neither major nor significant"
    LOCAL = "local", "Significant local outage"
    MAJOR = "major", "Major outage"


class Region(models.TextChoices):
    """Where most of the services lie that an outage hits."""

    CITY = "city", "A city"
    REGIONAL = "regional", "Regional"
    REMOTE = "remote", "Remote"


class OutageState(models.TextChoices):
    RUNNING = "running", "Not over yet"
    ENDED = "ended", "Over"
    CALLED_OFF = "called_off", "Called off"


class OutageAct(models.TextChoices):
    UPDATE = "update", "Update"
    END = "end", "Everything works again"
    CALL_OFF = "call_off", "Call it off"


OUTAGE = Lifecycle(
    {
        (OutageState.RUNNING, OutageAct.UPDATE): OutageState.RUNNING,
        (OutageState.RUNNING, OutageAct.END): OutageState.ENDED,
        (OutageState.RUNNING, OutageAct.CALL_OFF): OutageState.CALLED_OFF,
    }
)


class CreditState(models.TextChoices):
    ASKED = "asked", "Waits for a second person"
    GIVEN = "given", "Approved: on the next bills"
    REFUSED = "refused", "Refused"


class CreditAct(models.TextChoices):
    APPROVE = "approve", "Approve"
    REFUSE = "refuse", "Refuse"


CREDIT = Lifecycle(
    {
        (CreditState.ASKED, CreditAct.APPROVE): CreditState.GIVEN,
        (CreditState.ASKED, CreditAct.REFUSE): CreditState.REFUSED,
    }
)
