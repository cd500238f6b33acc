"""The gateway that takes money for the portal: what is asked of it, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from terms.vocabulary import Card

CURRENCY = "AUD"
# What the gateway takes at once, in dollars.
LEAST, MOST = Decimal("0.50"), Decimal("999999.99")


class GatewayDown(Exception):
    """The gateway could not be reached or gave no answer that counts; a later try may succeed."""


class Forged(Exception):
    """What came is not from the gateway, or is too old to be believed."""


class Said(StrEnum):
    """What a gateway can say of a payment."""

    WAITS = "waits"
    PAID = "paid"
    FAILED = "failed"
    LAPSED = "lapsed"
    TAKEN_BACK = "taken_back"
    GIVEN_BACK = "given_back"
    KEPT = "kept"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What somebody is to pay, in dollars; `reference` makes a second try the same order."""

    reference: str
    total: Decimal
    what: str
    cards: tuple[Card, ...]
    email: str
    back: str
    cancelled: str


@dataclass(frozen=True, kw_only=True)
class Opened:
    """The page on which the payer pays, and what the gateway calls it."""

    session: str
    address: str


@dataclass(frozen=True, kw_only=True)
class CardOrder:
    """A card that the gateway is to ask for and keep; `reference` makes a second try the same."""

    reference: str
    cards: tuple[Card, ...]
    email: str
    back: str
    cancelled: str


@dataclass(frozen=True, kw_only=True)
class KeptCard:
    """A card that the gateway keeps: its names for the card and for who pays, and how it ends.

    `card` is None for one that we don't know by name; `valid_to` is its last day.
    """

    token: str
    payer: str
    card: Card | None
    number_end: str
    valid_to: date


@dataclass(frozen=True, kw_only=True)
class Charge:
    """What is to be taken from a kept card, in dollars, while nobody sits before a page."""

    reference: str
    total: Decimal
    what: str
    token: str
    payer: str


@dataclass(frozen=True, kw_only=True)
class Return:
    """What of a payment is to go back to whoever paid it, in dollars.

    `money` is the gateway's name of the payment, `reference` our own of the refund.
    """

    reference: str
    amount: Decimal
    money: str


@dataclass(frozen=True, kw_only=True)
class PaidPart:
    """One thing in a payout: the gateway's name of the payment or refund, dollars, its fee.

    `gross` is below zero for what went back, nil for a fee alone.
    """

    money: str
    gross: Decimal
    fee: Decimal


@dataclass(frozen=True, kw_only=True)
class PaidOut:
    """What the gateway paid to our bank in one sum, in dollars, less its fees."""

    name: str
    day: date
    amount: Decimal
    parts: tuple[PaidPart, ...]


@dataclass(frozen=True, kw_only=True)
class Word:
    """What the gateway says of one payment, of a card that it was asked to keep, or of a refund.

    `reference` is ours, `session` and `money` are the gateway's names; any may be empty. `amount`
    in units of `currency`, where it names one. `event` is empty in an answer to a question.
    `lasts` says of what failed that another try would fail, too.
    """

    said: Said
    kind: str
    at: datetime
    event: str = ""
    reference: str = ""
    session: str = ""
    money: str = ""
    amount: Decimal | None = None
    currency: str = ""
    why: str = ""
    about_card: bool = False
    about_refund: bool = False
    lasts: bool = False


class Gateway(Protocol):
    """Takes payments for one provider."""

    def open(self, order: Order) -> Opened:
        """Open a page for an order; the same reference again gives the same page.

        Raises GatewayDown.
        """

    def ask(self, session: str, *, at: datetime) -> Word | None:
        """What became of a page; None while its payer has done nothing. Raises GatewayDown."""

    def open_for_card(self, order: CardOrder) -> Opened:
        """Open a page on which the payer gives a card to keep. Raises GatewayDown."""

    def kept(self, session: str) -> KeptCard | Said | None:
        """The card of a page; LAPSED where nobody gave one in time, None while it is open.

        Raises GatewayDown.
        """

    def charge(self, charge: Charge, *, at: datetime) -> Word:
        """Take money from a kept card; the same reference again takes nothing more.

        Raises GatewayDown: then nobody knows whether it was taken, and `charged` says so later.
        """

    def charged(self, payer: str, reference: str, *, at: datetime) -> Word | None:
        """What became of a charge by our reference; None where there was none.

        Raises GatewayDown.
        """

    def forget(self, token: str) -> None:
        """Keep a card no longer; one that is forgotten already is fine. Raises GatewayDown."""

    def give_back(self, wanted: Return, *, at: datetime) -> Word:
        """Give money of a payment back; the same reference again gives nothing more.

        Raises GatewayDown: then nobody knows whether it was given, and `given_back` says so later.
        """

    def given_back(self, wanted: Return, *, at: datetime) -> Word | None:
        """What became of money that was to go back, by our reference; None where there is none.

        Raises GatewayDown.
        """

    def paid_out(self, since: date, *, known: frozenset[str]) -> list[PaidOut]:
        """What was paid to our bank since a day, without those of `known` names.

        Raises GatewayDown.
        """

    def read(self, body: bytes, signature: str) -> Word:
        """What a message says, once it is proved to be from the gateway. Raises Forged."""


def gateway_of(provider_key: str) -> Gateway | None:
    """The gateway of a provider; None where it has none."""
    if not settings.PAYMENT_GATEWAY:
        return None
    found = import_string(settings.PAYMENT_GATEWAY).of(provider_key)
    return cast("Gateway | None", found)
