"""What customers ask for and what befalls their services: the steps."""

from terms.rules.supply import Delay

from .crediting import (
    ask_outage_credit,
    decide_outage_credit,
    give_outage_credits,
    outage_credit_shares,
)
from .faults import (
    FaultRefused,
    Report,
    accept_cost,
    become_complaint,
    close_fault,
    note_work,
    order_visit,
    preview_work,
    report_fault,
    take_fault,
    withdraw_fault,
)
from .guarantee import GuaranteeRefused, Late, give_guarantee, preview_guarantee
from .outages import (
    Declared,
    OutageRefused,
    Preview,
    call_off,
    declare_outage,
    end_outage,
    preview_outage,
    update_outage,
)
from .telling import tell_outages

__all__ = [
    "Declared",
    "Delay",
    "FaultRefused",
    "GuaranteeRefused",
    "Late",
    "OutageRefused",
    "Preview",
    "Report",
    "accept_cost",
    "ask_outage_credit",
    "become_complaint",
    "call_off",
    "close_fault",
    "decide_outage_credit",
    "declare_outage",
    "end_outage",
    "give_guarantee",
    "give_outage_credits",
    "note_work",
    "order_visit",
    "outage_credit_shares",
    "preview_guarantee",
    "preview_outage",
    "preview_work",
    "report_fault",
    "take_fault",
    "tell_outages",
    "update_outage",
    "withdraw_fault",
]
