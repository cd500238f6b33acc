"""Give notice that ends a service, take it back, decide on it, carry it out on its day."""

from .carrying_out import carry_out_ends
from .letters import confirmation_of
from .notices import (
    LeavingRefused,
    complete_end_cost,
    decide_early_end,
    give_end_notice,
    require_end_notice,
    take_back_end_notice,
)
from .others import end_by_provider, end_for_debt, record_transfer
from .terms import remind_of_terms
from .walking_away import walk_away

__all__ = [
    "LeavingRefused",
    "carry_out_ends",
    "complete_end_cost",
    "confirmation_of",
    "decide_early_end",
    "end_by_provider",
    "end_for_debt",
    "give_end_notice",
    "record_transfer",
    "remind_of_terms",
    "require_end_notice",
    "take_back_end_notice",
    "walk_away",
]
