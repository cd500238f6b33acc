"""Payments by Stripe's hosted page, or by the simulator that speaks the same calls."""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings

from billing.payments.services.gateway import (
    CURRENCY,
    CardOrder,
    Charge,
    Forged,
    GatewayDown,
    KeptCard,
    Opened,
    Order,
    PaidOut,
    PaidPart,
    Return,
    Said,
    Word,
)
from terms.vocabulary import Card

if TYPE_CHECKING:
    from stripe import CardError, StripeClient

TOLERANCE = 300  # seconds that a message may be old
# What we block of cards: Stripe's names. Diners and Discover share one, and nobody offers it.
BRANDS = {Card.VISA: "visa", Card.MASTERCARD: "mastercard", Card.AMEX: "american_express"}
NEVER = "discover_global_network"
PAID = "checkout.session.completed"
SAYS = {
    "checkout.session.async_payment_succeeded": Said.PAID,
    "checkout.session.async_payment_failed": Said.FAILED,
    "checkout.session.expired": Said.LAPSED,
    "payment_intent.succeeded": Said.PAID,
    "payment_intent.payment_failed": Said.FAILED,
    "charge.dispute.funds_withdrawn": Said.TAKEN_BACK,
    "charge.dispute.funds_reinstated": Said.GIVEN_BACK,
}
REFUSED = "The bank did not pay it"
# What of a charge says that nobody sat before a page; others have a page that tells of them.
BY_ITSELF = "automatic"
# Why a card did not pay, in words; of these another try would fail, too.
LASTING = {
    "expired_card": "the card has run out",
    "lost_card": "the card was reported lost",
    "stolen_card": "the card was reported stolen",
    "pickup_card": "the bank wants the card back",
    "invalid_account": "the account behind the card is closed",
    "authentication_required": "the bank wants you to confirm each payment yourself",
    "stop_payment_order": "you told your bank to stop it",
    "revocation_of_authorization": "you told your bank to stop it",
    "revocation_of_all_authorizations": "you told your bank to stop it",
}
PASSING = {"insufficient_funds": "there was not enough money"}
# Why money did not go back, in words.
NOT_GIVEN = {
    "balance_insufficient": "there is too little at the gateway to give back from",
    "charge_already_refunded": "it was given back at the gateway already",
    "charge_disputed": "the bank takes the payment back by itself",
    "charge_for_pending_refund_disputed": "the bank takes the payment back by itself",
    "expired_or_canceled_card": "the card has run out or was cancelled",
    "lost_or_stolen_card": "the card was reported lost or stolen",
    "declined": "the bank did not take it",
    "insufficient_funds": "there is too little at the gateway to give back from",
}
# How many charges of a payer, or refunds of a payment, are looked through, the newest first.
LOOKED_THROUGH = 100
# What the gateway takes for itself, beside what it takes of each payment.
FEES = ("stripe_fee", "tax_fee", "network_cost")
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

    def open_for_card(self, order: CardOrder) -> Opened:
        """Open Stripe's page that asks for a card to keep. Raises GatewayDown."""
        import stripe

        blocked = [name for card, name in BRANDS.items() if card not in order.cards]
        asked: Any = {
            "mode": "setup",
            "client_reference_id": order.reference,
            "customer_creation": "always",
            "customer_email": order.email,
            "success_url": order.back,
            "cancel_url": order.cancelled,
            "payment_method_types": ["card"],
            "payment_method_options": {
                "card": {"restrictions": {"brands_blocked": [*blocked, NEVER]}}
            },
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

    def kept(self, session: str) -> KeptCard | Said | None:
        """The card that was given on Stripe's page. Raises GatewayDown."""
        import stripe

        try:
            found = self._client().v1.checkout.sessions.retrieve(
                session, params={"expand": ["setup_intent.payment_method"]}
            )
        except stripe.StripeError as failure:
            raise GatewayDown(type(failure).__name__) from failure
        facts = found.to_dict()
        if facts["status"] == "expired":
            return Said.LAPSED
        return _kept_card(facts) if facts["status"] == "complete" else None

    def charge(self, charge: Charge, *, at: datetime) -> Word:
        """Charge a kept card. Raises GatewayDown where the answer is not known."""
        import stripe

        asked: Any = {
            "amount": int(charge.total * 100),
            "currency": CURRENCY.lower(),
            "customer": charge.payer,
            "payment_method": charge.token,
            "payment_method_types": ["card"],
            "off_session": True,
            "confirm": True,
            "description": charge.what,
            "metadata": {"reference": charge.reference, BY_ITSELF: "1"},
        }
        try:
            made = self._client().v1.payment_intents.create(
                params=asked, options={"idempotency_key": charge.reference}
            )
        except stripe.CardError as refused:
            return _of_refusal(refused, charge.reference, at)
        except stripe.StripeError as failure:
            raise GatewayDown(type(failure).__name__) from failure
        return _of_intent(made.to_dict(), kind="charged", at=at)

    def charged(self, payer: str, reference: str, *, at: datetime) -> Word | None:
        """Look for a charge among the payer's newest. Raises GatewayDown."""
        import stripe

        try:
            found = self._client().v1.payment_intents.list(
                params={"customer": payer, "limit": LOOKED_THROUGH}
            )
        except stripe.StripeError as failure:
            raise GatewayDown(type(failure).__name__) from failure
        for one in found.data:
            facts = one.to_dict()
            if facts["metadata"].get("reference") == reference:
                return _of_intent(facts, kind="asked", at=at)
        return None

    def forget(self, token: str) -> None:
        """Detach a kept card. Raises GatewayDown."""
        import stripe

        try:
            self._client().v1.payment_methods.detach(token)
        except stripe.InvalidRequestError:
            # It is attached to nobody any more: that is what was asked for.
            return
        except stripe.StripeError as failure:
            raise GatewayDown(type(failure).__name__) from failure

    def give_back(self, wanted: Return, *, at: datetime) -> Word:
        """Refund a payment, or a part of it. Raises GatewayDown where the answer is not known."""
        import stripe

        asked: Any = {
            "payment_intent": wanted.money,
            "amount": int(wanted.amount * 100),
            "metadata": {"reference": wanted.reference},
        }
        try:
            made = self._client().v1.refunds.create(
                params=asked, options={"idempotency_key": wanted.reference}
            )
        except stripe.InvalidRequestError as refused:
            return Word(
                said=Said.FAILED,
                kind="refund asked",
                at=at,
                reference=wanted.reference,
                why=NOT_GIVEN.get(str(refused.code or ""), "the gateway did not take it"),
                about_refund=True,
            )
        except stripe.StripeError as failure:
            raise GatewayDown(type(failure).__name__) from failure
        return _of_refund(made.to_dict(), kind="refund asked", at=at)

    def given_back(self, wanted: Return, *, at: datetime) -> Word | None:
        """Look for a refund among those of its payment. Raises GatewayDown."""
        import stripe

        try:
            found = self._client().v1.refunds.list(
                params={"payment_intent": wanted.money, "limit": LOOKED_THROUGH}
            )
        except stripe.StripeError as failure:
            raise GatewayDown(type(failure).__name__) from failure
        for one in found.data:
            facts = one.to_dict()
            if (facts.get("metadata") or {}).get("reference") == wanted.reference:
                return _of_refund(facts, kind="refund looked up", at=at)
        return None

    def paid_out(self, since: date, *, known: frozenset[str]) -> list[PaidOut]:
        """Stripe's payouts that have arrived since a day, with what each is of.

        Raises GatewayDown.
        """
        import stripe

        asked: Any = {
            "arrival_date": {"gte": int(datetime(*since.timetuple()[:3], tzinfo=UTC).timestamp())},
            "status": "paid",
            "limit": LOOKED_THROUGH,
        }
        api = self._client().v1
        try:
            found = [one.to_dict() for one in api.payouts.list(params=asked).auto_paging_iter()]
            return [
                _of_payout(
                    facts,
                    [
                        one.to_dict()
                        for one in api.balance_transactions.list(
                            params={
                                "payout": facts["id"],
                                "limit": LOOKED_THROUGH,
                                "expand": ["data.source"],
                            }
                        ).auto_paging_iter()
                    ],
                )
                for facts in found
                if facts["id"] not in known and str(facts["currency"]).upper() == CURRENCY
            ]
        except stripe.StripeError as failure:
            raise GatewayDown(type(failure).__name__) from failure
        except UNREADABLE as unread:
            raise GatewayDown("a payout can't be read") from unread

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
    if kind.startswith("checkout.") and thing.get("mode") == "setup":
        return _of_card(thing, kind=kind, at=at, event=str(event["id"]))
    if kind.startswith("payment_intent.") and not thing["metadata"].get(BY_ITSELF):
        # The page on which it is paid tells of it.
        return Word(said=Said.OTHER, kind=kind, at=at, event=str(event["id"]))
    if kind == PAID:
        said = Said.PAID if thing["payment_status"] == "paid" else Said.WAITS
    else:
        said = SAYS.get(kind, Said.OTHER)
    if kind.startswith("refund."):
        return _of_refund(thing, kind=kind, at=at, event=str(event["id"]))
    if said is Said.OTHER:
        return Word(said=said, kind=kind, at=at, event=str(event["id"]))
    if kind.startswith("checkout."):
        return _of_session(thing, said, kind=kind, at=at, event=str(event["id"]))
    if kind.startswith("payment_intent."):
        return _of_intent(thing, kind=kind, at=at, event=str(event["id"]))
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


def _of_card(facts: Mapping[str, Any], *, kind: str, at: datetime, event: str) -> Word:
    """What is said of a page that asks for a card."""
    said = {PAID: Said.KEPT, "checkout.session.expired": Said.LAPSED}.get(kind, Said.OTHER)
    return Word(
        said=said,
        kind=kind,
        at=at,
        event=event,
        reference=str(facts.get("client_reference_id") or ""),
        session=str(facts["id"]),
        about_card=True,
    )


def _kept_card(facts: Mapping[str, Any]) -> KeptCard:
    """The card of a page that is done. Raises GatewayDown where it names none."""
    try:
        kept = facts["setup_intent"]["payment_method"]
        card = kept["card"]
        year, month = int(card["exp_year"]), int(card["exp_month"])
        ours = {name: one for one, name in BRANDS.items()} | {"amex": Card.AMEX}
        return KeptCard(
            token=str(kept["id"]),
            payer=str(facts["customer"]),
            card=ours.get(card["brand"]),
            number_end=str(card["last4"])[-4:],
            valid_to=date(year, month, monthrange(year, month)[1]),
        )
    except UNREADABLE as unread:
        raise GatewayDown("the page names no card") from unread


def _of_intent(facts: Mapping[str, Any], *, kind: str, at: datetime, event: str = "") -> Word:
    """What a charge by itself has become; while the bank thinks it waits."""
    states = {"succeeded": Said.PAID, "processing": Said.WAITS}
    said = states.get(str(facts["status"]), Said.FAILED)
    failure = facts.get("last_payment_error") or {}
    code = str(failure.get("decline_code") or failure.get("code") or "")
    return Word(
        said=said,
        kind=kind,
        at=at,
        event=event,
        reference=str(facts["metadata"].get("reference") or ""),
        money=str(facts["id"]),
        amount=Decimal(int(facts["amount"])) / 100,
        currency=str(facts["currency"]).upper(),
        why=_why(code) if said is Said.FAILED else "",
        lasts=code in LASTING,
    )


def _of_refund(facts: Mapping[str, Any], *, kind: str, at: datetime, event: str = "") -> Word:
    """What has become of money that goes back; until it arrived or failed it waits."""
    states = {"succeeded": Said.PAID, "failed": Said.FAILED, "canceled": Said.FAILED}
    said = states.get(str(facts["status"]), Said.WAITS)
    code = str(facts.get("failure_reason") or "")
    return Word(
        said=said,
        kind=kind,
        at=at,
        event=event,
        reference=str((facts.get("metadata") or {}).get("reference") or ""),
        session=str(facts.get("payment_intent") or ""),
        money=str(facts["id"]),
        amount=Decimal(int(facts["amount"])) / 100,
        currency=str(facts["currency"]).upper(),
        why=NOT_GIVEN.get(code, "the bank did not take it") if said is Said.FAILED else "",
        about_refund=True,
    )


def _of_payout(facts: Mapping[str, Any], rows: list[dict[str, Any]]) -> PaidOut:
    """A payout with what it is of; its own row among them is no part."""
    parts = []
    for row in rows:
        if row["type"] == "payout":
            continue
        amount, fee = Decimal(int(row["amount"])) / 100, Decimal(int(row["fee"])) / 100
        source = row.get("source") if isinstance(row.get("source"), Mapping) else {}
        if str(row["type"]) in FEES:
            amount, fee = Decimal(0), fee - amount
        is_refund = source.get("object") == "refund"
        name = source.get("id") if is_refund else source.get("payment_intent")
        parts.append(PaidPart(money=str(name or ""), gross=amount, fee=fee))
    return PaidOut(
        name=str(facts["id"]),
        day=datetime.fromtimestamp(int(facts["arrival_date"]), UTC).date(),
        amount=Decimal(int(facts["amount"])) / 100,
        parts=tuple(parts),
    )


def _of_refusal(refused: CardError, reference: str, at: datetime) -> Word:
    """A charge that the card's bank refused at once."""
    told = refused.error.to_dict() if refused.error else {}
    code = str(told.get("decline_code") or told.get("code") or "")
    return Word(
        said=Said.FAILED,
        kind="charged",
        at=at,
        reference=reference,
        money=str((told.get("payment_intent") or {}).get("id") or ""),
        why=_why(code),
        lasts=code in LASTING,
    )


def _why(code: str) -> str:
    return LASTING.get(code) or PASSING.get(code) or "the bank did not pay it"


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
