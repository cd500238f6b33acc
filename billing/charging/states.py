"""Kinds of billed lines, and why something is not billed."""

from django.db import models


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
    NIL = "nil", "Costs nothing"
