"""Bill runs, and the invoices they issue. Nothing here changes once it is issued."""

from __future__ import annotations

import uuid

from django.db import models

from billing.charging.states import Gst
from parties.accounts.models import Account
from records.documents.models import Document
from records.fields import MoneyField, RateField


class Invoice(models.Model):
    """A tax invoice as issued, with the reasons of its figures and the version they come from."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="invoices")
    run = models.ForeignKey("billing.BillRun", on_delete=models.PROTECT, related_name="invoices")
    number = models.CharField(max_length=20, unique=True)
    issue_date = models.DateField()
    due_date = models.DateField()
    period_start = models.DateField()
    period_end = models.DateField()
    subtotal_ex = MoneyField("total without GST")
    gst = MoneyField("GST")
    total_inc = MoneyField("total with GST")
    version = models.CharField(max_length=40, help_text="Of the terms it was made under.")
    because = models.JSONField(default=dict, help_text="Reasons by figure: due_date, total.")
    document = models.OneToOneField(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-issue_date", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "period_start"], name="one_invoice_per_period"
            ),
            models.CheckConstraint(
                condition=models.Q(total_inc=models.F("subtotal_ex") + models.F("gst")),
                name="invoice_adds_up",
            ),
            models.CheckConstraint(
                condition=models.Q(due_date__gte=models.F("issue_date")),
                name="due_after_issue",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-issue_date"], name="invoice_newest_first"),
            models.Index(fields=["due_date"], name="invoice_by_due_date"),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceLine(models.Model):
    """One priced line. The lines' amounts add up to the invoice's total to the cent."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    description = models.CharField(max_length=200)
    service_label = models.CharField(max_length=120, blank=True)
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)
    quantity = RateField()
    unit_price = RateField()
    price_basis = models.CharField(
        max_length=3, blank=True, help_text="ex or inc; empty: as the price list."
    )
    gst_code = models.CharField(max_length=8, choices=Gst, default=Gst.TAXABLE)
    amount_ex = MoneyField()
    gst = MoneyField()
    amount_inc = MoneyField()
    because = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["invoice", "position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="line_position_once")
        ]

    def __str__(self) -> str:
        return self.description
