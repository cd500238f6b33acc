"""What staff decide about charges: from which day, what is put on a bill or taken off it."""

from .adding import ChargeRefused, ask_charge, ask_discount, decide_charge, discount_worth
from .starting import bill_from

__all__ = [
    "ChargeRefused",
    "ask_charge",
    "ask_discount",
    "bill_from",
    "decide_charge",
    "discount_worth",
]
