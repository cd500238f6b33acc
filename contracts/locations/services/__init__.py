"""Where services are used, and what directories say of their numbers: the steps."""

from .addresses import (
    RELIES,
    LocationRefused,
    Wish,
    ask_after_move,
    ask_yearly,
    change_contact,
    confirm_address,
    confirm_same,
    send_on,
    settle_moved,
    tell_address,
)
from .listings import (
    ListingRefused,
    ListingWish,
    ask_listing,
    do_listing,
    end_listing,
    write_listing,
)
from .ordered import file_ordered

__all__ = [
    "RELIES",
    "ListingRefused",
    "ListingWish",
    "LocationRefused",
    "Wish",
    "ask_after_move",
    "ask_listing",
    "ask_yearly",
    "change_contact",
    "confirm_address",
    "confirm_same",
    "do_listing",
    "end_listing",
    "file_ordered",
    "send_on",
    "settle_moved",
    "tell_address",
    "write_listing",
]
