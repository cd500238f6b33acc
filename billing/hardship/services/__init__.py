from .arrangements import (
    accept_offer,
    decline_offer,
    offer_help,
    review_arrangements,
    review_help,
)
from .clocks import clocks_to_move, recompute_open_deadlines
from .extensions import MoreTimeRefused, take_more_time
from .requests import (
    HelpRefused,
    HelpWanted,
    answer_question,
    ask_for_help,
    ask_more,
    end_unanswered,
    refuse_help,
    take_in_hand,
    withdraw_request,
)

__all__ = [
    "HelpRefused",
    "HelpWanted",
    "MoreTimeRefused",
    "accept_offer",
    "answer_question",
    "ask_for_help",
    "ask_more",
    "clocks_to_move",
    "decline_offer",
    "end_unanswered",
    "offer_help",
    "recompute_open_deadlines",
    "refuse_help",
    "review_arrangements",
    "review_help",
    "take_in_hand",
    "take_more_time",
    "withdraw_request",
]
