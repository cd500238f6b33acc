from .allocating import apply_credit
from .amounts import PaymentRefused, read_dollars
from .bank_numbers import BankNumberRefused
from .card_charges import charge_cards
from .cards import CardWish, ask_about_cards, card_ways, start_card
from .credit_notes import (
    CreditRefused,
    NeedsSecondPerson,
    credit_line,
    issue_credit_note,
    left_to_credit,
)
from .debit_files import (
    DebitFileRefused,
    LeftOut,
    bank_days,
    bank_today,
    decide_debit_file,
    file_content,
    make_debit_file,
    note_download,
)
from .debit_returns import ReturnsRefused, note_return, note_stop, take_returns
from .deposits import DepositDiffers, match_deposit
from .dishonour import dishonour_payment
from .draws import mind_draws, plan_draws
from .gateway import Forged, GatewayDown, gateway_of
from .gateway_refunds import send_refunds
from .hearing import ask_about_payments, hear, solve_event
from .importing import FileRefused, import_upload, read_bank_file, try_upload
from .kept_cards import pay_with_kept_card, warn_of_cards
from .late_charges import late_charges_to_waive, take_back_late_charges, waive_late_charge
from .mandate_letters import card_words, request_words
from .mandates import (
    MandateRefused,
    MandateWish,
    agree_mandate,
    check_wish,
    choose_day,
    end_mandate,
    require_right,
    resume_mandate,
)
from .online import SurchargeChanged, Wish, start_payment
from .payouts import PayoutDiffers, ask_about_payouts, match_payout
from .receiving import (
    AlreadyRecorded,
    match_payment,
    record_payment,
    record_unmatched,
    reverse_payment,
)
from .refund_accounts import (
    BankAccount,
    check_bank_account,
    give_refund_account,
    take_refund_account_away,
)
from .refund_files import (
    decide_refund_file,
    make_refund_file,
    note_refund_download,
    refund_file_content,
    settle_refund_files,
)
from .refunds import (
    RefundRefused,
    RefundWish,
    ask_again,
    ask_refund,
    decide_refund,
    keep_as_credit,
    note_failure,
    write_off,
)
from .requests import ask_money, decide_money
from .statements import send_statement, statement_pdf
from .ways import Way, WayPast, WaysToPay, keep_option, ways_to_pay

__all__ = [
    "AlreadyRecorded",
    "BankAccount",
    "BankNumberRefused",
    "CardWish",
    "CreditRefused",
    "DebitFileRefused",
    "DepositDiffers",
    "FileRefused",
    "Forged",
    "GatewayDown",
    "LeftOut",
    "MandateRefused",
    "MandateWish",
    "NeedsSecondPerson",
    "PaymentRefused",
    "PayoutDiffers",
    "RefundRefused",
    "RefundWish",
    "ReturnsRefused",
    "SurchargeChanged",
    "Way",
    "WayPast",
    "WaysToPay",
    "Wish",
    "agree_mandate",
    "apply_credit",
    "ask_about_cards",
    "ask_about_payments",
    "ask_about_payouts",
    "ask_again",
    "ask_money",
    "ask_refund",
    "bank_days",
    "bank_today",
    "card_ways",
    "card_words",
    "charge_cards",
    "check_bank_account",
    "check_wish",
    "choose_day",
    "credit_line",
    "decide_debit_file",
    "decide_money",
    "decide_refund",
    "decide_refund_file",
    "dishonour_payment",
    "end_mandate",
    "file_content",
    "gateway_of",
    "give_refund_account",
    "hear",
    "import_upload",
    "issue_credit_note",
    "keep_as_credit",
    "keep_option",
    "late_charges_to_waive",
    "left_to_credit",
    "make_debit_file",
    "make_refund_file",
    "match_deposit",
    "match_payment",
    "match_payout",
    "mind_draws",
    "note_download",
    "note_failure",
    "note_refund_download",
    "note_return",
    "note_stop",
    "pay_with_kept_card",
    "plan_draws",
    "read_bank_file",
    "read_dollars",
    "record_payment",
    "record_unmatched",
    "refund_file_content",
    "request_words",
    "require_right",
    "resume_mandate",
    "reverse_payment",
    "send_refunds",
    "send_statement",
    "settle_refund_files",
    "solve_event",
    "start_card",
    "start_payment",
    "statement_pdf",
    "take_back_late_charges",
    "take_refund_account_away",
    "take_returns",
    "try_upload",
    "waive_late_charge",
    "warn_of_cards",
    "ways_to_pay",
    "write_off",
]
