"""The life of a bill run, and ways to pay."""

from django.db import models


class ChargeKind(models.TextChoices):
    ONE_OFF = "one_off", "One-off charge"
    LATE_FEE = "late_fee", "Late fee"


class Gst(models.TextChoices):
    TAXABLE = "taxable", "Taxable"
    FREE = "free", "GST-free"
