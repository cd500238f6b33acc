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


class PaymentMethod(models.TextChoices):
    DIRECT_DEBIT = "direct_debit", "Direct debit"
    CARD = "card", "Card"
    BPAY = "bpay", "BPAY"
    EFT = "eft", "Bank transfer"


class HoldStatus(models.TextChoices):
    OPEN = "open", "Being looked into"
    UPHELD = "upheld", "Upheld"
    DISMISSED = "dismissed", "Dismissed"


class ChargeKind(models.TextChoices):
    ONE_OFF = "one_off", "One-off charge"
    LATE_FEE = "late_fee", "Late fee"


class Gst(models.TextChoices):
    TAXABLE = "taxable", "Taxable"
    FREE = "free", "GST-free"
