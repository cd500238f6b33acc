from .documents import invoice_content
from .runs import run_bills, run_provider_bills

__all__ = ["invoice_content", "run_bills", "run_provider_bills"]
