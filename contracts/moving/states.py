"""How a request to move a service to another address goes."""

from django.db import models

from terms.lifecycle import Lifecycle


class MoveState(models.TextChoices):
    ASKED = "asked", "Asked: being looked at"
    QUOTED = "quoted", "Quoted, not agreed yet"
    AGREED = "agreed", "Agreed, to be carried out"
    DONE = "done", "Moved"
    IMPOSSIBLE = "impossible", "Not possible"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Taken back"
    CANCELLED = "cancelled", "Cancelled by us"


class MoveAct(models.TextChoices):
    QUOTE = "quote", "It is possible: quote it"
    REFUSE = "refuse", "It is not possible"
    AGREE = "agree", "Agree to the quote"
    FINISH = "finish", "It is moved"
    DECLINE = "decline", "Decline the quote"
    WITHDRAW = "withdraw", "Take it back"
    CANCEL = "cancel", "Cancel it"


MOVE = Lifecycle(
    {
        (MoveState.ASKED, MoveAct.QUOTE): MoveState.QUOTED,
        (MoveState.ASKED, MoveAct.REFUSE): MoveState.IMPOSSIBLE,
        (MoveState.ASKED, MoveAct.WITHDRAW): MoveState.WITHDRAWN,
        (MoveState.ASKED, MoveAct.CANCEL): MoveState.CANCELLED,
        (MoveState.QUOTED, MoveAct.AGREE): MoveState.AGREED,
        (MoveState.QUOTED, MoveAct.DECLINE): MoveState.DECLINED,
        (MoveState.QUOTED, MoveAct.CANCEL): MoveState.CANCELLED,
        (MoveState.AGREED, MoveAct.FINISH): MoveState.DONE,
        (MoveState.AGREED, MoveAct.REFUSE): MoveState.IMPOSSIBLE,
        (MoveState.AGREED, MoveAct.CANCEL): MoveState.CANCELLED,
    }
)
OPEN_MOVE = (MoveState.ASKED, MoveState.QUOTED, MoveState.AGREED)
