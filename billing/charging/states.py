"""Kinds of billed lines, and why something is not billed."""

from django.db import models

from terms.lifecycle import Lifecycle


class LineKind(models.TextChoices):
    """What a line charges for; sums by kind are what the ledger calls revenue."""

    FEE = "fee", "Monthly fees"
    USAGE = "usage", "Calls and usage"
    ONE_OFF = "one_off", "Other charges"
    DISCOUNT = "discount", "Discounts"
    LATE = "late", "Late charges"


class NotBilledReason(models.TextChoices):
    TOO_OLD = "too_old", "Older than may be billed"
    TO_CONFIRM = "to_confirm", "Staff have to confirm from which day on to bill"


class LeftOut(models.TextChoices):
    """Why a record of use never reaches a bill."""

    HELP_LINE = "help_line", "A help line's call"
    TOO_OLD = "too_old", "Older than may be billed"
    ZERO = "nil", "Costs nothing"


class ChargeWhat(models.TextChoices):
    """What staff put on the next bill; terms or an agreement say what it costs."""

    SUPPORT = "support", "Support, or a visit"
    DOCUMENT = "document", "A copy, or a bill on paper"
    COST = "cost", "A cost of ours, passed on"
    RECOVERY = "recovery", "What collecting a debt cost"
    AGREED = "agreed", "A price that was agreed"
    OFF = "off", "An amount taken off"
    DISCOUNT = "discount", "A share of a service's fee taken off until a day"


class ChargeState(models.TextChoices):
    ASKED = "asked", "Waits for a second person"
    DONE = "done", "On the next bill"
    REFUSED = "refused", "Refused"


class ChargeAct(models.TextChoices):
    APPROVE = "approve", "Approve"
    REFUSE = "refuse", "Refuse"


CHARGE_REQUEST = Lifecycle(
    {
        (ChargeState.ASKED, ChargeAct.APPROVE): ChargeState.DONE,
        (ChargeState.ASKED, ChargeAct.REFUSE): ChargeState.REFUSED,
    }
)
