"""The life of a complaint."""

from django.db import models

from terms.lifecycle import Lifecycle


class State(models.TextChoices):
    RECEIVED = "received", "Received"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    INVESTIGATING = "investigating", "Being looked into"
    WAITING_FOR_CUSTOMER = "waiting_for_customer", "Waiting for you"
    PROPOSED = "proposed", "Answer proposed"
    IMPLEMENTING = "implementing", "Being carried out"
    RESOLVED = "resolved", "Carried out"
    CLOSED = "closed", "Closed"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Act(models.TextChoices):
    ACKNOWLEDGE = "acknowledge", "Acknowledge"
    INVESTIGATE = "investigate", "Start looking into it"
    ASK_CUSTOMER = "ask_customer", "Ask the customer"
    CUSTOMER_ANSWERS = "customer_answers", "The customer answered"
    PROPOSE = "propose", "Propose an answer"
    ACCEPT = "accept", "Accept the answer"
    DECLINE = "decline", "Decline the answer"
    RESOLVE = "resolve", "Carried out"
    CLOSE = "close", "Close"
    WITHDRAW = "withdraw", "Withdraw"


LIFECYCLE = Lifecycle(
    {
        (State.RECEIVED, Act.ACKNOWLEDGE): State.ACKNOWLEDGED,
        (State.ACKNOWLEDGED, Act.INVESTIGATE): State.INVESTIGATING,
        (State.INVESTIGATING, Act.PROPOSE): State.PROPOSED,
        (State.INVESTIGATING, Act.ASK_CUSTOMER): State.WAITING_FOR_CUSTOMER,
        (State.WAITING_FOR_CUSTOMER, Act.CUSTOMER_ANSWERS): State.INVESTIGATING,
        (State.PROPOSED, Act.ACCEPT): State.IMPLEMENTING,
        (State.PROPOSED, Act.DECLINE): State.INVESTIGATING,
        (State.IMPLEMENTING, Act.RESOLVE): State.RESOLVED,
        (State.RESOLVED, Act.CLOSE): State.CLOSED,
        (State.RECEIVED, Act.WITHDRAW): State.WITHDRAWN,
        (State.ACKNOWLEDGED, Act.WITHDRAW): State.WITHDRAWN,
        (State.INVESTIGATING, Act.WITHDRAW): State.WITHDRAWN,
        (State.WAITING_FOR_CUSTOMER, Act.WITHDRAW): State.WITHDRAWN,
        (State.PROPOSED, Act.WITHDRAW): State.WITHDRAWN,
    }
)

OVER = frozenset({State.CLOSED, State.WITHDRAWN})
# What the provider's staff do; the rest is the customer's, or follows by itself.
STAFF_ACTS = frozenset(
    {Act.ACKNOWLEDGE, Act.INVESTIGATE, Act.ASK_CUSTOMER, Act.PROPOSE, Act.RESOLVE, Act.CLOSE}
)


# What a step is called once it has happened.
DONE = {
    "lodge": "Lodged",
    "message": "Message",
    Act.ACKNOWLEDGE: "Acknowledged",
    Act.INVESTIGATE: "Being looked into",
    Act.ASK_CUSTOMER: "We asked you something",
    Act.CUSTOMER_ANSWERS: "Answered",
    Act.PROPOSE: "Answer proposed",
    Act.ACCEPT: "Answer accepted",
    Act.DECLINE: "Answer declined",
    Act.RESOLVE: "Carried out",
    Act.CLOSE: "Closed",
    Act.WITHDRAW: "Withdrawn",
}


class Duty(models.TextChoices):
    """What the provider owes about a complaint, each with its own deadline."""

    ACKNOWLEDGE = "acknowledge", "Acknowledge the complaint"
    PROPOSE = "propose", "Propose an answer"
    EXPLAIN_DELAY = "explain_delay", "If there is a delay, explain it"
    IMPLEMENT = "implement", "Carry out what was agreed"


class Topic(models.TextChoices):
    BILL = "bill", "A bill or a charge"
    FAULT = "fault", "A fault or an outage"
    SERVICE = "service", "How I was treated"
    CONTRACT = "contract", "My contract or leaving it"
    MOVE = "move", "A connection, move or number"
    OTHER = "other", "Something else"
