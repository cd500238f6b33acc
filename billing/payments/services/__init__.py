from .allocating import apply_credit
from .credit_notes import (
    CreditRefused,
    NeedsSecondPerson,
    credit_line,
    issue_credit_note,
    left_to_credit,
)
from .receiving import (
    AlreadyRecorded,
    PaymentRefused,
    match_payment,
    record_payment,
    record_unmatched,
    reverse_payment,
)
from .refunds import RefundRefused, ask_refund, decide_refund, write_off

__all__ = [
    "AlreadyRecorded",
    "CreditRefused",
    "NeedsSecondPerson",
    "PaymentRefused",
    "RefundRefused",
    "apply_credit",
    "ask_refund",
    "credit_line",
    "decide_refund",
    "issue_credit_note",
    "left_to_credit",
    "match_payment",
    "record_payment",
    "record_unmatched",
    "reverse_payment",
    "write_off",
]
