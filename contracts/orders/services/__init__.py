"""What is done about orders."""

from .answering import (
    TicksMissing,
    accept_order,
    decline_order,
    require_accept,
    settle_withdrawal,
    withdraw_order,
)
from .asking import ask_order
from .base import OrderRefused, is_delivered
from .delivering import activate_line, drop_line, note_work, provision_line
from .drafting import LineWish, add_line, check_capacity, draft_order, remove_line
from .letters import CONTRACT, SUMMARY
from .offering import cancel_order, lapse_offers, offer_order
from .on_paper import accept_on_paper, order_for_new_customer
from .porting import note_moved, reject_move, request_cutover, send_advice, stop_move

__all__ = [
    "CONTRACT",
    "SUMMARY",
    "LineWish",
    "OrderRefused",
    "TicksMissing",
    "accept_on_paper",
    "accept_order",
    "activate_line",
    "add_line",
    "ask_order",
    "cancel_order",
    "check_capacity",
    "decline_order",
    "draft_order",
    "drop_line",
    "is_delivered",
    "lapse_offers",
    "note_moved",
    "note_work",
    "offer_order",
    "order_for_new_customer",
    "provision_line",
    "reject_move",
    "remove_line",
    "request_cutover",
    "require_accept",
    "send_advice",
    "settle_withdrawal",
    "stop_move",
    "withdraw_order",
]
