"""Kinds of help with paying, and how a request and an arrangement move."""

from django.db import models

from terms.lifecycle import Lifecycle


class HelpKind(models.TextChoices):
    """What can be granted (RF-HARD-07)."""

    INSTALMENTS = "instalments", "Pay what I owe in small parts"
    PAUSE = "pause", "Wait with paying until a later day"
    WAIVE = "waive", "Take something off what I owe"
    CHEAPER_PLAN = "cheaper_plan", "A cheaper plan, without a charge for changing"
    SPEND_LIMIT = "spend_limit", "A limit on what I can spend"
    PREPAID = "prepaid", "Pay ahead instead, and still be able to call 000"


class Every(models.TextChoices):
    """How often somebody can pay."""

    WEEK = "week", "Each week"
    FORTNIGHT = "fortnight", "Each fortnight"
    MONTH = "month", "Each month"


# For how long help is needed, as people say it; in months.
LENGTHS = [(1, "A month"), (2, "Two months"), (6, "Half a year"), (12, "Longer")]


class HelpState(models.TextChoices):
    ASKED = "asked", "Being looked into"
    WAITING = "waiting", "We need something from you"
    OFFERED = "offered", "We offer help"
    AGREED = "agreed", "Agreed"
    REFUSED = "refused", "Not possible"
    WITHDRAWN = "withdrawn", "Withdrawn"
    LAPSED = "lapsed", "Ended: no answer came"


class HelpAct(models.TextChoices):
    ASK_MORE = "ask_more", "Ask for something"
    ANSWER = "answer", "The answer is here"
    OFFER = "offer", "Offer help"
    ACCEPT = "accept", "Accept the offer"
    DECLINE = "decline", "Say that it does not help"
    REFUSE = "refuse", "Say that no help is possible"
    WITHDRAW = "withdraw", "Take the request back"
    LAPSE = "lapse", "No answer came"


HELP = Lifecycle(
    {
        (HelpState.ASKED, HelpAct.OFFER): HelpState.OFFERED,
        (HelpState.ASKED, HelpAct.ASK_MORE): HelpState.WAITING,
        (HelpState.ASKED, HelpAct.REFUSE): HelpState.REFUSED,
        (HelpState.ASKED, HelpAct.WITHDRAW): HelpState.WITHDRAWN,
        (HelpState.WAITING, HelpAct.ANSWER): HelpState.ASKED,
        (HelpState.WAITING, HelpAct.OFFER): HelpState.OFFERED,
        (HelpState.WAITING, HelpAct.REFUSE): HelpState.REFUSED,
        (HelpState.WAITING, HelpAct.WITHDRAW): HelpState.WITHDRAWN,
        (HelpState.OFFERED, HelpAct.ACCEPT): HelpState.AGREED,
        # An offer that does not help is thought over, or made again.
        (HelpState.OFFERED, HelpAct.DECLINE): HelpState.ASKED,
        (HelpState.OFFERED, HelpAct.OFFER): HelpState.OFFERED,
        (HelpState.OFFERED, HelpAct.WITHDRAW): HelpState.WITHDRAWN,
        (HelpState.OFFERED, HelpAct.LAPSE): HelpState.LAPSED,
        (HelpState.WAITING, HelpAct.LAPSE): HelpState.LAPSED,
    }
)
OVER = frozenset({HelpState.AGREED, HelpState.REFUSED, HelpState.WITHDRAWN, HelpState.LAPSED})


class ArrangementState(models.TextChoices):
    OFFERED = "offered", "Offered"
    IN_FORCE = "in_force", "In force"
    REVIEW = "review", "A payment was missed: a review is offered"
    KEPT = "kept", "Kept to the end"
    BROKEN = "broken", "Ended: not kept"
    REPLACED = "replaced", "Replaced by another"


class ArrangementAct(models.TextChoices):
    ACCEPT = "accept", "Accept"
    MISS = "miss", "A payment was missed"
    CATCH_UP = "catch_up", "The missed payment is made"
    KEEP = "keep", "All is paid"
    END = "end", "End it as not kept"
    REPLACE = "replace", "Replace it"


ARRANGEMENT = Lifecycle(
    {
        (ArrangementState.OFFERED, ArrangementAct.ACCEPT): ArrangementState.IN_FORCE,
        (ArrangementState.OFFERED, ArrangementAct.REPLACE): ArrangementState.REPLACED,
        (ArrangementState.IN_FORCE, ArrangementAct.MISS): ArrangementState.REVIEW,
        (ArrangementState.IN_FORCE, ArrangementAct.KEEP): ArrangementState.KEPT,
        (ArrangementState.IN_FORCE, ArrangementAct.REPLACE): ArrangementState.REPLACED,
        (ArrangementState.REVIEW, ArrangementAct.CATCH_UP): ArrangementState.IN_FORCE,
        (ArrangementState.REVIEW, ArrangementAct.KEEP): ArrangementState.KEPT,
        (ArrangementState.REVIEW, ArrangementAct.REPLACE): ArrangementState.REPLACED,
        (ArrangementState.REVIEW, ArrangementAct.END): ArrangementState.BROKEN,
    }
)
RUNS = frozenset({ArrangementState.IN_FORCE, ArrangementState.REVIEW})


class Duty(models.TextChoices):
    """What the provider owes about a request for help."""

    DECIDE = "decide_hardship", "Decide on help with paying and tell the customer"
