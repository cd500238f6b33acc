"""Tax invoices and credit notes. Nothing here changes once it is issued."""

from __future__ import annotations

import uuid

from django.db import models

from billing.charging.states import LineKind
from contracts.supply.models import Chargeable, Service
from contracts.supply.states import GstCode
from parties.accounts.models import Account
from records.documents.models import Document
from records.fields import MoneyField, RateField

from .states import InvoiceKind


class Invoice(models.Model):
    """A tax invoice as issued, with the reasons of its figures and the version they come from."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="invoices")
    run = models.ForeignKey("billing.BillRun", on_delete=models.PROTECT, related_name="invoices")
    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=7, choices=InvoiceKind, default=InvoiceKind.NORMAL)
    bill_day = models.DateField(help_text="The bill day that it was made for.")
    issue_date = models.DateField(help_text="The day on which it goes out.")
    due_date = models.DateField(null=True, blank=True, help_text="Empty: nothing to pay.")
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
    kind = models.CharField(max_length=8, choices=LineKind, default=LineKind.FEE)
    description = models.CharField(max_length=250)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    service_label = models.CharField(max_length=160, blank=True)
    chargeable = models.OneToOneField(
        Chargeable, on_delete=models.PROTECT, null=True, blank=True, related_name="line"
    )
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)
    quantity = RateField()
    unit_price = RateField(
        null=True, blank=True, help_text="Empty where the line is a sum of its own parts."
    )
    days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Of a part of a period: its days …"
    )
    of_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="… of so many; empty for whole periods."
    )
    is_old = models.BooleanField(default=False, help_text="Printed as a charge from before.")
    price_basis = models.CharField(
        max_length=3, blank=True, help_text="ex or inc; empty: as the price list."
    )
    gst_code = models.CharField(max_length=8, choices=GstCode, default=GstCode.TAXABLE)
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


class CreditNote(models.Model):
    """An adjustment note (RF-TAX-04): what an invoice charged too much, by line or amount."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credit_notes")
    invoice = models.ForeignKey(
        Invoice,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="credit_notes",
        help_text="What it corrects; empty where it gives back days of several.",
    )
    number = models.CharField(max_length=24, unique=True)
    issue_date = models.DateField()
    reason = models.CharField(max_length=300)
    subtotal_ex = MoneyField()
    gst = MoneyField()
    total_inc = MoneyField()
    because = models.JSONField(default=list, blank=True)
    asked_by = models.CharField(max_length=150, blank=True)
    approved_by = models.CharField(max_length=150, blank=True)
    document = models.OneToOneField(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-issue_date", "-number"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(total_inc=models.F("subtotal_ex") + models.F("gst")),
                name="credit_note_adds_up",
            ),
            models.CheckConstraint(condition=models.Q(total_inc__gt=0), name="credits_something"),
        ]
        indexes = [models.Index(fields=["account", "-issue_date"], name="credits_newest_first")]

    def __str__(self) -> str:
        return self.number


class CreditNoteLine(models.Model):
    """One line given back, in whole or part; amounts are above zero."""

    credit_note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(
        InvoiceLine, on_delete=models.PROTECT, null=True, blank=True, related_name="credits"
    )
    kind = models.CharField(max_length=8, choices=LineKind, default=LineKind.FEE)
    description = models.CharField(max_length=250)
    amount_ex = MoneyField()
    gst = MoneyField()
    amount_inc = MoneyField()

    class Meta:
        ordering = ["credit_note", "pk"]

    def __str__(self) -> str:
        return self.description
