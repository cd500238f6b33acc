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


class Trouble(models.TextChoices):
    """What is wrong, as whoever reports it sees it."""

    DEAD = "dead", "It does not work at all"
    POOR = "poor", "It works badly, or not always"
    OTHER = "other", "Something else"


class FaultState(models.TextChoices):
    REPORTED = "reported", "Reported"
    WORKING = "working", "Being worked on"
    MENDED = "mended", "Works again"
    NO_FAULT = "no_fault", "No fault found"
    WITHDRAWN = "withdrawn", "Taken back"


class FaultAct(models.TextChoices):
    TAKE = "take", "Take it in hand"
    VISIT = "visit", "Note work or a visit"
    MEND = "mend", "It works again"
    FIND_NOTHING = "find_nothing", "No fault found: close it"
    WITHDRAW = "withdraw", "Take it back"


FAULT = Lifecycle(
    {
        (FaultState.REPORTED, FaultAct.TAKE): FaultState.WORKING,
        (FaultState.REPORTED, FaultAct.VISIT): FaultState.WORKING,
        (FaultState.REPORTED, FaultAct.MEND): FaultState.MENDED,
        (FaultState.REPORTED, FaultAct.FIND_NOTHING): FaultState.NO_FAULT,
        (FaultState.REPORTED, FaultAct.WITHDRAW): FaultState.WITHDRAWN,
        (FaultState.WORKING, FaultAct.VISIT): FaultState.WORKING,
        (FaultState.WORKING, FaultAct.MEND): FaultState.MENDED,
        (FaultState.WORKING, FaultAct.FIND_NOTHING): FaultState.NO_FAULT,
        (FaultState.WORKING, FaultAct.WITHDRAW): FaultState.WITHDRAWN,
    }
)
OPEN_FAULT = (FaultState.REPORTED, FaultState.WORKING)


class Found(models.TextChoices):
    """What a visit or work from afar found."""

    OURS = "ours", "A fault on our side or in our equipment"
    THEIRS = "theirs", "A fault on the customer's side"
    NOTHING = "nothing", "No fault found"
