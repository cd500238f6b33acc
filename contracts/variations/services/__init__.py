"""Change prices: draft, approve by two, tell everybody, put into force, withdraw."""

from .carrying import carry_price_changes
from .deciding import (
    ask_for_approval,
    decide_price_change,
    drop_draft,
    work_out_again,
)
from .drafting import Draft, VariationRefused, draft_price_change, working_out
from .indexing import decide_index_figure, enter_index_figure, tell_yearly_rises
from .letters import cause_in_words, letter_facts
from .sorting import come_back, keep_price, leave_because_of, tell_again
from .withdrawing import withdraw_price_change

__all__ = [
    "Draft",
    "VariationRefused",
    "ask_for_approval",
    "carry_price_changes",
    "cause_in_words",
    "come_back",
    "decide_index_figure",
    "decide_price_change",
    "draft_price_change",
    "drop_draft",
    "enter_index_figure",
    "keep_price",
    "leave_because_of",
    "letter_facts",
    "tell_again",
    "tell_yearly_rises",
    "withdraw_price_change",
    "work_out_again",
    "working_out",
]
