"""The verbs of complaints."""

from .clocks import clocks_to_move, recompute_open_deadlines
from .lodging import lodge_complaint
from .process import (
    accept_proposal,
    acknowledge_sent,
    add_message,
    ask_customer,
    close_complaint,
    decline_proposal,
    propose_resolution,
    resolve_complaint,
    start_investigation,
    withdraw_complaint,
)

__all__ = [
    "accept_proposal",
    "acknowledge_sent",
    "add_message",
    "ask_customer",
    "clocks_to_move",
    "close_complaint",
    "decline_proposal",
    "lodge_complaint",
    "propose_resolution",
    "recompute_open_deadlines",
    "resolve_complaint",
    "start_investigation",
    "withdraw_complaint",
]
