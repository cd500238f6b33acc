"""The life of a complaint."""

from django.db import models

from terms.lifecycle import Lifecycle


class State(models.TextChoices):
    RECEIVED = "received", "Received"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    INVESTIGATING = "investigating", "Being looked into"
    WAITING_FOR_CUSTOMER = "waiting_for_customer", "Waiting for the customer"
    PROPOSED = "proposed", "Answer proposed"
    IMPLEMENTING = "implementing", "Being carried out"
    RESOLVED = "resolved", "Carried out"
    CLOSED = "closed", "Closed"
    WITHDRAWN = "withdrawn", "Withdrawn"
    MERGED = "merged", "Answered with another"


class Act(models.TextChoices):
    """What moves a complaint from one state to another."""

    ACKNOWLEDGE = "acknowledge", "Acknowledge another way"
    INVESTIGATE = "investigate", "Start looking into it"
    ASK_CUSTOMER = "ask_customer", "Ask the customer"
    CUSTOMER_ANSWERS = "customer_answers", "The customer answered"
    PROPOSE = "propose", "Propose an answer"
    AMEND = "amend", "Replace the proposed answer"
    ACCEPT = "accept", "Accept the answer"
    DECLINE = "decline", "Decline the answer"
    RESOLVE = "resolve", "Say that it is carried out"
    CLOSE = "close", "Close the complaint"
    REFUSE = "refuse", "Refuse with reasons"
    WITHDRAW = "withdraw", "Withdraw"
    REOPEN = "reopen", "Reopen"
    REFER = "refer", "Taken up by the ombudsman"
    DECIDE = "decide", "Decided at the ombudsman's"
    MERGE = "merge", "Answer it with another"
    SPLIT = "split", "Answer it by itself again"


class Happening(models.TextChoices):
    """What is told in a complaint's history and moves nothing."""

    LODGE = "lodge", "Lodged"
    MESSAGE = "message", "Message"
    NOTE = "note", "Internal note"
    FILES = "files", "Files added"
    NAME_CAUSE = "name_cause", "Cause named"
    ASSIGN = "assign", "Handed over"
    ATTEMPT = "attempt", "Tried to reach the customer"
    CLOSING_LETTER = "closing_letter", "Letter before closing"
    EXPLAIN_DELAY = "explain_delay", "Delay explained"
    LEARN_URGENT = "learn_urgent", "Learnt to be urgent"
    ESCALATE = "escalate", "Went to a manager"
    DECIDE_ESCALATION = "decide_escalation", "Manager decided"
    TASK_DONE = "task_done", "The customer's own part is done"
    CARRY_OUT = "carry_out", "A part of what was agreed is done"
    CONFIRM = "confirm", "Confirmed in writing"
    CONSENT = "consent", "The customer agreed to close"
    CONSIDER_REFUSAL = "consider_refusal", "Refusal considered"
    ANSWER_OMBUDSMAN = "answer_ombudsman", "Ombudsman answered"
    EVIDENCE = "evidence", "Evidence pack made"
    NAME_REGULATOR = "name_regulator", "Privacy regulator named"
    NOT_HELD = "not_held", "Stays payable meanwhile"
    SIGN_REFUSAL = "sign_refusal", "Refusal signed by a second person"
    JOIN = "join", "Answered together with another"
    PART = "part", "Answered by itself again"
    LINK = "link", "Another complaint named beside it"
    UNLINK = "unlink", "Another complaint named no longer"
    KEEP = "keep", "Records kept beyond their time"
    RELEASE = "release", "Records may go once their time is over"


OPEN = (
    State.RECEIVED,
    State.ACKNOWLEDGED,
    State.INVESTIGATING,
    State.WAITING_FOR_CUSTOMER,
    State.PROPOSED,
    State.IMPLEMENTING,
    State.RESOLVED,
)
ENDED = frozenset({State.CLOSED, State.WITHDRAWN})
# Nothing is owed about these: what goes on with another is owed there.
OVER = ENDED | {State.MERGED}
# Where the customer has to say something.
WAITING = (State.WAITING_FOR_CUSTOMER, State.PROPOSED, State.RESOLVED)
# Where our answer is still owed: neither received only nor answered yet.
IN_HAND = (State.ACKNOWLEDGED, State.INVESTIGATING, State.WAITING_FOR_CUSTOMER)

LIFECYCLE = Lifecycle(
    {
        (State.RECEIVED, Act.ACKNOWLEDGE): State.ACKNOWLEDGED,
        (State.ACKNOWLEDGED, Act.INVESTIGATE): State.INVESTIGATING,
        (State.INVESTIGATING, Act.PROPOSE): State.PROPOSED,
        (State.INVESTIGATING, Act.ASK_CUSTOMER): State.WAITING_FOR_CUSTOMER,
        (State.WAITING_FOR_CUSTOMER, Act.CUSTOMER_ANSWERS): State.INVESTIGATING,
        (State.WAITING_FOR_CUSTOMER, Act.ASK_CUSTOMER): State.WAITING_FOR_CUSTOMER,
        (State.WAITING_FOR_CUSTOMER, Act.PROPOSE): State.PROPOSED,
        (State.PROPOSED, Act.AMEND): State.PROPOSED,
        (State.PROPOSED, Act.ACCEPT): State.IMPLEMENTING,
        (State.PROPOSED, Act.DECLINE): State.INVESTIGATING,
        (State.IMPLEMENTING, Act.RESOLVE): State.RESOLVED,
        # What was carried out and did not help is looked into again.
        (State.RESOLVED, Act.REOPEN): State.INVESTIGATING,
        # What was over is owed an acknowledgement anew.
        (State.CLOSED, Act.REOPEN): State.RECEIVED,
        (State.WITHDRAWN, Act.REOPEN): State.RECEIVED,
        # The ombudsman changes nothing of where it stands, but what was over goes on.
        **{(state, Act.REFER): state for state in OPEN},
        (State.CLOSED, Act.REFER): State.INVESTIGATING,
        (State.WITHDRAWN, Act.REFER): State.INVESTIGATING,
        **{(state, Act.DECIDE): State.IMPLEMENTING for state in OPEN if state != State.RECEIVED},
        **{(state, Act.CLOSE): State.CLOSED for state in OPEN if state != State.RECEIVED},
        **{(state, Act.REFUSE): State.CLOSED for state in (*IN_HAND, State.PROPOSED)},
        **{(state, Act.WITHDRAW): State.WITHDRAWN for state in OPEN if state != State.RESOLVED},
        **{(state, Act.MERGE): State.MERGED for state in IN_HAND},
        (State.MERGED, Act.SPLIT): State.INVESTIGATING,
        (State.MERGED, Act.CLOSE): State.CLOSED,
    }
)

# What the provider's staff do; the rest is the customer's, or follows by itself.
STAFF_ACTS = frozenset(
    {
        Act.ACKNOWLEDGE,
        Act.INVESTIGATE,
        Act.ASK_CUSTOMER,
        Act.PROPOSE,
        Act.AMEND,
        Act.RESOLVE,
        Act.CLOSE,
        Act.REFUSE,
        Act.REFER,
        Act.DECIDE,
        Act.MERGE,
        Act.SPLIT,
    }
)

# What a step is called once it has happened.
DONE = {
    **{one.value: one.label for one in Happening},
    Act.ACKNOWLEDGE: "Acknowledged",
    Act.INVESTIGATE: "Being looked into",
    Act.ASK_CUSTOMER: "We asked you something",
    Act.CUSTOMER_ANSWERS: "Answered",
    Act.PROPOSE: "Answer proposed",
    Act.AMEND: "Answer replaced by another",
    Act.ACCEPT: "Answer accepted",
    Act.DECLINE: "Answer declined",
    Act.RESOLVE: "Carried out",
    Act.CLOSE: "Closed",
    Act.REFUSE: "Refused, with reasons",
    Act.WITHDRAW: "Withdrawn",
    Act.REOPEN: "Reopened",
    Act.REFER: "Taken up by the ombudsman",
    Act.DECIDE: "Decided at the ombudsman's",
    Act.MERGE: "Answered together with another",
    Act.SPLIT: "Answered by itself again",
    # As the customer reads it.
    Happening.ATTEMPT: "We tried to reach you",
    Happening.TASK_DONE: "Your own part is done",
    Happening.CONSENT: "Agreed to close",
}


class Ending(models.TextChoices):
    """How a complaint came to be closed (RF-CMP-11)."""

    CONSENT = "consent", "The customer agreed"
    UNREACHABLE = "unreachable", "The customer could not be reached"
    REFUSED = "refused", "Refused with reasons, the ombudsman named"
    OMBUDSMAN = "ombudsman", "The ombudsman's outcome asks for nothing more"
    VEXATIOUS = "vexatious", "Refused as frivolous, vexatious or abusive"


class Answer(models.TextChoices):
    """What became of a proposed answer."""

    OPEN = "open", "Not answered yet"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    REPLACED = "replaced", "Replaced by another"
    LAPSED = "lapsed", "Ended with the complaint"


class RemedyKind(models.TextChoices):
    """What an answer gives besides its words and a credit."""

    LATE_CHARGE = "late_charge", "A late charge back"
    PLAN = "plan", "Another plan, without charge"
    VISIT = "visit", "A technician, without charge"
    EQUIPMENT = "equipment", "Equipment replaced, without charge"
    APOLOGY = "apology", "A letter of apology"


# What staff order and others do; all else is done with the step that says it is carried out.
ORDERED = (RemedyKind.VISIT, RemedyKind.EQUIPMENT)
# What leaves nothing on pages of the account that says why.
UNSEEN = (RemedyKind.LATE_CHARGE, RemedyKind.APOLOGY)


class Duty(models.TextChoices):
    """What the provider owes about a complaint, each with its own deadline."""

    ACKNOWLEDGE = "acknowledge", "Acknowledge the complaint"
    PROPOSE = "propose", "Propose an answer"
    EXPLAIN_DELAY = "explain_delay", "If there is a delay, explain it"
    IMPLEMENT = "implement", "Carry out what was agreed"
    CONFIRM = "confirm", "Confirm in writing what was done"
    NAME_OMBUDSMAN = "name_ombudsman", "Name the ombudsman"
    EXPLAIN_ESCALATION = "explain_escalation", "Say how it goes on with a manager"
    DECIDE_ESCALATION = "decide_escalation", "Decide as a manager"
    ANSWER_OMBUDSMAN = "answer_ombudsman", "Answer the ombudsman"
    ANSWER_PRIVACY = "answer_privacy", "Answer about privacy"
    SETTLE_DISPUTE = "settle_dispute", "Settle the dispute with the account manager"
    SETTLE_IN_GROUP = "settle_in_group", "Settle the dispute between group managers"
    FOLLOW_UP = "follow_up", "Ask the customer for an answer"
    DECIDE_CLOSING = "decide_closing", "Close it, or go on with it"


# As pages call what is owed, to the customer and to staff alike.
IN_WORDS = {
    Duty.ACKNOWLEDGE: "Our confirmation that we have it",
    Duty.PROPOSE: "Our answer",
    Duty.EXPLAIN_DELAY: "Word of a delay, if there is one",
    Duty.IMPLEMENT: "What we agreed is carried out",
    Duty.CONFIRM: "Written confirmation of what was done",
    Duty.NAME_OMBUDSMAN: "We name the ombudsman to you",
    Duty.EXPLAIN_ESCALATION: "We tell you how it goes on with a manager",
    Duty.DECIDE_ESCALATION: "A manager's decision",
    Duty.ANSWER_OMBUDSMAN: "Our answer to the ombudsman",
    Duty.ANSWER_PRIVACY: "Our answer about your privacy",
    Duty.SETTLE_DISPUTE: "Our account manager's answer to what you contest",
    Duty.SETTLE_IN_GROUP: "Our group managers' answer to what you contest",
    Duty.FOLLOW_UP: "We ask again",
    Duty.DECIDE_CLOSING: "We close it, or go on",
}
# What the house does for itself, so that nothing is forgotten: no promise to the customer.
INTERNAL = (Duty.FOLLOW_UP, Duty.DECIDE_CLOSING)
# Owed only if something happens, or done along the way: the customer waits for the others.
IN_THE_BACKGROUND = (Duty.EXPLAIN_DELAY, Duty.NAME_OMBUDSMAN)
# What managers owe, and are reminded of.
OF_MANAGERS = (Duty.EXPLAIN_ESCALATION, Duty.DECIDE_ESCALATION)
# A manager hears when one of these is missed.
PROMISES = (
    Duty.ACKNOWLEDGE,
    Duty.PROPOSE,
    Duty.IMPLEMENT,
    Duty.CONFIRM,
    Duty.ANSWER_OMBUDSMAN,
    Duty.ANSWER_PRIVACY,
    Duty.SETTLE_DISPUTE,
    Duty.SETTLE_IN_GROUP,
)
# What an answer does besides proposing one.
ANSWERED = (Duty.ANSWER_PRIVACY, Duty.SETTLE_DISPUTE, Duty.SETTLE_IN_GROUP)


class Topic(models.TextChoices):
    BILL = "bill", "A bill or a charge"
    FAULT = "fault", "A fault or an outage"
    SERVICE = "service", "How I was treated"
    CONTRACT = "contract", "My contract or leaving it"
    MOVE = "move", "A connection, move or number"
    PRIVACY = "privacy", "My privacy, or what is held about me"
    OTHER = "other", "Something else"


class CallDays(models.TextChoices):
    """On which days somebody without a log-in can be rung without danger."""

    ANY = "any", "Any day"
    WEEKDAYS = "weekdays", "Monday to Friday"
    WORKING = "working", "Monday to Friday, no public holidays"


class Cause(models.TextChoices):
    """What a complaint came from, as whoever ended it sees it (RF-CMP-15, -16)."""

    BILLING = "billing", "A wrong bill or charge"
    FAULT = "fault", "A fault of a service"
    OUTAGE = "outage", "A network outage"
    DELAY = "delay", "Something took too long"
    PROMISE = "promise", "A promise or an appointment not kept"
    SALES = "sales", "What was said or left out at the sale"
    CONDUCT = "conduct", "How somebody was treated"
    CREDIT = "credit", "Chasing, suspension or credit listing"
    PRIVACY = "privacy", "How personal data were handled"
    TERMS = "terms", "The terms themselves"
    SUPPLIER = "supplier", "A supplier or another provider"
    NOTHING = "nothing", "Nothing went wrong on our side"
    OTHER = "other", "Something else"
