from django.db import models


class Channel(models.TextChoices):
    EMAIL = "email", "Email"
    TEXT = "text", "Text message"
    POST = "post", "Letter"


class Status(models.TextChoices):
    QUEUED = "queued", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    TO_POST = "to_post", "To be printed and posted"
    SENT = "sent", "Sent"
    FAILED = "failed", "Given up"
    BY_HAND = "by_hand", "To be told by staff"
    TOLD = "told", "Told by staff"


# A notice that its addressee was given, whichever way.
GIVEN = (Status.SENT, Status.TOLD)


class Priority(models.IntegerChoices):
    """What goes out first. Nobody waits for a code behind a thousand bills."""

    URGENT = 0, "At once"
    NORMAL = 5, "In turn"
    BULK = 9, "When nothing else waits"
