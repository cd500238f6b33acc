"""Usage to cash."""

from .charges import Charge, UsageRecord
from .holds import Hold
from .invoices import BillRun, Invoice, InvoiceLine, RunProblem
from .payments import Allocation, Payment

__all__ = [
    "Allocation",
    "BillRun",
    "Charge",
    "Hold",
    "Invoice",
    "InvoiceLine",
    "Payment",
    "RunProblem",
    "UsageRecord",
]
