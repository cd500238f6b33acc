"""Forms, sweeps, webhooks and people at the same moment as money goes back, for real."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection

from billing.payments.models import GatewayEvent, OnlinePayment, Refund
from billing.payments.services import (
    RefundRefused,
    RefundWish,
    ask_refund,
    decide_refund,
    send_refunds,
)
from portal.dev import simulated_refunds
from terms.lifecycle import IllegalStep
from tests.billing.moneys import Story, agrees
from tests.billing.paying import one_bill, say, start
from tests.billing.test_refunds import ASKED, LATER, given, hear
from tests.parties.security.test_attacks_at_once import at_once, kinds
from tests.world import make_staff

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="only there do two connections see the rows"
    ),
]


@pytest.fixture
def one(gateway) -> Story:
    return one_bill()


@pytest.fixture
def online(one) -> OnlinePayment:
    """366.00 by card for a bill of 66.00: 300.00 is credit."""
    row = start(one, "366.00")
    say(one, row, "pay", "2027-01-10")
    row.refresh_from_db()
    return row


def asked(one: Story, online: OnlinePayment, amount: str, **facts) -> partial:
    wish = RefundWish(amount=Decimal(amount), reason="Paid too much", of=online, **facts)
    return partial(ask_refund, account=one.account, wish=wish, by=make_staff(), at=one.at(ASKED))


def test_the_same_form_twice_and_three_sweeps_give_back_once(one, online):
    ask = asked(one, online, "100.00", key=uuid4())

    found = at_once([ask, ask, ask])
    assert len({row.pk for row in found}) == 1
    at_once([partial(send_refunds, at=one.at(ASKED, LATER))] * 3)

    assert given("vpnet", online) == [(10000, "succeeded")]
    assert (Refund.objects.get().state, one.credit) == ("paid", "200.00")
    assert agrees()


def test_two_forms_give_back_no_more_than_there_is(one, online):
    found = at_once([asked(one, online, "200.00"), asked(one, online, "200.00")])

    assert set(kinds(found)) == {Refund, RefundRefused}
    assert one.credit == "100.00"
    assert agrees()


def test_yes_and_no_at_the_same_moment_is_one_of_them(one, online):
    row = asked(one, online, "200.01")()
    decide = partial(decide_refund, refund=row, at=one.at(ASKED))

    found = at_once(
        [
            partial(decide, approve=True, by=make_staff()),
            partial(decide, approve=False, by=make_staff()),
        ]
    )

    assert set(kinds(found)) == {Refund, IllegalStep}
    row.refresh_from_db()
    assert (row.state, one.credit) in (("going", "99.99"), ("refused", "300.00"))
    assert agrees()


def test_the_answer_and_the_webhook_book_once(one, online):
    asked(one, online, "100.00")()
    row = Refund.objects.get()
    made = simulated_refunds.give_back(
        "vpnet",
        {
            "payment_intent": online.money,
            "amount": "10000",
            "metadata[reference]": row.reference,
        },
        row.reference,
        one.at(ASKED),
    )
    event = simulated_refunds.event_of(made, one.at(ASKED))

    at_once(
        [
            partial(hear, one, event, ASKED),
            partial(send_refunds, at=one.at(ASKED, LATER)),
            partial(send_refunds, at=one.at(ASKED, LATER)),
        ]
    )

    assert given("vpnet", online) == [(10000, "succeeded")]
    assert (Refund.objects.get().state, one.credit) == ("paid", "200.00")
    assert not GatewayEvent.objects.exclude(problem="").exists()
    assert agrees()
