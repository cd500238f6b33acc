"""Ways to pay, and the lives of a refund and of a payment made in the portal."""

from django.db import models

from terms.lifecycle import Lifecycle


class PaymentMethod(models.TextChoices):
    DIRECT_DEBIT = "direct_debit", "Direct debit"
    CARD = "card", "Card"
    BPAY = "bpay", "BPAY"
    EFT = "eft", "Bank transfer"
    CHEQUE = "cheque", "Cheque"
    CASH = "cash", "Cash"
    DEPOSIT = "deposit", "From the deposit"


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


class OnlineState(models.TextChoices):
    """Where a payment made in the portal stands. Only what has succeeded is paid."""

    STARTED = "started", "Not finished"
    IN_PROGRESS = "in_progress", "On its way"
    SUCCEEDED = "succeeded", "Received"
    FAILED = "failed", "Did not go through"
    LAPSED = "lapsed", "Given up"
    TAKEN_BACK = "taken_back", "Taken back by the bank"


class OnlineAct(models.TextChoices):
    WAIT = "wait", "The bank was asked"
    SUCCEED = "succeed", "The money is there"
    FAIL = "fail", "The bank refused"
    LAPSE = "lapse", "Nobody finished it"
    TAKE_BACK = "take_back", "The bank took it back"
    GIVE_BACK = "give_back", "The bank gave it back"


# What succeeded once fails no more: it is taken back. Money that came counts whatever was said
# before, for what a gateway says can arrive out of order.
ONLINE_PAYMENT = Lifecycle(
    {
        (OnlineState.STARTED, OnlineAct.WAIT): OnlineState.IN_PROGRESS,
        (OnlineState.STARTED, OnlineAct.SUCCEED): OnlineState.SUCCEEDED,
        (OnlineState.STARTED, OnlineAct.FAIL): OnlineState.FAILED,
        (OnlineState.STARTED, OnlineAct.LAPSE): OnlineState.LAPSED,
        (OnlineState.IN_PROGRESS, OnlineAct.SUCCEED): OnlineState.SUCCEEDED,
        (OnlineState.IN_PROGRESS, OnlineAct.FAIL): OnlineState.FAILED,
        (OnlineState.SUCCEEDED, OnlineAct.TAKE_BACK): OnlineState.TAKEN_BACK,
        (OnlineState.FAILED, OnlineAct.SUCCEED): OnlineState.SUCCEEDED,
        (OnlineState.LAPSED, OnlineAct.WAIT): OnlineState.IN_PROGRESS,
        (OnlineState.LAPSED, OnlineAct.SUCCEED): OnlineState.SUCCEEDED,
        (OnlineState.TAKEN_BACK, OnlineAct.GIVE_BACK): OnlineState.SUCCEEDED,
    }
)
# What may still become money.
UNDER_WAY = (OnlineState.STARTED, OnlineState.IN_PROGRESS)


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
