"""Kinds and states of customers, accounts, appointments and staff, and the staff's role table."""

from django.db import models

from terms.facts import Action
from terms.lifecycle import Lifecycle


class AdvocateKind(models.TextChoices):
    INTERPRETER = "interpreter", "Interpreter"
    FINANCIAL_COUNSELLOR = "financial_counsellor", "Financial counsellor"
    LEGAL_AID = "legal_aid", "Legal aid"
    FRIEND_OR_FAMILY = "friend_or_family", "Friend or family"


# What somebody may be allowed to do, in the words that people read.
POWERS: dict[Action, str] = {
    Action.VIEW_BILLS: "See bills and services",
    Action.VIEW_PERSONAL_DETAILS: "See personal details",
    Action.DISCUSS_ISSUE: "Talk through a problem",
    Action.REQUEST_RECORDS: "Ask for records",
    Action.PAY_BILL: "Pay a bill",
    Action.LODGE_COMPLAINT: "Make a complaint",
    Action.TROUBLESHOOT: "Work on a fault",
    Action.CHANGE_DETAILS: "Change contact details",
    Action.CHANGE_PLAN: "Change a plan",
    Action.OPEN_SERVICE: "Order a service",
    Action.CLOSE_SERVICE: "End a service",
    Action.CLOSE_ACCOUNT: "Close the account",
    Action.ADD_REPRESENTATIVE: "Appoint others",
    Action.REMOVE_REPRESENTATIVE: "Remove others",
    Action.ARRANGE_HARDSHIP: "Agree on payment help",
    Action.ACCEPT_RESOLUTION: "Accept the answer to a complaint",
    Action.INCUR_EXPENSE: "Agree to other costs",
}
# The same, in the groups in which people choose them.
POWER_GROUPS: dict[str, tuple[Action, ...]] = {
    "See": (Action.VIEW_BILLS, Action.VIEW_PERSONAL_DETAILS, Action.REQUEST_RECORDS),
    "Talk and complain": (Action.DISCUSS_ISSUE, Action.LODGE_COMPLAINT, Action.TROUBLESHOOT),
    "Pay and agree": (
        Action.PAY_BILL,
        Action.ARRANGE_HARDSHIP,
        Action.ACCEPT_RESOLUTION,
        Action.INCUR_EXPENSE,
    ),
    "Change what you have": (
        Action.CHANGE_DETAILS,
        Action.CHANGE_PLAN,
        Action.OPEN_SERVICE,
        Action.CLOSE_SERVICE,
    ),
    "Decide about the account": (
        Action.ADD_REPRESENTATIVE,
        Action.REMOVE_REPRESENTATIVE,
        Action.CLOSE_ACCOUNT,
    ),
}
ONLY_WITH_CUSTOMER = "only_with_customer"
# What only a running account can have done to it; the rest goes on after it is closed.
NEEDS_RUNNING = frozenset(
    {
        Action.TROUBLESHOOT,
        Action.CHANGE_PLAN,
        Action.OPEN_SERVICE,
        Action.CLOSE_SERVICE,
        Action.CLOSE_ACCOUNT,
        Action.ADD_REPRESENTATIVE,
        Action.INCUR_EXPENSE,
    }
)


class SignedHow(models.TextChoices):
    TYPED = "typed", "Name typed on screen"
    DRAWN = "drawn", "Drawn on screen"
    UPLOADED = "uploaded", "Signed form uploaded"
    SUBSTITUTE = "substitute", "Another way, agreed because signing was not possible"


class PresenceState(models.TextChoices):
    ASKED = "asked", "Waiting for the customer"
    CONFIRMED = "confirmed", "Confirmed by the customer"
    REFUSED = "refused", "Refused by the customer"
    ENDED = "ended", "Ended"


class PresenceAct(models.TextChoices):
    CONFIRM = "confirm"
    REFUSE = "refuse"
    END = "end"


PRESENCE = Lifecycle(
    {
        (PresenceState.ASKED, PresenceAct.CONFIRM): PresenceState.CONFIRMED,
        (PresenceState.ASKED, PresenceAct.REFUSE): PresenceState.REFUSED,
        (PresenceState.ASKED, PresenceAct.END): PresenceState.ENDED,
        (PresenceState.CONFIRMED, PresenceAct.END): PresenceState.ENDED,
    }
)


class HolderEventKind(models.TextChoices):
    """What can happen to an account holder that ends their standing or that terms act on."""

    INCAPACITY = "incapacity", "Can no longer decide for themselves"
    DEATH = "death", "Has died"
    BANKRUPTCY = "bankruptcy", "Is bankrupt"
    INSOLVENCY = "insolvency", "Is insolvent"
    SALE = "sale", "Sold the business or passed the contract on"
