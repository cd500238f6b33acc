"""What stands at a service, how the customer came by it, and where it is."""

from django.db import models

from terms.lifecycle import Lifecycle


class Item(models.TextChoices):
    """What it is; the words are the terms' own where these price it."""

    YEALINK_T53 = "yealink_t53", "Yealink T53 handset"
    YEALINK_T54 = "yealink_t54", "Yealink T54 handset"
    YEALINK_T57 = "yealink_t57", "Yealink T57 handset"
    YEALINK_W76P = "yealink_w76p", "Yealink W76P cordless handset"
    NTU_CARRIER = "ntu_carrier", "Carrier's network box"
    NTU_MANAGED_BUILDING = "ntu_managed_building", "Building's network box"
    MODEM = "modem", "Modem"
    PHONE_SYSTEM = "phone_system", "Phone system"
    OTHER = "other", "Other equipment"


HANDSETS = frozenset({Item.YEALINK_T53, Item.YEALINK_T54, Item.YEALINK_T57, Item.YEALINK_W76P})
NETWORK_BOXES = frozenset({Item.NTU_CARRIER, Item.NTU_MANAGED_BUILDING})


class Basis(models.TextChoices):
    """How the customer came by it."""

    RENTAL = "rental", "Rented"
    BUNDLED = "bundled", "Part of the plan"
    PURCHASE = "purchase", "Bought"


class Broke(models.TextChoices):
    """Why a handset does not work; the words are the terms' own."""

    FAULT = "fault", "A fault"
    NEGLIGENCE = "negligence", "Broken by carelessness"
    INTENTIONAL = "intentional", "Broken on purpose"


class Place(models.TextChoices):
    """Where it is."""

    THERE = "there", "With the customer"
    DUE = "due", "To come back"
    BACK = "back", "Back, sound"
    DAMAGED = "damaged", "Back, damaged"
    MISSING = "missing", "Lost or not back"
    KEPT = "kept", "The customer's own"


class GearAct(models.TextChoices):
    ASK_BACK = "ask_back"
    LEAVE = "leave"
    TAKE_BACK = "take_back"
    TAKE_BACK_DAMAGED = "take_back_damaged"
    MISS = "miss"


GEAR = Lifecycle(
    {
        (Place.THERE, GearAct.ASK_BACK): Place.DUE,
        (Place.THERE, GearAct.LEAVE): Place.KEPT,
        (Place.THERE, GearAct.TAKE_BACK): Place.BACK,
        (Place.THERE, GearAct.TAKE_BACK_DAMAGED): Place.DAMAGED,
        (Place.THERE, GearAct.MISS): Place.MISSING,
        (Place.DUE, GearAct.TAKE_BACK): Place.BACK,
        (Place.DUE, GearAct.TAKE_BACK_DAMAGED): Place.DAMAGED,
        (Place.DUE, GearAct.MISS): Place.MISSING,
        (Place.MISSING, GearAct.TAKE_BACK): Place.BACK,
        (Place.MISSING, GearAct.TAKE_BACK_DAMAGED): Place.DAMAGED,
    }
)
