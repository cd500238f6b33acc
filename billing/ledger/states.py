"""The accounts of the ledger, and what can be posted to them."""

from django.db import models


class LedgerAccount(models.TextChoices):
    """Where money stands. Debits are above zero, credits below; all entries sum to zero."""

    RECEIVABLE = "receivable", "Receivable"
    REVENUE = "revenue", "Revenue"
    LATE_CHARGES = "late_charges", "Late charges"
    GST = "gst", "GST collected"
    CLEARING = "clearing", "Clearing"
    CREDIT = "credit", "Customer credit"
    DEPOSITS = "deposits", "Deposits"
    SUSPENSE = "suspense", "Suspense"
    WRITE_OFF = "write_off", "Written off"
    FEES = "fees", "Fees of the gateway"


# What belongs to one customer's account, and so names it.
OF_ACCOUNTS = frozenset({LedgerAccount.RECEIVABLE, LedgerAccount.CREDIT, LedgerAccount.DEPOSITS})


class PostingKind(models.TextChoices):
    OPENING = "opening", "Opening balance"
    INVOICE = "invoice", "Invoice"
    CREDIT_NOTE = "credit_note", "Credit note"
    PAYMENT = "payment", "Payment"
    ALLOCATION = "allocation", "Credit applied"
    REVERSAL = "reversal", "Reversal"
    REFUND = "refund", "Refund"
    WRITE_OFF = "write_off", "Write-off"
    SURCHARGE = "surcharge", "Card surcharge"
    MATCH = "match", "Matched from suspense"
    DEPOSIT = "deposit", "Deposit"
