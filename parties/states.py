"""Kinds and states of customers, accounts, appointments and staff."""

from django.db import models


class CustomerKind(models.TextChoices):
    RESIDENTIAL = "personal", "Residential"
    BUSINESS = "business", "Small business"
    NON_PROFIT = "non_profit", "Not-for-profit"


class AccountStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    CLOSED = "closed", "Closed"


class AdvocateKind(models.TextChoices):
    INTERPRETER = "interpreter", "Interpreter"
    FINANCIAL_COUNSELLOR = "financial_counsellor", "Financial counsellor"
    LEGAL_AID = "legal_aid", "Legal aid"
    FRIEND_OR_FAMILY = "friend_or_family", "Friend or family"


class AcceptanceAct(models.TextChoices):
    ENGAGE_SERVICE = "engage_service", "Engaged the services"
    ACCEPT_QUOTE = "accept_quote", "Accepted a quotation"
    PAY_INVOICE = "pay_invoice", "Paid an invoice"
    SIGN_UP = "sign_up", "Signed up"
    VARIATION = "variation", "A variation took effect"


class StaffRole(models.TextChoices):
    """The groups that staff belong to; their labels are the groups' names."""

    FRONT_LINE = "front_line", "Front line"
    TEAM_MANAGER = "team_manager", "Team manager"
    BILLING = "billing", "Billing"
    CREDIT = "credit", "Credit"
    PRIVACY = "privacy", "Privacy officer"
    AUDITOR = "auditor", "Auditor"
    ADMINISTRATOR = "administrator", "Administrator"
