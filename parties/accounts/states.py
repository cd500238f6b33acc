"""Kinds and states of customers, accounts, appointments and staff, and the staff's role table."""

from django.db import models


class CustomerKind(models.TextChoices):
    RESIDENTIAL = "personal", "Residential"
    BUSINESS = "business", "Small business"
    NON_PROFIT = "non_profit", "Not-for-profit"


class AccountStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    CLOSED = "closed", "Closed"


class AcceptanceAct(models.TextChoices):
    ENGAGE_SERVICE = "engage_service", "Engaged the services"
    ACCEPT_QUOTE = "accept_quote", "Accepted a quotation"
    PAY_INVOICE = "pay_invoice", "Paid an invoice"
    SIGN_UP = "sign_up", "Signed up"
    VARIATION = "variation", "A variation took effect"


class BlockKind(models.TextChoices):
    """Why nothing is chased: each has an end of its own."""

    HARDSHIP = "hardship", "Help with paying was asked for"
    ARRANGEMENT = "arrangement", "A payment arrangement is being kept"
    EXTENSION = "extension", "More time to pay was given"
    COMPLAINT = "complaint", "A complaint about it is open"
    SAFETY = "safety", "Somebody's safety"
    MISTAKE = "mistake", "A mistake of the provider"
