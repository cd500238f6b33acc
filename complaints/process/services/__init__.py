"""The steps of a complaint after it was lodged. Each moves by the table, or is refused."""

from .absences import mind_absences
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
from .bulk import (
    Planned,
    acknowledge_many,
    assign_many,
    plan_acknowledge,
    plan_assign,
)
from .ending import (
    agree_to_close,
    close_complaint,
    record_attempt,
    reopen_complaint,
    send_closing_letter,
    withdraw_complaint,
)
from .handling import (
    Urgency,
    add_files,
    add_message,
    add_note,
    ask_customer,
    assign_complaint,
    explain_delay,
    learn_urgency,
    name_cause,
    name_ombudsman,
    start_investigation,
)
from .keeping import keep_records, release_records
from .managers import (
    ask_for_manager,
    decide_escalation,
    escalate_complaint,
    escalate_missed,
    explain_escalation,
    name_regulator,
)
from .merging import (
    link_complaints,
    merge_complaints,
    split_complaint,
    unlink_complaints,
)
from .moving import move_to_account
from .private import mind_private
from .refusing import answer_as_refused, consider_refusal, refuse_complaint, sign_refusal
from .remedies import Wanted, carry_out_part
from .steps import Heard, StepRefused, may_work

__all__ = [
    "Heard",
    "Offer",
    "Planned",
    "StepRefused",
    "Urgency",
    "Wanted",
    "accept_proposal",
    "acknowledge_by_hand",
    "acknowledge_many",
    "acknowledge_sent",
    "add_files",
    "add_message",
    "add_note",
    "agree_to_close",
    "amend_proposal",
    "answer_as_refused",
    "ask_customer",
    "ask_for_manager",
    "assign_complaint",
    "assign_many",
    "carry_out_part",
    "close_complaint",
    "confirm_outcome",
    "consider_refusal",
    "decide_escalation",
    "decline_proposal",
    "escalate_complaint",
    "escalate_missed",
    "explain_delay",
    "explain_escalation",
    "finish_task",
    "keep_records",
    "learn_urgency",
    "link_complaints",
    "may_work",
    "merge_complaints",
    "mind_absences",
    "mind_private",
    "move_to_account",
    "name_cause",
    "name_ombudsman",
    "name_regulator",
    "plan_acknowledge",
    "plan_assign",
    "propose_resolution",
    "record_attempt",
    "refuse_complaint",
    "release_records",
    "reopen_complaint",
    "resolve_complaint",
    "send_closing_letter",
    "sign_refusal",
    "split_complaint",
    "start_investigation",
    "unlink_complaints",
    "withdraw_complaint",
]
