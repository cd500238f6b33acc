"""Ways to pay, and the life of a refund."""

from django.db import models

from terms.lifecycle import Lifecycle


class PaymentMethod(models.TextChoices):
    DIRECT_DEBIT = "direct_debit", "Direct debit"
    CARD = "card", "Card"
    BPAY = "bpay", "BPAY"
    EFT = "eft", "Bank transfer"
    CHEQUE = "cheque", "Cheque"
    CASH = "cash", "Cash"


class RefundState(models.TextChoices):
    ASKED = "asked", "Waits for a second person"
    PAID = "paid", "Paid back"
    REFUSED = "refused", "Refused"


class RefundAct(models.TextChoices):
    APPROVE = "approve", "Approve"
    REFUSE = "refuse", "Refuse"


REFUND = Lifecycle(
    {
        (RefundState.ASKED, RefundAct.APPROVE): RefundState.PAID,
        (RefundState.ASKED, RefundAct.REFUSE): RefundState.REFUSED,
    }
)
