"""Who ends a service, how that was said, and the life of a notice."""

from django.db import models

from terms.lifecycle import Lifecycle


class Side(models.TextChoices):
    """Who ends a service; the words are the terms' own."""

    CUSTOMER = "customer", "The customer"
    PROVIDER = "provider", "The provider"
    PORT = "port", "A move to another provider"


class NoticeForm(models.TextChoices):
    """How a notice was given."""

    PORTAL = "portal", "In the portal"
    EMAIL = "email", "By email"
    LETTER = "letter", "By letter"
    PHONE = "phone", "By phone"
    TRANSFER = "transfer", "The other provider told of the move"


class NoticeState(models.TextChoices):
    ASKED = "asked", "Waits for the provider to agree"
    RUNNING = "running", "Running"
    TAKEN_BACK = "taken_back", "Taken back"
    REFUSED = "refused", "Refused"
    REPLACED = "replaced", "Overtaken by another end"
    CARRIED_OUT = "carried_out", "The service has ended"


class NoticeAct(models.TextChoices):
    AGREE = "agree", "Agree"
    REFUSE = "refuse", "Refuse"
    TAKE_BACK = "take_back", "Take it back"
    REPLACE = "replace"
    CARRY_OUT = "carry_out"


ALIVE = (NoticeState.ASKED, NoticeState.RUNNING)

NOTICE = Lifecycle(
    {
        (NoticeState.ASKED, NoticeAct.AGREE): NoticeState.RUNNING,
        (NoticeState.ASKED, NoticeAct.REFUSE): NoticeState.REFUSED,
        (NoticeState.ASKED, NoticeAct.TAKE_BACK): NoticeState.TAKEN_BACK,
        (NoticeState.ASKED, NoticeAct.REPLACE): NoticeState.REPLACED,
        (NoticeState.RUNNING, NoticeAct.TAKE_BACK): NoticeState.TAKEN_BACK,
        (NoticeState.RUNNING, NoticeAct.REPLACE): NoticeState.REPLACED,
        (NoticeState.RUNNING, NoticeAct.CARRY_OUT): NoticeState.CARRIED_OUT,
    }
)
