"""What Django looks for here: the models of every room. Code imports them from their rooms."""

from billing.charging.models import Charge
from billing.disputes.models import Hold
from billing.invoices.models import Invoice, InvoiceLine
from billing.payments.models import Allocation, Payment
from billing.runs.models import BillRun, RunProblem
from billing.usage.models import UsageRecord

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
