"""Steps of asking for unpaid money, and the life of a notice that announces a suspension."""

from django.db import models

from terms.lifecycle import Lifecycle


class ReminderKind(models.TextChoices):
    BEFORE = "before", "Before the day"
    AFTER = "after", "After the day"


class Step(models.TextChoices):
    """What comes next on an account with open money; doing nothing is a step with its reason."""

    NONE = "none", "Nothing is owed that could be asked for"
    NOT_DUE = "not_due", "Waits for the day by which to pay"
    STOPPED = "stopped", "Stopped"
    SMALL = "small", "Too little to ask for"
    REMIND = "remind", "A reminder goes out"
    NOTICE = "notice", "A notice of suspension can be given"
    WAIT = "wait", "Waits for the day that a notice names"
    SUSPEND = "suspend", "Services can be suspended"
    SUSPENDED = "suspended", "Suspended until it is paid"
    PERSON = "person", "A person decides what comes next"


class NoticeState(models.TextChoices):
    LIVE = "live", "In force"
    CURED = "cured", "Paid in time"
    WITHDRAWN = "withdrawn", "Withdrawn"
    ACTED = "acted", "Acted on"


class NoticeAct(models.TextChoices):
    CURE = "cure", "It is paid"
    WITHDRAW = "withdraw", "Withdraw it"
    ACT = "act", "Act on it"


NOTICE = Lifecycle(
    {
        (NoticeState.LIVE, NoticeAct.CURE): NoticeState.CURED,
        (NoticeState.LIVE, NoticeAct.WITHDRAW): NoticeState.WITHDRAWN,
        (NoticeState.LIVE, NoticeAct.ACT): NoticeState.ACTED,
        # Paid after all: services are back.
        (NoticeState.ACTED, NoticeAct.CURE): NoticeState.CURED,
        (NoticeState.ACTED, NoticeAct.WITHDRAW): NoticeState.WITHDRAWN,
    }
)


class DebtNoticeKind(models.TextChoices):
    """What a written notice announces, apart from a suspension."""

    ENDING = "ending", "We will end your services"
    LISTING_FIRST = "list_first", "Overdue: please pay"
    LISTING_SECOND = "list_second", "We intend to report a default"
    DRAW = "draw", "We will use your deposit"


class HandoverKind(models.TextChoices):
    """Where a debt was taken to."""

    COLLECTOR = "collector", "A collector"
    LISTING = "listing", "A credit reporting body"


class HandoverState(models.TextChoices):
    ACTIVE = "active", "With them"
    RECALLED = "recalled", "Taken back: they have to be told"
    CLOSED = "closed", "They were told"


class HandoverAct(models.TextChoices):
    RECALL = "recall", "Take it back"
    CLOSE = "close", "They were told"


HANDOVER = Lifecycle(
    {
        (HandoverState.ACTIVE, HandoverAct.RECALL): HandoverState.RECALLED,
        (HandoverState.RECALLED, HandoverAct.CLOSE): HandoverState.CLOSED,
    }
)


class DepositState(models.TextChoices):
    """The life of a deposit; how much of it is held is a sum of the ledger."""

    ASKED = "asked", "Asked for"
    HELD = "held", "Held"
    SETTLED = "settled", "Settled"
    DROPPED = "dropped", "No longer asked for"


class DepositAct(models.TextChoices):
    RECEIVE = "receive", "Note that it came"
    SETTLE = "settle", "Settle it"
    DROP = "drop", "Ask for it no longer"


DEPOSIT = Lifecycle(
    {
        (DepositState.ASKED, DepositAct.RECEIVE): DepositState.HELD,
        (DepositState.ASKED, DepositAct.DROP): DepositState.DROPPED,
        (DepositState.HELD, DepositAct.RECEIVE): DepositState.HELD,
        (DepositState.HELD, DepositAct.SETTLE): DepositState.SETTLED,
    }
)
