"""Kinds of service, and the life of a change of the price list."""

from django.db import models

from terms.lifecycle import Lifecycle


class ServiceKind(models.TextChoices):
    SIP_TRUNK = "sip_trunk", "SIP trunk"
    NBN = "nbn", "NBN internet"
    FIBRE = "fibre", "Fibre internet"
    DATA = "data", "Data link"
    MOBILE = "mobile", "Mobile"
    CLOUD_PBX = "cloud_pbx", "Cloud PBX"
    CLOUD_PBX_RENTAL = "cloud_pbx_rental", "Cloud PBX with rented handsets"
    PHONE_SYSTEM = "phone_system", "Phone system"
    NUMBER_HOSTING = "number_hosting", "Hosted numbers"
    HOSTING = "hosting", "Hosting"
    FIREWALL = "firewall", "Managed firewall"
    COLOCATION = "colocation", "Colocation"
    SUPPORT = "support", "IT support"


# Phones that stand somewhere: the Customer Service Guarantee and calls to 000 are about them.
FIXED_VOICE = (ServiceKind.SIP_TRUNK, ServiceKind.CLOUD_PBX, ServiceKind.CLOUD_PBX_RENTAL)


class ListKind(models.TextChoices):
    NEW = "new", "A new plan"
    PRICE = "price", "Another price"
    END = "end", "Not offered any more"


class ListState(models.TextChoices):
    ASKED = "asked", "Waits for a second person"
    AGREED = "agreed", "Agreed"
    DONE = "done", "In the list"
    REFUSED = "refused", "Refused"
    DROPPED = "dropped", "Dropped"


class ListAct(models.TextChoices):
    AGREE = "agree"
    REFUSE = "refuse"
    DROP = "drop"
    DO = "do"


LIST_CHANGE = Lifecycle(
    {
        (ListState.ASKED, ListAct.AGREE): ListState.AGREED,
        (ListState.ASKED, ListAct.REFUSE): ListState.REFUSED,
        (ListState.ASKED, ListAct.DROP): ListState.DROPPED,
        (ListState.AGREED, ListAct.DROP): ListState.DROPPED,
        (ListState.AGREED, ListAct.DO): ListState.DONE,
    }
)
# What may still come into the list; one of a kind for a day is enough.
LIST_OPEN = (ListState.ASKED, ListState.AGREED)
