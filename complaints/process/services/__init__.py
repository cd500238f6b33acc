"""The steps of a complaint after it was lodged. Each moves by the table, or is refused."""

from .acknowledging import acknowledge_by_hand, acknowledge_sent
from .answering import (
    Offer,
    accept_proposal,
    amend_proposal,
    confirm_outcome,
    decline_proposal,
    finish_task,
    propose_resolution,
    resolve_complaint,
)
from .ending import (
    agree_to_close,
    close_complaint,
    consider_refusal,
    record_attempt,
    refuse_complaint,
    reopen_complaint,
    send_closing_letter,
    sign_refusal,
    withdraw_complaint,
)
from .handling import (
    Urgency,
    add_message,
    add_note,
    ask_customer,
    assign_complaint,
    explain_delay,
    learn_urgency,
    name_ombudsman,
    start_investigation,
)
from .managers import ask_for_manager, decide_escalation, escalate_complaint, escalate_missed
from .steps import Heard, StepRefused

__all__ = [
    "Heard",
    "Offer",
    "StepRefused",
    "Urgency",
    "accept_proposal",
    "acknowledge_by_hand",
    "acknowledge_sent",
    "add_message",
    "add_note",
    "agree_to_close",
    "amend_proposal",
    "ask_customer",
    "ask_for_manager",
    "assign_complaint",
    "close_complaint",
    "confirm_outcome",
    "consider_refusal",
    "decide_escalation",
    "decline_proposal",
    "escalate_complaint",
    "escalate_missed",
    "explain_delay",
    "finish_task",
    "learn_urgency",
    "name_ombudsman",
    "propose_resolution",
    "record_attempt",
    "refuse_complaint",
    "reopen_complaint",
    "resolve_complaint",
    "send_closing_letter",
    "sign_refusal",
    "start_investigation",
    "withdraw_complaint",
]
