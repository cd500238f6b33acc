"""What the ombudsman does with a complaint, and what comes of it."""

from django.db import models


class Level(models.IntegerChoices):
    """How far it has gone there."""

    REFERRED = 1, "1: referred back to us"
    CASE = 2, "2: a case of its own"
    DECISION = 3, "3: before a decision"


class Kind(models.TextChoices):
    """What the days to answer depend on, where the letter names none (RF-CMP-18)."""

    STANDARD = "answer_ombudsman", "Ordinary"
    MEDICAL = "answer_ombudsman_medical", "Urgent for a medical reason"
    AGED = "answer_ombudsman_aged", "An older matter"
    CONTACT = "contact_for_ombudsman", "First contact with the customer is asked for"


class Outcome(models.TextChoices):
    """How it ended there."""

    REMEDY = "remedy", "Something is to be done for the customer"
    NOTHING = "nothing", "Nothing is to be done"
    WITHDRAWN = "withdrawn", "The customer withdrew it"


class PackState(models.TextChoices):
    """How far an evidence pack has come."""

    WAITING = "waiting", "Being made"
    READY = "ready", "Ready"
    FAILED = "failed", "Could not be made"
    GONE = "gone", "Deleted after its days"
