"""What Django looks for here: the models of every room. Code imports them from their rooms."""

from billing.charging.models import BilledPeriod, ChargeRequest, NotBilled
from billing.credit_management.models import (
    DebtNotice,
    Deposit,
    Handover,
    PaymentReminder,
    Pursuit,
    SuspensionNotice,
)
from billing.disputes.models import Hold
from billing.hardship.models import Arrangement, Extension, HelpRequest, Instalment
from billing.invoices.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from billing.ledger.models import ClosedMonth, LedgerEntry, OpenItem, Posting
from billing.payments.models import (
    Allocation,
    BankFormat,
    BankImport,
    CardRequest,
    ChargeAdvice,
    DebitFile,
    DebitReturns,
    Draw,
    GatewayEvent,
    ImportedRow,
    Mandate,
    MoneyRequest,
    OnlinePayment,
    Payment,
    PaymentOption,
    Payout,
    Refund,
)
from billing.runs.models import BillRun, RunProblem
from billing.usage.models import UsageRecord

__all__ = [
    "Allocation",
    "Arrangement",
    "BankFormat",
    "BankImport",
    "BillRun",
    "BilledPeriod",
    "CardRequest",
    "ChargeAdvice",
    "ChargeRequest",
    "ClosedMonth",
    "CreditNote",
    "CreditNoteLine",
    "DebitFile",
    "DebitReturns",
    "DebtNotice",
    "Deposit",
    "Draw",
    "Extension",
    "GatewayEvent",
    "Handover",
    "HelpRequest",
    "Hold",
    "ImportedRow",
    "Instalment",
    "Invoice",
    "InvoiceLine",
    "LedgerEntry",
    "Mandate",
    "MoneyRequest",
    "NotBilled",
    "OnlinePayment",
    "OpenItem",
    "Payment",
    "PaymentOption",
    "PaymentReminder",
    "Payout",
    "Posting",
    "Pursuit",
    "Refund",
    "RunProblem",
    "SuspensionNotice",
    "UsageRecord",
]
