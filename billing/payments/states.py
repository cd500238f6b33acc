"""The life of a bill run, and ways to pay."""

from django.db import models


class PaymentMethod(models.TextChoices):
    DIRECT_DEBIT = "direct_debit", "Direct debit"
    CARD = "card", "Card"
    BPAY = "bpay", "BPAY"
    EFT = "eft", "Bank transfer"
