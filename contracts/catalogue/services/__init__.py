"""Change what a provider offers, and say who may."""

from .listing import (
    ListRefused,
    Offer,
    carry_list_changes,
    decide_list_change,
    drop_list_change,
    enter_end,
    enter_plan,
    enter_price,
)
from .prices import replace_list_price
from .rights import needs_two, provider_day, require_right

__all__ = [
    "ListRefused",
    "Offer",
    "carry_list_changes",
    "decide_list_change",
    "drop_list_change",
    "enter_end",
    "enter_plan",
    "enter_price",
    "needs_two",
    "provider_day",
    "replace_list_price",
    "require_right",
]
