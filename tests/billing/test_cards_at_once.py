"""Two sweeps, a webhook, a stop and a payment at the same moment as a card is drawn, for real."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import connection

from billing.payments.models import (
    CardRequest,
    Draw,
    GatewayEvent,
    Mandate,
    OnlinePayment,
    Payment,
)
from billing.payments.services import charge_cards, end_mandate, gateway_of, hear
from billing.payments.services.cards import settle_card
from portal.adapters.gateway import StripeGateway
from portal.dev import simulator
from tests.billing.cards import agree_to_card, charged, sign
from tests.billing.debits import agree_to_debit, draws
from tests.billing.moneys import Story, agrees
from tests.billing.paying import one_bill
from tests.billing.test_card_payments import DUE, REAL, _unheard, taken
from tests.parties.security.test_attacks_at_once import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="only there do two connections see the rows"
    ),
]


@pytest.fixture
def one(gateway) -> Story:
    return one_bill()


def test_three_sweeps_take_the_money_once(one):
    agree_to_card(one, "2027-01-05")

    at_once([partial(charge_cards, at=one.at(DUE))] * 3)

    assert taken() == [(6600, "succeeded")]
    assert (Payment.objects.count(), OnlinePayment.objects.count()) == (1, 1)
    assert draws(one) == [(DUE, "66.00", "paid")]
    assert one.owing == "0.00"
    assert agrees()


def test_the_sweep_after_a_death_and_the_webhook_book_once(one, monkeypatch):
    agree_to_card(one, "2027-01-05")
    monkeypatch.setattr(StripeGateway, "charge", _unheard)
    charged(one, DUE)
    monkeypatch.setattr(StripeGateway, "charge", REAL)
    gateway = gateway_of("vpnet")
    word = gateway.charged(
        Mandate.objects.get().payer,
        str(OnlinePayment.objects.get().public_id),
        at=one.at(DUE),
    )

    at_once(
        [
            partial(charge_cards, at=one.at(DUE, "10:30")),
            partial(hear, provider=one.world.provider, word=word, at=one.at(DUE, "10:30")),
            partial(charge_cards, at=one.at(DUE, "10:30")),
        ]
    )

    assert taken() == [(6600, "succeeded")]
    assert Payment.objects.count() == 1
    assert one.owing == "0.00"
    assert not GatewayEvent.objects.exclude(problem="").exists()
    assert agrees()


def test_a_stop_at_the_same_moment_leaves_no_money_unbooked(one):
    mandate = agree_to_card(one, "2027-01-05")

    at_once(
        [
            partial(charge_cards, at=one.at(DUE)),
            partial(end_mandate, mandate=mandate, by=one.world.holder, at=one.at(DUE)),
        ]
    )
    charge_cards(at=one.at(DUE, "12:00"))

    (row,) = Draw.objects.all()
    if row.state == "paid":
        assert taken() == [(6600, "succeeded")]
        assert one.owing == "0.00"
    else:
        assert row.state == "dropped"
        assert taken() == []
        assert one.owing == "66.00"
    assert agrees()


def test_a_card_told_of_three_times_at_once_is_one_mandate(one):
    request = sign(one, "2027-01-05")
    simulator.act(simulator.find(request.session), "visa", one.at("2027-01-05"))

    at_once([partial(settle_card, request, one.at("2027-01-05"))] * 3)

    assert Mandate.objects.count() == 1
    assert CardRequest.objects.get().state == "kept"
    assert draws(one) == [(DUE, "66.00", "planned")]


def test_a_card_and_a_bank_account_at_once_leave_one_in_force(one):
    request = sign(one, "2027-01-05")
    simulator.act(simulator.find(request.session), "visa", one.at("2027-01-05"))

    at_once(
        [
            partial(settle_card, request, one.at("2027-01-05")),
            partial(agree_to_debit, one, "2027-01-05"),
        ]
    )

    assert Mandate.objects.exclude(state="ended").count() == 1
    assert Draw.objects.filter(state="planned").count() == 1
