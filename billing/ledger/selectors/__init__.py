"""Questions about the ledger: what it says of an account, a month, and of aged debt."""

from .aging import AgedRow, AgedSum, Bucket, aged_accounts, aged_by_provider, as_aged
from .books import (
    Discrepancy,
    Statement,
    StatementRow,
    balance_of,
    credit_of,
    discrepancies,
    entries_of,
    gst_collected,
    open_items,
    statement,
    trial_balance,
)

__all__ = [
    "AgedRow",
    "AgedSum",
    "Bucket",
    "Discrepancy",
    "Statement",
    "StatementRow",
    "aged_accounts",
    "aged_by_provider",
    "as_aged",
    "balance_of",
    "credit_of",
    "discrepancies",
    "entries_of",
    "gst_collected",
    "open_items",
    "statement",
    "trial_balance",
]
