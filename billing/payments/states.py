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


class RequestKind(models.TextChoices):
    CREDIT_NOTE = "credit_note", "Credit note"
    WRITE_OFF = "write_off", "Write-off"


class RequestState(models.TextChoices):
    ASKED = "asked", "Waits for a second person"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"


MONEY_REQUEST = Lifecycle(
    {
        (RequestState.ASKED, RefundAct.APPROVE): RequestState.DONE,
        (RequestState.ASKED, RefundAct.REFUSE): RequestState.REFUSED,
    }
)


class DateFormat(models.TextChoices):
    """How a bank writes days."""

    DAY_FIRST = "%d/%m/%Y", "31/12/2026"
    ISO = "%Y-%m-%d", "2026-12-31"
    DASHES = "%d-%m-%Y", "31-12-2026"
    DOTS = "%d.%m.%Y", "31.12.2026"
    SHORT = "%d/%m/%y", "31/12/26"
    WORDS = "%d %b %Y", "31 Dec 2026"
    PLAIN = "%Y%m%d", "20261231"
    MONTH_FIRST = "%m/%d/%Y", "12/31/2026"


class Delimiter(models.TextChoices):
    COMMA = ",", "Comma"
    SEMICOLON = ";", "Semicolon"
    TAB = "tab", "Tab"


class Point(models.TextChoices):
    POINT = ".", "Point: 1,234.50"
    COMMA = ",", "Comma: 1.234,50"


class RowFate(models.TextChoices):
    """What becomes of a row of a bank's file."""

    MATCHED = "matched", "Booked to an account"
    WAITING = "waiting", "Waits for somebody to say whose it is"
    KNOWN = "known", "Known already"
    IGNORED = "ignored", "Left out: money that went out"
    REFUSED = "refused", "Not read"
