"""The life of a renewal: asked for, looked at where capacity to pay has to be, agreed."""

from django.db import models

from terms.lifecycle import Lifecycle


class RenewalState(models.TextChoices):
    ASKED = "asked", "Waits for our look at it"
    AGREED = "agreed", "Renewed"
    REFUSED = "refused", "Refused"
    TAKEN_BACK = "taken_back", "Taken back"


class RenewalAct(models.TextChoices):
    AGREE = "agree", "Agree to it"
    REFUSE = "refuse", "Refuse it"
    TAKE_BACK = "take_back", "The customer takes it back"


RENEWAL = Lifecycle(
    {
        (RenewalState.ASKED, RenewalAct.AGREE): RenewalState.AGREED,
        (RenewalState.ASKED, RenewalAct.REFUSE): RenewalState.REFUSED,
        (RenewalState.ASKED, RenewalAct.TAKE_BACK): RenewalState.TAKEN_BACK,
        (RenewalState.AGREED, RenewalAct.TAKE_BACK): RenewalState.TAKEN_BACK,
    }
)
# One of a service stands at a time.
STANDS = (RenewalState.ASKED, RenewalState.AGREED)
