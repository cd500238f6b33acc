from .plan_changes import (
    PlanChangeRefused,
    apply_plan_changes,
    decide_plan_change,
    request_plan_change,
    require_plan_change,
    withdraw_plan_change,
)
from .supplying import (
    SupplyRefused,
    agree_charge,
    change_supply,
    close_ended,
    confirm_billing_start,
    end_supply,
    recast_suspension,
    restore_supply,
    start_supply,
    suspend_supply,
)

__all__ = [
    "PlanChangeRefused",
    "SupplyRefused",
    "agree_charge",
    "apply_plan_changes",
    "change_supply",
    "close_ended",
    "confirm_billing_start",
    "decide_plan_change",
    "end_supply",
    "recast_suspension",
    "request_plan_change",
    "require_plan_change",
    "restore_supply",
    "start_supply",
    "suspend_supply",
    "withdraw_plan_change",
]
