from .documents import invoice_content
from .issuing import issue_invoice
from .runs import change_bill_day, run_bills, run_provider_bills

__all__ = [
    "change_bill_day",
    "invoice_content",
    "issue_invoice",
    "run_bills",
    "run_provider_bills",
]
