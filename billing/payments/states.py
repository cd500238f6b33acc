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


class RefundWay(models.TextChoices):
    """How credit goes back as money."""

    BY_HAND = "by_hand", "By hand, at our bank"
    GATEWAY = "gateway", "To what it was paid with"
    FILE = "file", "To a bank account, by a file for our bank"


class RefundState(models.TextChoices):
    """Where a refund stands. The credit is gone from the moment it is on its way."""

    ASKED = "asked", "Waits for a second person"
    GOING = "going", "On its way"
    PAID = "paid", "Paid back"
    FAILED = "failed", "Did not arrive"
    REFUSED = "refused", "Not paid back"


class RefundAct(models.TextChoices):
    APPROVE = "approve", "Approve"
    SEND = "send", "Send it"
    REFUSE = "refuse", "Refuse"
    ARRIVE = "arrive", "The money is there"
    FAIL = "fail", "It did not arrive"
    ASK_AGAIN = "ask_again", "Pay it another way"
    KEEP = "keep", "Leave it as credit"


# A bank can send back what it had taken, so what is paid can fail, too.
REFUND = Lifecycle(
    {
        (RefundState.ASKED, RefundAct.APPROVE): RefundState.PAID,
        (RefundState.ASKED, RefundAct.SEND): RefundState.GOING,
        (RefundState.ASKED, RefundAct.REFUSE): RefundState.REFUSED,
        (RefundState.GOING, RefundAct.ARRIVE): RefundState.PAID,
        (RefundState.GOING, RefundAct.FAIL): RefundState.FAILED,
        (RefundState.PAID, RefundAct.FAIL): RefundState.FAILED,
        (RefundState.FAILED, RefundAct.ASK_AGAIN): RefundState.ASKED,
        (RefundState.FAILED, RefundAct.KEEP): RefundState.REFUSED,
    }
)
# What has left the account's credit, and what of it is kept for somebody to pay back.
GIVEN_BACK = (RefundState.GOING, RefundState.PAID)
WAITING_REFUNDS = (RefundState.ASKED, RefundState.FAILED)


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


class MandateKind(models.TextChoices):
    """From what bills are drawn."""

    BANK = "bank", "Bank account"
    CARD = "card", "Card"


class CardRequestState(models.TextChoices):
    """Where the wish to pay bills by a card stands. Only a card that the gateway keeps counts."""

    STARTED = "started", "Waits for the card"
    KEPT = "kept", "The card is kept"
    REFUSED = "refused", "This card is not taken"
    LAPSED = "lapsed", "Given up"


class CardRequestAct(models.TextChoices):
    KEEP = "keep", "The gateway keeps the card"
    REFUSE = "refuse", "It is no card that is taken"
    LAPSE = "lapse", "Nobody finished it"


CARD_REQUEST = Lifecycle(
    {
        (CardRequestState.STARTED, CardRequestAct.KEEP): CardRequestState.KEPT,
        (CardRequestState.STARTED, CardRequestAct.REFUSE): CardRequestState.REFUSED,
        (CardRequestState.STARTED, CardRequestAct.LAPSE): CardRequestState.LAPSED,
    }
)


class MandateState(models.TextChoices):
    """Where somebody's leave to draw from a bank account or card stands."""

    ACTIVE = "active", "In force"
    PAUSED = "paused", "Paused"
    ENDED = "ended", "Ended"


class MandateAct(models.TextChoices):
    PAUSE = "pause", "Pause"
    RESUME = "resume", "Go on"
    END = "end", "End"


MANDATE = Lifecycle(
    {
        (MandateState.ACTIVE, MandateAct.PAUSE): MandateState.PAUSED,
        (MandateState.PAUSED, MandateAct.RESUME): MandateState.ACTIVE,
        (MandateState.ACTIVE, MandateAct.END): MandateState.ENDED,
        (MandateState.PAUSED, MandateAct.END): MandateState.ENDED,
    }
)


class DrawState(models.TextChoices):
    """Where a direct debit, or a card payment by itself, of one bill stands.

    Paid is what the bank's day has passed for, or what the gateway says it took.
    """

    PLANNED = "planned", "Planned"
    IN_FILE = "in_file", "In a file that waits"
    SENT = "sent", "On its way"
    PAID = "paid", "Paid"
    RETURNED = "returned", "Sent back by the bank"
    STOPPED = "stopped", "Stopped at the bank"
    DROPPED = "dropped", "Not drawn"


class DrawAct(models.TextChoices):
    FILE = "file", "Put in a file"
    UNFILE = "unfile", "Take out of the file"
    SEND = "send", "Send to the bank"
    CHARGE = "charge", "Ask the card for it"
    GIVE_UP = "give_up", "Don't ask the card after all"
    SETTLE = "settle", "The bank's day has come"
    RETURN = "return", "The bank sent it back"
    STOP = "stop", "Stop it at the bank"
    DROP = "drop", "Leave it out"


DRAW = Lifecycle(
    {
        (DrawState.PLANNED, DrawAct.FILE): DrawState.IN_FILE,
        (DrawState.PLANNED, DrawAct.DROP): DrawState.DROPPED,
        (DrawState.PLANNED, DrawAct.CHARGE): DrawState.SENT,
        (DrawState.SENT, DrawAct.GIVE_UP): DrawState.DROPPED,
        (DrawState.IN_FILE, DrawAct.UNFILE): DrawState.PLANNED,
        (DrawState.IN_FILE, DrawAct.SEND): DrawState.SENT,
        (DrawState.SENT, DrawAct.SETTLE): DrawState.PAID,
        (DrawState.SENT, DrawAct.RETURN): DrawState.RETURNED,
        (DrawState.SENT, DrawAct.STOP): DrawState.STOPPED,
        (DrawState.PAID, DrawAct.RETURN): DrawState.RETURNED,
    }
)
# What the bank has not been asked for yet, and what it may still pay.
TO_DRAW = (DrawState.PLANNED, DrawState.IN_FILE)
LIVE_DRAWS = (*TO_DRAW, DrawState.SENT)


class DebitFileState(models.TextChoices):
    """Where a file of direct debits stands."""

    ASKED = "asked", "Waits for a second person"
    SENT = "sent", "For the bank"
    REFUSED = "refused", "Refused"


class DebitFileAct(models.TextChoices):
    APPROVE = "approve", "Approve"
    REFUSE = "refuse", "Refuse"


DEBIT_FILE = Lifecycle(
    {
        (DebitFileState.ASKED, DebitFileAct.APPROVE): DebitFileState.SENT,
        (DebitFileState.ASKED, DebitFileAct.REFUSE): DebitFileState.REFUSED,
    }
)


class ReturnCode(models.TextChoices):
    """Why a bank sends a direct debit back, by the banks' own digit."""

    INVALID_BSB = "1", "the BSB is not in use"
    STOPPED = "2", "the payer stopped it at their bank"
    CLOSED = "3", "the account is closed"
    DECEASED = "4", "the account's holder has died"
    NO_ACCOUNT = "5", "there is no such account"
    REFER = "6", "the bank did not pay it"
    DELETED = "7", "the bank took it out"
    INVALID_USER = "8", "the bank does not know the user number"
    INVALID = "9", "the bank could not read it"


# After these nothing more is drawn until somebody says so.
PAUSING = frozenset(
    {
        ReturnCode.INVALID_BSB,
        ReturnCode.STOPPED,
        ReturnCode.CLOSED,
        ReturnCode.DECEASED,
        ReturnCode.NO_ACCOUNT,
    }
)
# Sent back so often in a row, nothing more is drawn until somebody says so.
MISSES_THAT_PAUSE = 2
# A card that did not pay is asked for the same bill once more, so many days later (house rule:
# neither terms nor law say how often); never a third time.
TRIES_OF_A_CARD, DAYS_TO_NEXT_TRY = 2, 3
