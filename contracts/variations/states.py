"""How a price changes, for whom, and the life of a change as a whole and for each service."""

from django.db import models

from terms.lifecycle import Lifecycle


class PriceWay(models.TextChoices):
    TO = "to", "To a new price"
    BY = "by", "By an amount"


class Hurts(models.TextChoices):
    """How far a rise hurts; a fall never does."""

    MATERIAL = "material", "More than slightly"
    MINOR = "minor", "Slightly"


class Harm(models.TextChoices):
    """How far another version of the terms hurts whoever it is to bind."""

    NONE = "none", "Nobody: it helps, or leaves things as they are"
    MINOR = "minor", "Slightly"
    MATERIAL = "material", "More than slightly"


class Forced(models.TextChoices):
    """What forces a change; the words are the terms' own."""

    SUPPLIER = "supplier", "Our supplier's price"
    TAX = "tax", "A tax on the customer's service"
    PROVIDER_TAX = "provider_tax", "A tax on us"
    LAW = "law", "A law"
    SECURITY = "security", "Security"
    NETWORK = "network", "Protection of the network"


class VariationState(models.TextChoices):
    DRAFT = "draft", "Draft"
    ASKED = "asked", "Waits for a second person"
    TELLING = "telling", "Customers are being told"
    TOLD = "told", "Told"
    DONE = "done", "In force"
    REFUSED = "refused", "Refused"
    DROPPED = "dropped", "Dropped before anybody was told"
    WITHDRAWN = "withdrawn", "Withdrawn"


class VariationAct(models.TextChoices):
    ASK = "ask"
    APPROVE = "approve"
    REFUSE = "refuse"
    FINISH_TELLING = "finish_telling"
    FINISH = "finish"
    TELL_AGAIN = "tell_again"
    DROP = "drop"
    WITHDRAW = "withdraw"


VARIATION = Lifecycle(
    {
        (VariationState.DRAFT, VariationAct.ASK): VariationState.ASKED,
        (VariationState.DRAFT, VariationAct.DROP): VariationState.DROPPED,
        (VariationState.ASKED, VariationAct.APPROVE): VariationState.TELLING,
        (VariationState.ASKED, VariationAct.REFUSE): VariationState.REFUSED,
        (VariationState.ASKED, VariationAct.DROP): VariationState.DROPPED,
        (VariationState.TELLING, VariationAct.FINISH_TELLING): VariationState.TOLD,
        (VariationState.TELLING, VariationAct.WITHDRAW): VariationState.WITHDRAWN,
        (VariationState.TOLD, VariationAct.TELL_AGAIN): VariationState.TELLING,
        (VariationState.TELLING, VariationAct.TELL_AGAIN): VariationState.TELLING,
        (VariationState.TOLD, VariationAct.FINISH): VariationState.DONE,
        (VariationState.TOLD, VariationAct.WITHDRAW): VariationState.WITHDRAWN,
    }
)

# Drafts that somebody may still send out; one of a kind is enough.
OPEN = (VariationState.DRAFT, VariationState.ASKED)
SENT = (VariationState.TELLING, VariationState.TOLD, VariationState.DONE)


class ChangeState(models.TextChoices):
    """Where the change of one service stands."""

    WAITING = "waiting", "To be told"
    KEEPS = "keeps", "Keeps its price"
    TOLD = "told", "Told"
    PLANNED = "planned", "Told in time"
    LATE = "late", "Not told in time"
    APPLIED = "applied", "In force"
    LEFT = "left", "The customer leaves because of it"
    LAPSED = "lapsed", "No longer concerns it"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ChangeAct(models.TextChoices):
    TELL = "tell"
    KEEP = "keep"
    PLAN = "plan"
    MISS = "miss"
    TELL_AGAIN = "tell_again"
    APPLY = "apply"
    LEAVE = "leave"
    COME_BACK = "come_back"
    LAPSE = "lapse"
    WITHDRAW = "withdraw"


CHANGE = Lifecycle(
    {
        (ChangeState.WAITING, ChangeAct.TELL): ChangeState.TOLD,
        (ChangeState.WAITING, ChangeAct.KEEP): ChangeState.KEEPS,
        (ChangeState.WAITING, ChangeAct.WITHDRAW): ChangeState.WITHDRAWN,
        (ChangeState.TOLD, ChangeAct.PLAN): ChangeState.PLANNED,
        (ChangeState.TOLD, ChangeAct.MISS): ChangeState.LATE,
        (ChangeState.TOLD, ChangeAct.LEAVE): ChangeState.LEFT,
        (ChangeState.TOLD, ChangeAct.LAPSE): ChangeState.LAPSED,
        (ChangeState.TOLD, ChangeAct.WITHDRAW): ChangeState.WITHDRAWN,
        (ChangeState.PLANNED, ChangeAct.APPLY): ChangeState.APPLIED,
        (ChangeState.PLANNED, ChangeAct.LEAVE): ChangeState.LEFT,
        (ChangeState.PLANNED, ChangeAct.LAPSE): ChangeState.LAPSED,
        (ChangeState.PLANNED, ChangeAct.WITHDRAW): ChangeState.WITHDRAWN,
        (ChangeState.APPLIED, ChangeAct.LEAVE): ChangeState.LEFT,
        (ChangeState.LATE, ChangeAct.TELL_AGAIN): ChangeState.WAITING,
        (ChangeState.LATE, ChangeAct.LAPSE): ChangeState.LAPSED,
        (ChangeState.LATE, ChangeAct.WITHDRAW): ChangeState.WITHDRAWN,
        (ChangeState.LEFT, ChangeAct.COME_BACK): ChangeState.TOLD,
    }
)


class FigureState(models.TextChoices):
    ASKED = "asked", "Waits for a second person"
    CONFIRMED = "confirmed", "Confirmed"
    REFUSED = "refused", "Refused"


class FigureAct(models.TextChoices):
    CONFIRM = "confirm"
    REFUSE = "refuse"


FIGURE = Lifecycle(
    {
        (FigureState.ASKED, FigureAct.CONFIRM): FigureState.CONFIRMED,
        (FigureState.ASKED, FigureAct.REFUSE): FigureState.REFUSED,
    }
)

# What the customer has heard of and still lives with.
HEARD = (ChangeState.TOLD, ChangeState.PLANNED, ChangeState.APPLIED)
# What still has to come to an end before the change as a whole has.
UNFINISHED = (ChangeState.WAITING, ChangeState.TOLD, ChangeState.PLANNED, ChangeState.LATE)


class Keeps(models.TextChoices):
    """Why a service keeps its price, now or for a time."""

    AGREED = "agreed", "Its price was agreed for itself"
    FIXED = "fixed", "Its price is fixed until a day"
    ENDS = "ends", "It ends before"
    SAME = "same", "It costs that already"


class WayOutBy(models.TextChoices):
    """What lets a customer leave without a fee because of a change."""

    TERMS = "terms", "The terms"
    LAW = "law", "The law"
    HOUSE = "house", "Our own rule"
    OFFER = "offer", "Our offer"
