"""What Django looks for here: the models of every room. Code imports them from their rooms."""

from billing.charging.models import BilledPeriod, NotBilled
from billing.disputes.models import Hold
from billing.invoices.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from billing.ledger.models import ClosedMonth, LedgerEntry, OpenItem, Posting
from billing.payments.models import (
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
    Refund,
)
from billing.runs.models import BillRun, RunProblem
from billing.usage.models import UsageRecord

__all__ = [
    "Allocation",
    "BankFormat",
    "BankImport",
    "BillRun",
    "BilledPeriod",
    "ChargeAdvice",
    "ClosedMonth",
    "CreditNote",
    "CreditNoteLine",
    "GatewayEvent",
    "Hold",
    "ImportedRow",
    "Invoice",
    "InvoiceLine",
    "LedgerEntry",
    "MoneyRequest",
    "NotBilled",
    "OnlinePayment",
    "OpenItem",
    "Payment",
    "PaymentOption",
    "Posting",
    "Refund",
    "RunProblem",
    "UsageRecord",
]
