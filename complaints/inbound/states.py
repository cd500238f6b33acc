"""What becomes of an email or a text message that reached us."""

from django.db import models


class MailState(models.TextChoices):
    IN_COMPLAINT = "in_complaint", "In its complaint"
    SET_APART = "set_apart", "Set apart: somebody has to look"
    AUTOMATIC = "automatic", "Automatic, kept and not acted on"
    OFFERED = "offered", "Answered by itself with an offer"
    TAKEN = "taken", "Done by itself"
    SETTLED = "settled", "Looked at, and settled"
