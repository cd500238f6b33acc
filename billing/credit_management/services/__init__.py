"""Ask for unpaid money as terms and law let one: remind, suspend, end, hand over; and undo it."""

from .announcing import give_debt_notice, note_debt_notice_opened, withdraw_debt_notice
from .ending import end_for_debt
from .handing_over import close_handover, hand_over, mind_handovers, recall
from .late_charges import advise_late_charge, assess_late_charges
from .pursuing import pursue
from .securing import (
    ask_deposit,
    draw_deposit,
    drop_deposit,
    receive_deposit,
    settle_deposit,
)
from .steps import CreditStepRefused
from .suspending import (
    SuspensionRefused,
    give_suspension_notice,
    note_opened,
    restore_paid,
    suspend_for_debt,
    withdraw_suspension,
)

__all__ = [
    "CreditStepRefused",
    "SuspensionRefused",
    "advise_late_charge",
    "ask_deposit",
    "assess_late_charges",
    "close_handover",
    "draw_deposit",
    "drop_deposit",
    "end_for_debt",
    "give_debt_notice",
    "give_suspension_notice",
    "hand_over",
    "mind_handovers",
    "note_debt_notice_opened",
    "note_opened",
    "pursue",
    "recall",
    "receive_deposit",
    "restore_paid",
    "settle_deposit",
    "suspend_for_debt",
    "withdraw_debt_notice",
    "withdraw_suspension",
]
