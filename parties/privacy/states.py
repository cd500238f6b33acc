"""Kinds and states of customers, accounts, appointments and staff, and the staff's role table."""

from django.db import models


class PrivacyKind(models.TextChoices):
    ACCESS = "access", "See what is held about me"
    CORRECTION = "correction", "Have something corrected"


class PrivacyState(models.TextChoices):
    OPEN = "open", "Being looked into"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused, with reasons"


class ExportState(models.TextChoices):
    WAITING = "waiting", "Being made"
    READY = "ready", "Ready"
    EXPIRED = "expired", "Expired"
    FAILED = "failed", "Failed"
