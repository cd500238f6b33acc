"""Two messages, two clicks, a message and the desk at the same moment, where both really run."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection

from billing.payments.models import GatewayEvent, OnlinePayment, Payment
from billing.payments.services import ask_about_payments, gateway_of, hear
from portal.dev import simulator
from tests.billing.moneys import Story, agrees
from tests.billing.paying import one_bill, start
from tests.gateway import press
from tests.parties.security.test_attacks_at_once import at_once, kinds

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="only there do two connections see the rows"
    ),
]


@pytest.fixture
def one(gateway, time_machine) -> Story:
    found = one_bill()
    time_machine.move_to(found.at("2027-01-10"), tick=False)
    return found


def heard(one: Story, message: simulator.Message) -> str:
    gateway = gateway_of("vpnet")
    assert gateway is not None
    word = gateway.read(message.body, message.signature)
    return hear(provider=one.world.provider, word=word, at=one.at("2027-01-10"))


def twin(message: simulator.Message, one: Story) -> simulator.Message:
    """The same thing, said under another id."""
    event = json.loads(message.body) | {"id": "evt_twin"}
    return simulator.sign("vpnet", event, one.at("2027-01-10"))


def test_same_message_twice_books_once(one):
    (message,) = press(start(one), "pay", one.at("2027-01-10"))

    found = at_once([partial(heard, one, message)] * 3)

    assert sorted(found) == ["done: it is received", "heard already", "heard already"]
    assert Payment.objects.count() == GatewayEvent.objects.count() == 1
    assert agrees()


def test_same_thing_under_two_ids_books_once(one):
    (message,) = press(start(one), "pay", one.at("2027-01-10"))

    found = at_once([partial(heard, one, message), partial(heard, one, twin(message, one))])

    assert sorted(found) == ["done: it is received", "nothing new: it is received"]
    assert Payment.objects.count() == 1
    assert (one.owing, one.credit) == ("0.00", "0.00")
    assert agrees()


def test_message_while_the_gateway_is_asked_books_once(one):
    (message,) = press(start(one), "pay", one.at("2027-01-10"))

    at_once(
        [
            partial(heard, one, message),
            partial(ask_about_payments, at=one.at("2027-01-10", "10:30")),
        ]
    )

    assert Payment.objects.count() == 1
    assert one.owing == "0.00"
    assert agrees()


def test_paid_and_taken_back_at_the_same_moment_end_alike(one):
    online, at = start(one, card="direct_debit"), one.at("2027-01-10")
    press(online, "pay", at)
    (paid,) = press(online, "bank_pays", at)
    (taken,) = press(online, "take_back", at)

    at_once([partial(heard, one, paid), partial(heard, one, taken)])
    # What came too early while the other was not written yet is found by the sweep.
    ask_about_payments(at=one.at("2027-01-10", "10:30"))

    online.refresh_from_db()
    assert online.state == "taken_back"
    assert (one.owing, one.credit) == ("66.00", "0.00")
    assert agrees()


def test_message_and_the_desk_lose_no_money(one):
    (message,) = press(start(one), "pay", one.at("2027-01-10"))

    at_once([partial(heard, one, message), lambda: one.pay("2027-01-10", "66.00")])

    assert (one.owing, one.credit) == ("0.00", "66.00")
    assert agrees()


def test_double_click_is_one_payment_on_one_page(one):
    key = uuid4()

    found = at_once([partial(start, one, key=key)] * 3)

    assert set(kinds(found)) == {OnlinePayment}
    assert len({row.address for row in found}) == 1
    assert OnlinePayment.objects.get().amount == Decimal("66.00")
    assert len(simulator.payments()) == 1
