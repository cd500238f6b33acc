"""How an address of a service comes to be on file, and what it is used with."""

from django.db import models

from terms.lifecycle import Lifecycle


class AddressState(models.TextChoices):
    ASKED = "asked", "Told, not confirmed yet"
    CONFIRMED = "confirmed", "Confirmed, to be sent on"
    ON_FILE = "on_file", "On file"
    PAST = "past", "Earlier address"
    DROPPED = "dropped", "Replaced before it was confirmed"


class AddressAct(models.TextChoices):
    CONFIRM = "confirm", "They confirm it"
    KEEP = "keep"
    SEND = "send", "Sent on for the number database"
    REPLACE = "replace"
    DROP = "drop"


ADDRESS = Lifecycle(
    {
        (AddressState.ASKED, AddressAct.CONFIRM): AddressState.CONFIRMED,
        (AddressState.ASKED, AddressAct.KEEP): AddressState.ON_FILE,
        (AddressState.ASKED, AddressAct.DROP): AddressState.DROPPED,
        (AddressState.CONFIRMED, AddressAct.SEND): AddressState.ON_FILE,
        (AddressState.CONFIRMED, AddressAct.REPLACE): AddressState.PAST,
        (AddressState.ON_FILE, AddressAct.REPLACE): AddressState.PAST,
    }
)
# The one that counts: what the customer confirmed last, or the account had.
COUNTS = (AddressState.CONFIRMED, AddressState.ON_FILE)


class Told(models.TextChoices):
    """How a new address came to be asked about."""

    ACCOUNT = "account", "As the account had it"
    CUSTOMER = "customer", "The customer told us"
    DETAILS = "details", "The address of the account changed"
    MOVE = "move", "We moved a service"
    YEARLY = "yearly", "Asked once a year"
    ORDER = "order", "Confirmed with the order"


class Gear(models.TextChoices):
    """What a phone service is used with: from some, calls to 000 are not supported (VP-OTH-03)."""

    UNKNOWN = "", "Not known"
    OURS = "ours", "Phones that you supplied or set up"
    OWN_DEVICE = "own_device", "A device of my own, such as an app or a softphone"
    SWITCHBOARD = "switchboard", "A switchboard"


class ListingState(models.TextChoices):
    TO_WRITE = "to_write", "Has to come in writing"
    ACCEPTED = "accepted", "Taken, to be carried out"
    DONE = "done", "Carried out"
    REFUSED = "refused", "Not carried out"
    WITHDRAWN = "withdrawn", "Taken back"


class ListingAct(models.TextChoices):
    WRITE = "write", "It came in writing"
    DO = "do", "It is carried out"
    REFUSE = "refuse", "Say no"
    WITHDRAW = "withdraw", "Take it back"


LISTING = Lifecycle(
    {
        (ListingState.TO_WRITE, ListingAct.WRITE): ListingState.ACCEPTED,
        (ListingState.TO_WRITE, ListingAct.REFUSE): ListingState.REFUSED,
        (ListingState.TO_WRITE, ListingAct.WITHDRAW): ListingState.WITHDRAWN,
        (ListingState.ACCEPTED, ListingAct.DO): ListingState.DONE,
        (ListingState.ACCEPTED, ListingAct.REFUSE): ListingState.REFUSED,
        (ListingState.ACCEPTED, ListingAct.WITHDRAW): ListingState.WITHDRAWN,
    }
)
OPEN_LISTING = (ListingState.TO_WRITE, ListingState.ACCEPTED)


class Listing(models.TextChoices):
    """What is to become of the listing of a number in public directories."""

    CHANGE = "change", "Change what it says"
    LIST = "list", "List it"
    UNLIST = "unlist", "Take it out: unlisted"
