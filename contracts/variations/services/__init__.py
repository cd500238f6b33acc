"""Change prices and terms: draft, approve by two, tell everybody, put into force, withdraw."""

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
from .terms_carrying import carry_terms_changes
from .terms_deciding import (
    ask_for_terms_approval,
    decide_terms_change,
    drop_terms_draft,
    withdraw_terms_change,
)
from .terms_drafting import TermsDraft, draft_terms_change
from .terms_letters import terms_cause, terms_letter_facts
from .terms_sorting import keep_terms, tell_terms_again
from .withdrawing import withdraw_price_change

__all__ = [
    "Draft",
    "TermsDraft",
    "VariationRefused",
    "ask_for_approval",
    "ask_for_terms_approval",
    "carry_price_changes",
    "carry_terms_changes",
    "cause_in_words",
    "come_back",
    "decide_index_figure",
    "decide_price_change",
    "decide_terms_change",
    "draft_price_change",
    "draft_terms_change",
    "drop_draft",
    "drop_terms_draft",
    "enter_index_figure",
    "keep_price",
    "keep_terms",
    "leave_because_of",
    "letter_facts",
    "tell_again",
    "tell_terms_again",
    "tell_yearly_rises",
    "terms_cause",
    "terms_letter_facts",
    "withdraw_price_change",
    "withdraw_terms_change",
    "work_out_again",
    "working_out",
]
