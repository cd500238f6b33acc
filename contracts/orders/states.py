"""How an order moves, and the number that moves with it."""

from django.db import models

from terms.lifecycle import Lifecycle

MONTHS_MOST = 120


class OrderState(models.TextChoices):
    DRAFT = "draft", "Being written"
    ASKED = "asked", "Asked for, being looked at"
    OFFERED = "offered", "Offered, not accepted yet"
    ACCEPTED = "accepted", "Accepted, being delivered"
    DONE = "done", "Everything works"
    DECLINED = "declined", "Declined"
    LAPSED = "lapsed", "Not accepted in time"
    WITHDRAWN = "withdrawn", "Withdrawn"
    CANCELLED = "cancelled", "Cancelled by us"
    REFUSED = "refused", "Refused"


class OrderAct(models.TextChoices):
    OFFER = "offer", "Offer it"
    REFUSE = "refuse", "Refuse"
    ACCEPT = "accept", "Accept"
    DECLINE = "decline", "Decline"
    LAPSE = "lapse"
    WITHDRAW = "withdraw", "Withdraw"
    CANCEL = "cancel", "Cancel it"
    FINISH = "finish"


ORDER = Lifecycle(
    {
        (OrderState.DRAFT, OrderAct.OFFER): OrderState.OFFERED,
        (OrderState.DRAFT, OrderAct.REFUSE): OrderState.REFUSED,
        (OrderState.DRAFT, OrderAct.CANCEL): OrderState.CANCELLED,
        (OrderState.ASKED, OrderAct.OFFER): OrderState.OFFERED,
        (OrderState.ASKED, OrderAct.REFUSE): OrderState.REFUSED,
        (OrderState.ASKED, OrderAct.DECLINE): OrderState.DECLINED,
        (OrderState.ASKED, OrderAct.CANCEL): OrderState.CANCELLED,
        (OrderState.OFFERED, OrderAct.ACCEPT): OrderState.ACCEPTED,
        (OrderState.OFFERED, OrderAct.DECLINE): OrderState.DECLINED,
        (OrderState.OFFERED, OrderAct.LAPSE): OrderState.LAPSED,
        (OrderState.OFFERED, OrderAct.CANCEL): OrderState.CANCELLED,
        (OrderState.ACCEPTED, OrderAct.FINISH): OrderState.DONE,
        (OrderState.ACCEPTED, OrderAct.WITHDRAW): OrderState.WITHDRAWN,
        (OrderState.ACCEPTED, OrderAct.CANCEL): OrderState.CANCELLED,
    }
)

# The customer knows of these; a draft is the provider's own paper.
SHOWN = frozenset(OrderState) - {OrderState.DRAFT}
# Nothing of these was offered yet.
UNOFFERED = (OrderState.DRAFT, OrderState.ASKED)
# Nothing follows them any more, save a fee for withdrawing that staff have to settle.
OVER = frozenset(OrderState) - {*UNOFFERED, OrderState.OFFERED, OrderState.ACCEPTED}


class Basis(models.TextChoices):
    """Whether a price holds GST; empty: as the provider's list."""

    EX = "ex", "Without GST"
    INC = "inc", "GST included"


class Outcome(models.TextChoices):
    """What came of looking at whether somebody can pay."""

    CAN_PAY = "can_pay", "They can pay it"
    CANNOT_PAY = "cannot_pay", "It is more than they can pay"


class TickKind(models.TextChoices):
    """What a customer confirms one by one, each by itself and none beforehand."""

    SUMMARY = "summary", "Summary read"
    TERMS = "terms", "Terms"
    VENDOR = "vendor", "Terms of a vendor"
    CSG_WAIVER = "csg_waiver", "Waiver of the Customer Service Guarantee"
    KEEP_OLD = "keep_old", "Old service kept until the number has moved"
    EXTRAS = "extras", "Extras of the old service may be lost"
    EMERGENCY = "emergency", "Calls to 000"


class PortState(models.TextChoices):
    TO_SEND = "to_send", "Port advice to send"
    SENT = "sent", "Port advice sent"
    REJECTED = "rejected", "Rejected: send it again"
    REQUESTED = "requested", "Being moved"
    MOVED = "moved", "Moved to us"
    WITHDRAWN = "withdrawn", "Not moved: withdrawn"


class PortAct(models.TextChoices):
    SEND = "send", "Port advice sent"
    REJECT = "reject", "Losing provider rejects it"
    REQUEST = "request", "Cut-over request received"
    MOVE = "move", "Number moved"
    WITHDRAW = "withdraw", "Withdraw the move"


PORT = Lifecycle(
    {
        (PortState.TO_SEND, PortAct.SEND): PortState.SENT,
        (PortState.TO_SEND, PortAct.WITHDRAW): PortState.WITHDRAWN,
        (PortState.SENT, PortAct.REJECT): PortState.REJECTED,
        (PortState.SENT, PortAct.REQUEST): PortState.REQUESTED,
        (PortState.SENT, PortAct.WITHDRAW): PortState.WITHDRAWN,
        (PortState.REJECTED, PortAct.SEND): PortState.SENT,
        (PortState.REJECTED, PortAct.WITHDRAW): PortState.WITHDRAWN,
        (PortState.REQUESTED, PortAct.MOVE): PortState.MOVED,
        (PortState.REQUESTED, PortAct.REJECT): PortState.REJECTED,
    }
)
