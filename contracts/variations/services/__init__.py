"""Change prices and terms: draft, approve by two, tell everybody, put into force, withdraw."""

from .base import Kind, VariationRefused
from .carrying import carry_price_changes, carry_terms_changes
from .deciding import (
    ask_for_approval,
    decide_change,
    drop_draft,
    withdraw_change,
    work_out_again,
)
from .drafting import Draft, draft_price_change
from .indexing import decide_index_figure, enter_index_figure, tell_yearly_rises
from .letters import cause_in_words, letter_facts
from .new_terms import TERMS
from .prices import PRICES
from .sorting import come_back, keep_as_it_is, leave_because_of, tell_again
from .terms_drafting import TermsDraft, draft_terms_change
from .terms_letters import terms_letter_facts
from .working_out import work_out

__all__ = [
    "PRICES",
    "TERMS",
    "Draft",
    "Kind",
    "TermsDraft",
    "VariationRefused",
    "ask_for_approval",
    "carry_price_changes",
    "carry_terms_changes",
    "cause_in_words",
    "come_back",
    "decide_change",
    "decide_index_figure",
    "draft_price_change",
    "draft_terms_change",
    "drop_draft",
    "enter_index_figure",
    "keep_as_it_is",
    "leave_because_of",
    "letter_facts",
    "tell_again",
    "tell_yearly_rises",
    "terms_letter_facts",
    "withdraw_change",
    "work_out",
    "work_out_again",
]
