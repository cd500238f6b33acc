"""Paying once with a kept card: asked for once whatever dies meanwhile; and its last day told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.urls import reverse

from billing.payments.models import Mandate, OnlinePayment
from billing.payments.selectors import kept_card
from billing.payments.services import (
    GatewayDown,
    PaymentRefused,
    SurchargeChanged,
    Wish,
    ask_about_cards,
    ask_about_payments,
    end_mandate,
    pay_with_kept_card,
    warn_of_cards,
)
from parties.authority.selectors import NotAuthorised
from portal.adapters.gateway import StripeGateway
from records.notices.models import Notice
from terms.facts import Role
from tests.billing.cards import agree_to_card
from tests.billing.debits import draws, minded
from tests.billing.moneys import Story, agrees
from tests.billing.paying import one_bill
from tests.billing.test_card_payments import held, taken
from tests.parties.security.test_attacks_at_once import at_once, kinds
from tests.world import appoint, make_user

pytestmark = pytest.mark.django_db
AGREED, PAID = "2027-01-05", "2027-01-10"
REAL = StripeGateway.charge


@pytest.fixture
def one(gateway) -> Story:
    """VPnet: a bill of 66.00 that a kept Visa will pay on the 18th."""
    found = one_bill()
    agree_to_card(found, AGREED)
    assert draws(found) == [("2027-01-18", "66.00", "planned")]
    return found


def wish(amount: str = "66.00", *, key: UUID | None = None, **facts: Any) -> Wish:
    given = {"card": "visa", "agreed": Decimal("0.00"), "kept": Mandate.objects.get(), **facts}
    return Wish(amount=Decimal(amount), key=key or uuid4(), **given)


def pay(one: Story, amount: str = "66.00", *, on: str = PAID, by: Any = None, **facts: Any):
    return pay_with_kept_card(
        account=one.account,
        wish=wish(amount, **facts),
        by=by or one.world.holder,
        at=one.at(on),
    )


def test_a_bill_is_paid_at_once_and_not_drawn_again(one):
    key = uuid4()
    row = pay(one, key=key)

    assert (row.state, one.owing, taken()) == ("succeeded", "0.00", [(6600, "succeeded")])
    assert minded(one, PAID) == []
    assert pay(one, key=key) == row
    assert taken() == [(6600, "succeeded")]
    assert Notice.objects.filter(kind="payment_received").count() == 1
    assert agrees()


@pytest.mark.parametrize(
    ("card", "why"),
    [("poor", "there was not enough money"), ("lost", "the card was reported lost")],
)
def test_a_card_that_does_not_pay_leaves_all_as_it_was(gateway, card, why):
    one = one_bill()
    agree_to_card(one, AGREED, card=card)

    row = pay(one, card=Mandate.objects.get().card)

    assert (row.state, row.why, one.owing) == ("failed", why, "66.00")
    assert Notice.objects.filter(title="Your payment did not go through").exists()
    assert draws(one) == [("2027-01-18", "66.00", "planned")]


@pytest.mark.parametrize("was_heard", [True, False])
def test_without_an_answer_the_gateway_is_asked_for_what_became_of_it(one, monkeypatch, was_heard):
    def dies(self: Any, charge: Any, *, at: Any) -> Any:
        if was_heard:
            REAL(self, charge, at=at)
        raise GatewayDown("dead")

    monkeypatch.setattr(StripeGateway, "charge", dies)
    key = uuid4()
    row = pay(one, key=key)
    assert (row.state, one.owing) == ("started", "66.00")
    assert pay(one, key=key).state == "started"
    end_mandate(mandate=Mandate.objects.get(), by=one.world.holder, at=one.at(PAID, "10:30"))
    ask_about_cards(at=one.at(PAID, "10:45"))
    monkeypatch.setattr(StripeGateway, "charge", REAL)

    ask_about_payments(at=one.at(PAID, "10:50"))
    row.refresh_from_db()
    assert row.state == "started", "it is asked about once an hour"
    ask_about_payments(at=one.at(PAID, "11:30"))

    row.refresh_from_db()
    expected = ("succeeded", "0.00", 1) if was_heard else ("failed", "66.00", 0)
    assert (row.state, one.owing, len(held())) == expected
    assert agrees()


@pytest.mark.parametrize(
    ("facts", "error", "says"),
    [
        ({"agreed": Decimal("0.99")}, SurchargeChanged, r"adds \$0.00"),
        ({"kept": None}, PaymentRefused, "can't be used any more"),
        ({"card": "amex"}, PaymentRefused, "not offered"),
        ({"amount": "0.00"}, PaymentRefused, "above"),
        ({"amount": "-1.00"}, PaymentRefused, "above"),
        ({"amount": "0.49"}, PaymentRefused, "between"),
        ({"amount": "99999999999.99"}, PaymentRefused, "below"),
    ],
)
def test_what_does_not_fit_takes_nothing(one, facts, error, says):
    with pytest.raises(error, match=says):
        pay(one, **facts)
    assert (taken(), OnlinePayment.objects.count()) == ([], 0)


def test_nobody_else_pays_with_it_and_nobody_once_it_has_ended(one):
    advocate = make_user("Ada Advocate")
    appoint(one.account, advocate, role=Role.ADVOCATE)
    for person in (advocate, make_user("Some Stranger")):
        with pytest.raises(NotAuthorised):
            pay(one, by=person)
    last = Mandate.objects.get().valid_to
    assert (kept_card(one.account, last) is None, kept_card(one.account, date(2029, 5, 1))) == (
        False,
        None,
    )
    known = wish()
    end_mandate(mandate=Mandate.objects.get(), by=one.world.holder, at=one.at(PAID))
    with pytest.raises(PaymentRefused, match="can't be used any more"):
        pay_with_kept_card(account=one.account, wish=known, by=one.world.holder, at=one.at(PAID))
    assert taken() == []


def test_on_the_page_it_is_seen_before_it_is_taken(one, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at(PAID))
    client.force_login(one.world.holder)
    url = reverse("pay")
    form = client.get(url).context["form"]
    asked = {"what": "owed-66.00", "card": "kept", "key": form["key"].value()}
    assert "Your Visa ending 4242, as kept" in client.get(url).content.decode()

    seen = client.post(url, asked).content.decode()
    assert "$66.00 is taken from Visa ending 4242" in " ".join(seen.split())
    assert taken() == []
    sure = asked | {"what": "other", "amount": "66.00", "agreed": "0.00"}
    first, second = client.post(url, sure), client.post(url, sure)

    row = OnlinePayment.objects.get()
    assert first.url == second.url == reverse("online_payment", args=[row.public_id])
    assert "Thank you" in client.get(first.url).content.decode()
    assert taken() == [(6600, "succeeded")]


@pytest.mark.parametrize(
    ("on", "told"),
    [("2029-03-30", 0), ("2029-03-31", 1), ("2029-04-30", 1), ("2029-05-02", 0)],
)
def test_the_last_day_of_a_card_is_told_once_a_month_before(one, on, told):
    assert Mandate.objects.get().valid_to == date(2029, 4, 30)

    assert warn_of_cards(at=one.at(on)) == told
    assert warn_of_cards(at=one.at(on)) == 0

    letters = Notice.objects.filter(title="Your card runs out on Mon 30 Apr 2029")
    assert letters.count() == told


def test_nothing_is_told_of_a_card_that_has_ended(one):
    end_mandate(mandate=Mandate.objects.get(), by=one.world.holder, at=one.at(PAID))

    assert warn_of_cards(at=one.at("2029-04-10")) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="only there two really run")
def test_the_same_form_at_the_same_moment_is_taken_once(one):
    key = uuid4()

    found = at_once([partial(pay, one, key=key), partial(pay, one, key=key)])

    assert set(kinds(found)) == {OnlinePayment}
    assert taken() == [(6600, "succeeded")]
    assert one.owing == "0.00"
    assert agrees()
