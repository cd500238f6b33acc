"""Money received and paid back, what pays what, and what lets it be drawn."""

from .mandates import CardRequest, DebitFile, DebitReturns, Draw, Mandate
from .payouts import Payout
from .received import (
    IN_PORTAL,
    PAST_PORTAL,
    Allocation,
    BankFormat,
    BankImport,
    ChargeAdvice,
    GatewayEvent,
    ImportedRow,
    MoneyRequest,
    OnlinePayment,
    Payment,
    PaymentOption,
)
from .refunds import Refund, RefundAccount, RefundFile

__all__ = [
    "IN_PORTAL",
    "PAST_PORTAL",
    "Allocation",
    "BankFormat",
    "BankImport",
    "CardRequest",
    "ChargeAdvice",
    "DebitFile",
    "DebitReturns",
    "Draw",
    "GatewayEvent",
    "ImportedRow",
    "Mandate",
    "MoneyRequest",
    "OnlinePayment",
    "Payment",
    "PaymentOption",
    "Payout",
    "Refund",
    "RefundAccount",
    "RefundFile",
]
