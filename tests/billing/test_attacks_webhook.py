"""What the gateway says that is repeated, out of order, forged, or does not fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from billing.payments.models import GatewayEvent, OnlinePayment, Payment
from billing.payments.services import hear
from billing.payments.services.gateway import Said, Word
from portal.dev import simulator
from tests.billing.moneys import Story, agrees, day
from tests.billing.paying import one_bill, say, start
from tests.gateway import post, press
from tests.world import make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def one() -> Story:
    return one_bill()


# --- messages that repeat, come late, or are not true


def test_message_that_repeats_is_heard_once(one, gateway):
    online = start(one)
    at = one.at("2027-01-10")
    (message,) = press(online, "pay", at)

    with time_machine.travel(at, tick=False):
        answers = [post(message).content.decode().strip() for _ in range(3)]

    assert answers == ["done: it is received", "heard already", "heard already"]
    assert Payment.objects.count() == 1


def test_same_thing_said_under_another_name_books_nothing_twice(one, gateway):
    """Stripe may make two events of one thing; and an old one may come after it was undone."""
    online = start(one)
    at = one.at("2027-01-10")
    (message,) = press(online, "pay", at)
    twin = json.loads(message.body) | {"id": "evt_twin"}
    with time_machine.travel(at, tick=False):
        post(message)
        assert b"nothing new" in post(simulator.sign("vpnet", twin, at)).content
    say(one, online, "take_back", "2027-01-12")

    late = simulator.sign("vpnet", twin | {"id": "evt_third"}, one.at("2027-01-12"))
    with time_machine.travel(one.at("2027-01-12"), tick=False):
        assert b"nothing new" in post(late).content

    assert Payment.objects.count() == 1
    assert one.owing == "66.00"
    assert agrees()


def test_messages_out_of_order_end_alike(one, gateway):
    online = start(one, card="direct_debit")
    at = one.at("2027-01-10")
    (waits,) = press(online, "pay", at)
    (paid,) = press(online, "bank_pays", at)
    (taken,) = press(online, "take_back", at)

    with time_machine.travel(at, tick=False):
        answers = [post(each).content.decode().strip() for each in (taken, paid, waits)]

    assert answers[0].startswith("kept for staff")
    assert answers[1:] == [
        "done: it is received",
        "nothing new: it is taken back by the bank",
    ]
    online.refresh_from_db()
    assert online.state == "taken_back"
    assert not GatewayEvent.objects.exclude(problem="").filter(solved_at=None).exists()
    assert (one.owing, one.credit) == ("66.00", "0.00")
    assert agrees()


def test_money_that_the_bank_gave_back_pays_again(one, gateway):
    online = start(one)
    say(one, online, "pay", "2027-01-10")
    say(one, online, "take_back", "2027-01-12")
    online.refresh_from_db()

    outcome = hear(
        provider=one.world.provider,
        word=Word(
            said=Said.GIVEN_BACK,
            kind="charge.dispute.funds_reinstated",
            at=one.at("2027-01-20"),
            event="evt_back",
            money=online.money,
            amount=Decimal("66.00"),
            currency="AUD",
        ),
        at=one.at("2027-01-20"),
    )

    assert outcome == "done: it is received"
    assert one.owing == "0.00"
    assert Payment.objects.filter(reversed_on=None).get().received_on == day("2027-01-20")
    assert agrees()


@pytest.fixture
def message(one, gateway) -> Iterator[simulator.Message]:
    """A true message, its payment, and its moment."""
    online = start(one)
    at = one.at("2027-01-10")
    (found,) = press(online, "pay", at)
    with time_machine.travel(at, tick=False):
        yield found


def unsigned(message: simulator.Message) -> dict[str, Any]:
    return {"signature": ""}


def other_body(message: simulator.Message) -> dict[str, Any]:
    return {"body": message.body.replace(b"6600", b"9900")}


def other_secret(message: simulator.Message) -> dict[str, Any]:
    return {"signature": signed("callpro", message, timedelta())}


def old(message: simulator.Message) -> dict[str, Any]:
    return {"signature": signed("vpnet", message, timedelta(minutes=-6))}


def signed(provider: str, message: simulator.Message, shift: timedelta) -> str:
    """A signature of the same words by some provider's secret, at another moment."""
    stamp = int(message.signature.partition(",")[0].removeprefix("t="))
    moment = datetime.fromtimestamp(stamp, UTC) + shift
    return simulator.sign(provider, json.loads(message.body), moment).signature


def no_stamp(message: simulator.Message) -> dict[str, Any]:
    return {"signature": message.signature.partition(",")[2]}


def other_scheme(message: simulator.Message) -> dict[str, Any]:
    return {"signature": message.signature.replace("v1=", "v0=")}


def rubbish(message: simulator.Message) -> dict[str, Any]:
    return {"signature": "t=x,v1=y", "body": b"\xff\xfe"}


@pytest.mark.parametrize(
    "attack", [unsigned, other_body, other_secret, old, no_stamp, other_scheme, rubbish]
)
def test_forged_or_old_message_is_refused_and_changes_nothing(one, message, attack):
    answer = post(message, **attack(message))

    assert answer.status_code == 400
    assert answer.content.startswith(b"refused: ")
    assert not GatewayEvent.objects.exists()
    assert not Payment.objects.exists()
    assert one.owing == "66.00"


def test_message_for_another_providers_address_is_refused(one, message):
    make_world("callpro")

    assert post(message, provider="callpro").status_code == 400
    assert post(message, provider="nobody").status_code == 404
    assert not Payment.objects.exists()


def test_signed_message_that_cannot_be_read_is_refused(one, message):
    for body in ({}, {"id": "evt_1", "type": "checkout.session.completed", "created": "x"}, []):
        at = one.at("2027-01-10")
        assert post(simulator.sign("vpnet", body, at)).status_code == 400
    assert not GatewayEvent.objects.exists()


def test_message_about_nothing_of_ours_is_ignored(one, message):
    event = json.loads(message.body) | {"type": "customer.created", "id": "evt_other"}

    answer = post(simulator.sign("vpnet", event, one.at("2027-01-10")))

    assert answer.content == b"ignored: nothing here follows from it\n"
    assert not GatewayEvent.objects.exists()


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"amount_total": 6500}, "It is about $65.00, and we asked for $66.00."),
        ({"currency": "usd"}, "It is in USD, and we asked for AUD."),
        ({"client_reference_id": str(uuid4())}, "It names no payment of this portal."),
        ({"client_reference_id": "no uuid"}, "It names no payment of this portal."),
    ],
)
def test_message_that_does_not_fit_is_kept_for_staff(one, message, changed, problem):
    event = json.loads(message.body)
    event["data"]["object"] |= changed

    answer = post(simulator.sign("vpnet", event, one.at("2027-01-10")))

    assert answer.status_code == 200
    assert answer.content.decode().strip() == f"kept for staff: {problem}"
    assert GatewayEvent.objects.get().problem == problem
    assert not Payment.objects.exists()
    assert OnlinePayment.objects.get().state == "started"


def test_another_providers_gateway_moves_no_payment_of_ours(one, message):
    make_world("callpro")

    answer = post(simulator.sign("callpro", json.loads(message.body), one.at("2027-01-10")))

    assert answer.content.startswith(b"kept for staff: It names no payment")
    assert OnlinePayment.objects.get().state == "started"


def test_message_that_is_no_json_is_refused(one, message):
    answer = Client().post("/hooks/payments/vpnet/", {"a": "b"})

    assert (answer.status_code, answer.content) == (400, b"refused: Send JSON.\n")
