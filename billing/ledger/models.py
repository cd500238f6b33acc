"""Double entry: postings whose legs sum to zero, and the sums that lists read."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q

from parties.accounts.models import Account, Provider
from records.fields import MoneyField

from .states import OF_ACCOUNTS, LedgerAccount, PostingKind


class Posting(models.Model):
    """One fact about money on a day. Never changed; a mistake is undone by another posting.

    `key` is unique for each provider and compared with `content`: the same key with another
    content is refused aloud.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="postings")
    kind = models.CharField(max_length=12, choices=PostingKind)
    day = models.DateField()
    key = models.CharField(max_length=120)
    content = models.CharField(max_length=64, help_text="SHA-256 of what was posted.")
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )
    because = models.JSONField(default=list, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["day", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "key"], name="posting_key_once"),
        ]
        indexes = [models.Index(fields=["provider", "day"], name="postings_by_day")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}"


class LedgerEntry(models.Model):
    """One leg of a posting: dollars debited (above zero) or credited (below)."""

    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="entries")
    ledger_account = models.CharField(max_length=12, choices=LedgerAccount)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="entries"
    )
    invoice = models.ForeignKey(
        "billing.Invoice", on_delete=models.PROTECT, null=True, blank=True, related_name="entries"
    )
    detail = models.CharField(
        max_length=20, blank=True, help_text="Kind of revenue, or way of payment."
    )
    amount = MoneyField()

    class Meta:
        ordering = ["posting", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="entry_is_not_nil"),
            models.CheckConstraint(
                condition=~Q(ledger_account__in=sorted(OF_ACCOUNTS)) | Q(account__isnull=False),
                name="customers_entry_names_account",
            ),
            models.CheckConstraint(
                condition=~Q(ledger_account=LedgerAccount.RECEIVABLE) | Q(invoice__isnull=False),
                name="receivable_names_invoice",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "ledger_account", "amount"],
                name="entries_of_account",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_ledger_account_display()} {self.amount}"


class OpenItem(models.Model):
    """What of an invoice is still open: the sum of its receivable entries, kept for lists."""

    invoice = models.OneToOneField(
        "billing.Invoice", on_delete=models.PROTECT, related_name="open_item"
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="open_items")
    due_date = models.DateField()
    amount = MoneyField(default=Decimal("0.00"))
    contested = MoneyField(default=Decimal("0.00"), help_text="By all who contest a part of it.")
    contested_shown = MoneyField(
        default=Decimal("0.00"), help_text="The same without what only the privacy role may know."
    )
    held = MoneyField(default=Decimal("0.00"), help_text="Contested; never above what is open.")
    held_shown = MoneyField(default=Decimal("0.00"), help_text="Of that, what pages may show.")

    class Meta:
        ordering = ["due_date", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="never_paid_beyond_open"),
            models.CheckConstraint(
                condition=Q(held__gte=0) & Q(held__lte=models.F("amount")),
                name="never_held_beyond_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "due_date"], condition=~Q(amount=0), name="open_by_account"
            ),
            models.Index(fields=["due_date"], condition=~Q(amount=0), name="open_by_due_date"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} open"


class ClosedMonth(models.Model):
    """A month of a provider that takes no posting any more; what corrects it lands later."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="closed_months")
    month = models.DateField(help_text="Its first day.")
    closed_at = models.DateTimeField()
    closed_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "month"], name="month_closed_once")
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.month:%B %Y}"
