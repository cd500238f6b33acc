"""Payments by Stripe's hosted page, or by the simulator that speaks the same calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings

from billing.payments.services.gateway import (
    CURRENCY,
    Forged,
    GatewayDown,
    Opened,
    Order,
    Said,
    Word,
)
from terms.vocabulary import Card

if TYPE_CHECKING:
    from stripe import StripeClient

TOLERANCE = 300  # seconds that a message may be old
# What we block of cards: Stripe's names. Diners and Discover share one, and nobody offers it.
BRANDS = {Card.VISA: "visa", Card.MASTERCARD: "mastercard", Card.AMEX: "american_express"}
NEVER = "discover_global_network"
PAID = "checkout.session.completed"
SAYS = {
    "checkout.session.async_payment_succeeded": Said.PAID,
    "checkout.session.async_payment_failed": Said.FAILED,
    "checkout.session.expired": Said.LAPSED,
    "charge.dispute.funds_withdrawn": Said.TAKEN_BACK,
    "charge.dispute.funds_reinstated": Said.GIVEN_BACK,
}
REFUSED = "The bank did not pay it"
# What reading a message can meet that is not as Stripe writes it.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, OSError)


class StripeGateway:
    """One provider's account at Stripe. The package is loaded when it is first needed."""

    def __init__(self, key: str, secret: str) -> None:
        self._key, self._secret = key, secret

    @classmethod
    def of(cls, provider_key: str) -> StripeGateway | None:
        """The gateway of a provider, where the settings hold its keys."""
        if settings.PAYMENT_SIMULATOR:
            return cls(*simulated_keys(provider_key))
        key = settings.STRIPE_KEYS.get(provider_key)
        secret = settings.STRIPE_WEBHOOK_SECRETS.get(provider_key)
        return cls(key, secret) if key and secret else None

    def open(self, order: Order) -> Opened:
        """Open Stripe's page for an order. Raises GatewayDown."""
        import stripe

        is_debit = Card.DIRECT_DEBIT in order.cards
        asked: Any = {
            "mode": "payment",
            "client_reference_id": order.reference,
            "customer_email": order.email,
            "success_url": order.back,
            "cancel_url": order.cancelled,
            "payment_method_types": ["au_becs_debit" if is_debit else "card"],
            "payment_intent_data": {"metadata": {"reference": order.reference}},
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": CURRENCY.lower(),
                        "unit_amount": int(order.total * 100),
                        "product_data": {"name": order.what},
                    },
                }
            ],
        }
        if not is_debit:
            blocked = [name for card, name in BRANDS.items() if card not in order.cards]
            asked["payment_method_options"] = {
                "card": {"restrictions": {"brands_blocked": [*blocked, NEVER]}}
            }
        try:
            made = self._client().v1.checkout.sessions.create(
                params=asked, options={"idempotency_key": order.reference}
            )
        except stripe.StripeError as failure:
            raise GatewayDown(type(failure).__name__) from failure
        if not made.url:
            raise GatewayDown("the page has no address")
        return Opened(session=made.id, address=made.url)

    def ask(self, session: str, *, at: datetime) -> Word | None:
        """What became of Stripe's page. Raises GatewayDown."""
        import stripe

        try:
            found = self._client().v1.checkout.sessions.retrieve(
                session, params={"expand": ["payment_intent"]}
            )
        except stripe.StripeError as failure:
            raise GatewayDown(type(failure).__name__) from failure
        facts = found.to_dict()
        said = _state_of(facts)
        return None if said is None else _of_session(facts, said, kind="asked", at=at)

    def read(self, body: bytes, signature: str) -> Word:
        """What a webhook says. Raises Forged for one without this provider's fresh signature."""
        import stripe

        try:
            stripe.WebhookSignature.verify_header(body, signature, self._secret, TOLERANCE)
            return _word(json.loads(body))
        except (stripe.SignatureVerificationError, UnicodeDecodeError) as forged:
            raise Forged("The signature does not fit, or is too old.") from forged
        except UNREADABLE as unread:
            raise Forged("It is signed, and can't be read.") from unread

    def _client(self) -> StripeClient:
        import stripe

        return stripe.StripeClient(
            self._key,
            base_addresses={"api": settings.STRIPE_API_BASE},
            max_network_retries=1,
        )


def simulated_keys(provider_key: str) -> tuple[str, str]:
    """The keys that a provider has at the simulator: everybody may know them."""
    return f"sk_simulated_{provider_key}", f"whsec_simulated_{provider_key}"


def _word(event: Mapping[str, Any]) -> Word:
    """An event of Stripe in the portal's words."""
    kind, thing = str(event["type"]), event["data"]["object"]
    at = datetime.fromtimestamp(int(event["created"]), UTC)
    if kind == PAID:
        said = Said.PAID if thing["payment_status"] == "paid" else Said.WAITS
    else:
        said = SAYS.get(kind, Said.OTHER)
    if said is Said.OTHER:
        return Word(said=said, kind=kind, at=at, event=str(event["id"]))
    if kind.startswith("checkout."):
        return _of_session(thing, said, kind=kind, at=at, event=str(event["id"]))
    return Word(
        said=said,
        kind=kind,
        at=at,
        event=str(event["id"]),
        money=str(thing.get("payment_intent") or ""),
        amount=Decimal(int(thing["amount"])) / 100,
        currency=str(thing["currency"]).upper(),
        why=str(thing.get("reason") or "").replace("_", " "),
    )


def _of_session(
    facts: Mapping[str, Any], said: Said, *, kind: str, at: datetime, event: str = ""
) -> Word:
    money = facts.get("payment_intent") or ""
    return Word(
        said=said,
        kind=kind,
        at=at,
        event=event,
        reference=str(facts.get("client_reference_id") or ""),
        session=str(facts["id"]),
        money=str(money if isinstance(money, str) else money["id"]),
        amount=Decimal(int(facts["amount_total"])) / 100,
        currency=str(facts["currency"]).upper(),
        why=REFUSED if said is Said.FAILED else "",
    )


def _state_of(facts: Mapping[str, Any]) -> Said | None:
    """What a page that was asked for says of its payment."""
    if facts["status"] == "expired":
        return Said.LAPSED
    if facts["status"] != "complete":
        return None
    if facts["payment_status"] == "paid":
        return Said.PAID
    money = facts.get("payment_intent")
    refused = isinstance(money, Mapping) and money["status"] in (
        "requires_payment_method",
        "canceled",
    )
    return Said.FAILED if refused else Said.WAITS
