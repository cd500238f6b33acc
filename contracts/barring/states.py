"""What can be barred on a phone service, and how a bar and a new SIM go."""

from django.db import models

from terms.lifecycle import Lifecycle


class BarKind(models.TextChoices):
    LOST = "lost", "Lost or stolen: everything"
    ROAMING = "roaming", "Use abroad"
    PREMIUM = "premium", "Premium numbers"


class BarState(models.TextChoices):
    ASKED = "asked", "Asked: being barred"
    ON = "on", "Barred"
    TO_LIFT = "to_lift", "Asked: being opened again"
    LIFTED = "lifted", "Open again"


class BarAct(models.TextChoices):
    DO = "do", "It is barred"
    ASK_LIFT = "ask_lift", "Ask to open it"
    KEEP = "keep", "Bar it after all"
    LIFT = "lift", "It is open again"


BAR = Lifecycle(
    {
        (BarState.ASKED, BarAct.DO): BarState.ON,
        (BarState.ASKED, BarAct.ASK_LIFT): BarState.TO_LIFT,
        (BarState.ASKED, BarAct.LIFT): BarState.LIFTED,
        (BarState.ON, BarAct.ASK_LIFT): BarState.TO_LIFT,
        (BarState.ON, BarAct.LIFT): BarState.LIFTED,
        (BarState.TO_LIFT, BarAct.KEEP): BarState.ASKED,
        (BarState.TO_LIFT, BarAct.LIFT): BarState.LIFTED,
    }
)
OPEN_BAR = (BarState.ASKED, BarState.ON, BarState.TO_LIFT)


class SimForm(models.TextChoices):
    ESIM = "esim", "An eSIM, on a phone that you have already"
    CARD = "card", "A SIM card, by post to the address that we have"


class SwapState(models.TextChoices):
    ASKED = "asked", "Asked: being made"
    DONE = "done", "The new SIM works"
    REFUSED = "refused", "Not made"
    WITHDRAWN = "withdrawn", "Taken back"


class SwapAct(models.TextChoices):
    DO = "do", "The new SIM works"
    REFUSE = "refuse", "Say no"
    WITHDRAW = "withdraw", "Take it back"


SWAP = Lifecycle(
    {
        (SwapState.ASKED, SwapAct.DO): SwapState.DONE,
        (SwapState.ASKED, SwapAct.REFUSE): SwapState.REFUSED,
        (SwapState.ASKED, SwapAct.WITHDRAW): SwapState.WITHDRAWN,
    }
)
