"""What customers ask for and what befalls their services: the steps."""

from .crediting import (
    ask_outage_credit,
    decide_outage_credit,
    give_outage_credits,
    outage_credit_shares,
)
from .outages import (
    Declared,
    OutageRefused,
    Preview,
    call_off,
    declare_outage,
    end_outage,
    preview_outage,
    update_outage,
)
from .telling import tell_outages

__all__ = [
    "Declared",
    "OutageRefused",
    "Preview",
    "ask_outage_credit",
    "call_off",
    "decide_outage_credit",
    "declare_outage",
    "end_outage",
    "give_outage_credits",
    "outage_credit_shares",
    "preview_outage",
    "tell_outages",
    "update_outage",
]
