"""Stripe's own package against the simulator: what is asked for, and what a refusal becomes."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client

from billing.payments.services.gateway import GatewayDown, Order, gateway_of
from portal.adapters.gateway import StripeGateway, simulated_keys
from portal.dev import simulator
from terms.vocabulary import Card
from tests.world import instant

AT = instant("2027-01-10 10:00")


def order(*cards: Card, **facts) -> Order:
    given = {
        "reference": str(uuid4()),
        "total": Decimal("1234.56"),
        "what": "VPnet, account T1",
        "cards": cards or (Card.VISA,),
        "email": "mia@people.example",
        "back": "http://localhost:8000/pay/1/?done=1",
        "cancelled": "http://localhost:8000/pay/1/",
    }
    return Order(**(given | facts))


def test_cents_currency_and_our_reference_arrive(gateway):
    wanted = order()

    opened = gateway_of("vpnet").open(wanted)

    row = simulator.find(opened.session)
    assert (row["amount_total"], row["currency"]) == (123456, "aud")
    assert row["client_reference_id"] == wanted.reference
    assert (row["provider"], row["method"]) == ("vpnet", "card")
    assert opened.address == row["url"]


@pytest.mark.parametrize(
    ("cards", "blocked"),
    [
        ((Card.VISA,), ["mastercard", "american_express", "discover_global_network"]),
        ((Card.VISA, Card.MASTERCARD), ["american_express", "discover_global_network"]),
        ((Card.AMEX,), ["visa", "mastercard", "discover_global_network"]),
        ((Card.DIRECT_DEBIT,), []),
    ],
)
def test_cards_that_were_not_chosen_are_blocked(gateway, cards, blocked):
    """A surcharge is agreed to card by card: another card is not taken for it."""
    opened = gateway_of("vpnet").open(order(*cards))

    assert simulator.find(opened.session)["blocked"] == blocked


def test_same_order_again_is_the_same_page(gateway):
    wanted = order()

    assert gateway_of("vpnet").open(wanted) == gateway_of("vpnet").open(wanted)


def test_wrong_key_opens_nothing(gateway):
    stranger = StripeGateway("sk_live_of_somebody", "whsec_x")

    with pytest.raises(GatewayDown, match="AuthenticationError"):
        stranger.open(order())

    assert simulator.payments() == []


def test_page_of_another_provider_is_not_seen(gateway):
    opened = gateway_of("vpnet").open(order())

    with pytest.raises(GatewayDown):
        gateway_of("callpro").ask(opened.session, at=AT)


def test_page_that_waits_says_nothing(gateway):
    opened = gateway_of("vpnet").open(order())

    assert gateway_of("vpnet").ask(opened.session, at=AT) is None


def test_provider_without_keys_has_no_gateway(settings):
    settings.PAYMENT_SIMULATOR = False
    settings.STRIPE_KEYS = {"vpnet": "sk_live_1"}
    settings.STRIPE_WEBHOOK_SECRETS = {"vpnet": "whsec_1"}

    assert gateway_of("vpnet") is not None
    assert gateway_of("callpro") is None


def test_each_provider_has_other_keys_at_the_simulator():
    assert len({simulated_keys(key) for key in ("vpnet", "callpro")}) == 2


@pytest.mark.parametrize(
    "address",
    [
        "/dev/gateway/",
        "/dev/gateway/pay/cs_test_1/",
        "/dev/gateway/v1/checkout/sessions/cs_test_1",
    ],
)
def test_simulator_that_is_off_is_not_there(settings, address):
    settings.PAYMENT_SIMULATOR = False

    assert Client().get(address).status_code == 404
    assert Client().post("/dev/gateway/v1/checkout/sessions").status_code == 404


def test_session_that_no_name_can_be_opens_no_file():
    assert simulator.find("../../etc/passwd") is None
    assert simulator.find("") is None


def test_package_is_loaded_only_when_somebody_pays():
    """The web process starts without it: `stripe` takes half a second."""
    code = "import django; django.setup(); import portal.urls, sys; print('stripe' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "False"
