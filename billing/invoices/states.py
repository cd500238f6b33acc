"""Kinds of invoice."""

from django.db import models


class InvoiceKind(models.TextChoices):
    """The terms may date a bill after the end otherwise."""

    NORMAL = "normal", "Invoice"
    FINAL = "final", "Final invoice"
