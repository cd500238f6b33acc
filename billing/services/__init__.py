"""The verbs of billing."""

from .documents import invoice_content
from .holds import end_hold, hold_amount
from .invoices import compose_invoice, issue_invoice, masked_draft, next_invoice
from .late_fees import assess_late_fees
from .payments import record_payment
from .runs import run_bills, run_provider_bills

__all__ = [
    "assess_late_fees",
    "compose_invoice",
    "end_hold",
    "hold_amount",
    "invoice_content",
    "issue_invoice",
    "masked_draft",
    "next_invoice",
    "record_payment",
    "run_bills",
    "run_provider_bills",
]
