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
from .gateway import Forged, GatewayDown, gateway_of
from .hearing import ask_about_payments, hear, solve_event
from .importing import FileRefused, import_upload, read_bank_file, try_upload
from .late_charges import take_back_late_charges
from .online import SurchargeChanged, Wish, start_payment
from .receiving import (
    AlreadyRecorded,
    match_payment,
    record_payment,
    record_unmatched,
    reverse_payment,
)
from .refunds import RefundRefused, ask_refund, decide_refund, write_off
from .requests import ask_money, decide_money
from .ways import Way, WayPast, WaysToPay, keep_option, ways_to_pay

__all__ = [
    "AlreadyRecorded",
    "CreditRefused",
    "FileRefused",
    "Forged",
    "GatewayDown",
    "NeedsSecondPerson",
    "PaymentRefused",
    "RefundRefused",
    "SurchargeChanged",
    "Way",
    "WayPast",
    "WaysToPay",
    "Wish",
    "apply_credit",
    "ask_about_payments",
    "ask_money",
    "ask_refund",
    "credit_line",
    "decide_money",
    "decide_refund",
    "dishonour_payment",
    "gateway_of",
    "hear",
    "import_upload",
    "issue_credit_note",
    "keep_option",
    "left_to_credit",
    "lock_account",
    "match_payment",
    "read_bank_file",
    "read_dollars",
    "record_payment",
    "record_unmatched",
    "reverse_payment",
    "solve_event",
    "start_payment",
    "take_back_late_charges",
    "try_upload",
    "ways_to_pay",
    "write_off",
]
