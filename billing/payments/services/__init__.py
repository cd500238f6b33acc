from .allocating import apply_credit, lock_account
from .amounts import PaymentRefused, read_dollars
from .credit_notes import (
    CreditRefused,
    NeedsSecondPerson,
    credit_line,
    issue_credit_note,
    left_to_credit,
)
from .dishonour import dishonour_payment
from .importing import FileRefused, import_upload, read_bank_file, try_upload
from .late_charges import take_back_late_charges
from .receiving import (
    AlreadyRecorded,
    match_payment,
    record_payment,
    record_unmatched,
    reverse_payment,
)
from .refunds import RefundRefused, ask_refund, decide_refund, write_off
from .requests import ask_money, decide_money

__all__ = [
    "AlreadyRecorded",
    "CreditRefused",
    "FileRefused",
    "NeedsSecondPerson",
    "PaymentRefused",
    "RefundRefused",
    "apply_credit",
    "ask_money",
    "ask_refund",
    "credit_line",
    "decide_money",
    "decide_refund",
    "dishonour_payment",
    "import_upload",
    "issue_credit_note",
    "left_to_credit",
    "lock_account",
    "match_payment",
    "read_bank_file",
    "read_dollars",
    "record_payment",
    "record_unmatched",
    "reverse_payment",
    "take_back_late_charges",
    "try_upload",
    "write_off",
]
