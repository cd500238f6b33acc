from .late_charges import advise_late_charge, assess_late_charges
from .pursuing import pursue
from .suspending import (
    SuspensionRefused,
    give_suspension_notice,
    note_opened,
    restore_paid,
    suspend_for_debt,
    withdraw_suspension,
)

__all__ = [
    "SuspensionRefused",
    "advise_late_charge",
    "assess_late_charges",
    "give_suspension_notice",
    "note_opened",
    "pursue",
    "restore_paid",
    "suspend_for_debt",
    "withdraw_suspension",
]
