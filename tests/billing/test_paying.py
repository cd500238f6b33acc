"""Paying in the portal: what is offered, how much is asked for, and how a payment begins."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from billing.disputes.services import hold_amount
from billing.payments import selectors
from billing.payments.models import OnlinePayment, Payment
from billing.payments.selectors import payment_reference
from billing.payments.services import (
    GatewayDown,
    PaymentRefused,
    SurchargeChanged,
    ways_to_pay,
)
from parties.authority.selectors import NotAuthorised
from portal.dev import simulator
from terms.facts import Action, Role
from tests.billing.moneys import Story, day, story
from tests.billing.paying import agree, one_bill, pay_into, say, start
from tests.world import appoint, make_user, make_world

pytestmark = pytest.mark.django_db
PROVIDERS = ("vpnet", "comvergence", "blueshift", "greenlight", "callpro")


@pytest.fixture
def one() -> Story:
    return one_bill()


def offered(key: str, on: str = "2027-01-10", **options: Any) -> tuple[list[str], list[str]]:
    found = story(key, "NSW")
    for card, facts in options.items():
        agree(found, card, **facts)
    ways = ways_to_pay(found.account, amount=Decimal("100.00"), on=day(on))
    return (
        [f"{way.label} {way.surcharge}" for way in ways.offered],
        [one.label for one in ways.refused],
    )


# --- what is offered


@pytest.mark.parametrize(
    ("key", "takes", "not_taken"),
    [
        # VP-PAY-01: debit; all else only if agreed.
        ("vpnet", ["Bank account 0.00"], ["Visa", "Mastercard", "American Express"]),
        # 5.3 names cards and debit, and no card in particular.
        (
            "comvergence",
            ["Visa, Mastercard or American Express 0.00", "Bank account 0.00"],
            [],
        ),
        # 72(b): Visa and MasterCard; others once notified.
        ("blueshift", ["Visa or Mastercard 0.00", "Bank account 0.00"], ["American Express"]),
        # 4.2(m): cards if agreed, debit if the invoice names it.
        (
            "greenlight",
            [],
            ["Visa", "Mastercard", "American Express", "Bank account"],
        ),
        # Silent: the house default takes all, free.
        ("callpro", ["Visa, Mastercard or American Express 0.00", "Bank account 0.00"], []),
    ],
)
def test_each_providers_terms_say_what_is_offered_before_it_has_said_anything(
    key, takes, not_taken
):
    assert offered(key) == (takes, not_taken)


def test_refused_card_is_refused_whatever_the_provider_agreed_to():
    """VP-PAY-04: American Express is refused."""
    takes, refused = offered("vpnet", visa={}, amex={})

    assert takes == ["Visa 0.00", "Bank account 0.00"]
    assert refused == ["Mastercard", "American Express"]


def test_what_the_provider_takes_back_is_not_offered():
    takes, _ = offered("comvergence", direct_debit={"is_offered": False})

    assert takes == ["Visa, Mastercard or American Express 0.00"]


@pytest.mark.parametrize(
    ("on", "surcharge"),
    [
        ("2026-09-30", "1.50"),  # RF-PAY-02: up to the cost of acceptance
        ("2026-10-01", "0.00"),  # RF-PAY-01: none on Visa any more
    ],
)
def test_surcharge_ends_on_the_first_of_october(on, surcharge):
    """4.2(m) allows up to 3 %; published and cost are 1.50 %."""
    rate = {"surcharge_percent": Decimal("1.50"), "cost_percent": Decimal("1.50")}

    takes, _ = offered("greenlight", on=on, visa=rate)

    assert takes == [f"Visa {surcharge}"]


@pytest.mark.parametrize(
    ("published", "cost", "added"),
    [
        ("2.00", "1.40", "1.40"),  # no more than it costs
        ("5.00", "5.00", "3.00"),  # no more than 4.2(m) allows
        ("1.10", "1.40", "1.10"),  # no more than was published
    ],
)
def test_surcharge_is_the_least_of_terms_cost_and_what_was_published(published, cost, added):
    rate = {"surcharge_percent": Decimal(published), "cost_percent": Decimal(cost)}

    takes, _ = offered("greenlight", amex=rate)

    assert takes == [f"American Express {added}"]


def test_no_surcharge_where_no_term_gives_one():
    """HD-PAY-04: Comvergence is silent about surcharges."""
    rate = {"surcharge_percent": Decimal("1.50"), "cost_percent": Decimal("1.50")}

    takes, _ = offered("comvergence", amex=rate)

    assert takes[0] == "Visa, Mastercard or American Express 0.00"


@pytest.mark.parametrize("key", PROVIDERS)
def test_each_way_says_why(key):
    found = story(key, "NSW")
    ways = ways_to_pay(found.account, amount=Decimal("100.00"), on=day("2027-01-10"))

    assert all(way.because for way in ways.offered)
    assert all(one.because for one in ways.refused)


@pytest.mark.parametrize(
    ("key", "past"),
    [
        ("vpnet", ()),  # VP-PAY-01: only if agreed
        ("comvergence", ("BPAY", "Bank transfer")),  # 5.3
        ("blueshift", ()),  # 72(b) does not speak of them: to be asked
        ("greenlight", ("Bank transfer",)),  # 4.2(m); BPAY if the invoice names it
        ("callpro", ("BPAY", "Bank transfer")),  # silent: HD-PAY-05
    ],
)
def test_terms_say_what_is_taken_past_the_portal(key, past):
    found = story(key, "NSW")
    assert past_ways(found) == ()

    pay_into(found)
    assert past_ways(found) == past

    agree(found, "bpay", "eft")
    assert past_ways(found) == ("BPAY", "Bank transfer")


def past_ways(found):
    ways = ways_to_pay(found.account, amount=Decimal("100.00"), on=day("2027-01-10"))
    return tuple(way.label for way in ways.past)


@pytest.mark.parametrize(
    ("missing", "left"),
    [
        ("biller_code", ("Bank transfer",)),
        ("bank_account_name", ("BPAY",)),
        ("bank_bsb", ("BPAY",)),
        ("bank_account_number", ("BPAY",)),
    ],
)
def test_a_way_is_offered_only_where_it_is_known_to_where_the_money_goes(missing, left):
    found = story("comvergence", "VIC")
    pay_into(found)
    setattr(found.world.provider, missing, "")
    found.world.provider.save()

    assert past_ways(found) == left


def test_bill_and_pages_say_to_where_the_money_goes(client):
    found = story("comvergence", "VIC")
    pay_into(found)
    found.service("S", "60.00", "2027-01-01")
    invoice = found.run("2027-01-01")
    reference = payment_reference(found.account)
    account = "Account name VPNET PTY LTD, BSB 062-000, Account number 10204180"

    assert invoice.document.content["pay"][1:] == [
        {"method": "BPAY", "text": f"Biller code 20418, Reference {reference}"},
        {"method": "Bank transfer", "text": f"{account}, Reference {reference}"},
    ]
    with time_machine.travel(found.at("2027-01-05"), tick=False):
        client.force_login(found.world.holder)
        for page in (reverse("pay"), reverse("invoice", args=[invoice.public_id])):
            shown = client.get(page).content.decode()
            for words in ("20418", "062-000", "10204180", reference):
                assert words in shown, (page, words)


def test_bill_prints_only_ways_that_are_taken(one):
    """VPnet agreed to cards, and has not agreed to BPAY."""
    one.run("2027-02-01")

    pay = one.invoices()[-1].document.content["pay"]

    assert pay == [
        {
            "method": "In the portal",
            "text": "Sign in and choose Pay: Visa or Mastercard; Bank account.",
        }
    ]


# --- how much


def payable(found: Story, on: str) -> selectors.Payable:
    return selectors.payable(selectors.balance(found.account, day(on), shown=True))


def test_contested_money_is_never_asked_for(one):
    hold_amount(
        invoice=one.invoices()[0],
        amount=Decimal("26.00"),
        complaint="C-1",
        at=one.at("2027-01-05"),
    )

    found = payable(one, "2027-01-19")

    assert (found.overdue, found.owed) == (Decimal("40.00"), Decimal("40.00"))


def test_what_is_on_its_way_is_not_asked_for_again(one, gateway):
    say(one, start(one, "50.00", card="direct_debit"), "pay", "2027-01-10")

    found = payable(one, "2027-01-19")

    assert (found.overdue, found.on_its_way) == (Decimal("16.00"), Decimal("50.00"))
    assert one.owing == "66.00"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0.00", "above"),
        ("-1.00", "above"),
        ("0.49", "between"),
        ("1000000.00", "between"),
        ("99999999.99", "below"),
        ("10.005", "two decimals"),
    ],
)
def test_amount_that_is_none_is_refused_and_begins_nothing(one, gateway, amount, words):
    with pytest.raises(PaymentRefused, match=words):
        start(one, amount)

    assert not OnlinePayment.objects.exists()


def test_stranger_and_representative_without_the_power_may_not(one, gateway):
    stranger = make_world("vpnet").holder
    without = make_user("Sam Reed")
    appoint(one.account, without, Role.AUTHORISED_REP, limits=[Action.PAY_BILL.value])

    for person in (stranger, without):
        with pytest.raises(NotAuthorised):
            start(one, by=person)

    assert not OnlinePayment.objects.exists()


def test_representative_with_the_power_pays(one, gateway):
    person = make_user("Sam Reed")
    others = [each.value for each in Action if each != Action.PAY_BILL]
    until = day("2099-12-31")
    appoint(one.account, person, Role.AUTHORISED_REP, limits=others, ends_on=until)

    online = start(one, by=person)
    say(one, online, "pay", "2027-01-10")

    assert one.owing == "0.00"


# --- starting


def test_same_form_twice_is_one_payment_with_one_page(one, gateway):
    key = uuid4()

    first, second = start(one, key=key), start(one, key=key)

    assert first.pk == second.pk
    assert first.address == second.address != ""
    assert len(simulator.payments()) == 1


def test_same_form_with_another_amount_is_refused(one, gateway):
    key = uuid4()
    start(one, key=key)

    with pytest.raises(PaymentRefused, match=r"\$66\.00 already"):
        start(one, "10.00", key=key)


def test_gateway_that_is_down_takes_nothing_and_the_form_works_later(one, settings, gateway):
    key = uuid4()
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(GatewayDown):
        start(one, key=key)
    settings.STRIPE_API_BASE = gateway

    online = start(one, key=key)

    assert online.address
    assert OnlinePayment.objects.count() == 1
    assert not Payment.objects.exists()


def test_surcharge_that_was_not_shown_is_not_taken(gateway):
    found = story("greenlight", "TAS")
    agree(found, "amex", surcharge_percent=Decimal("1.50"), cost_percent=Decimal("1.50"))

    with pytest.raises(SurchargeChanged, match=r"\$1\.50"):
        start(found, "100.00", card="amex")

    assert not OnlinePayment.objects.exists()


def test_card_that_is_not_taken_begins_nothing(one, gateway):
    with pytest.raises(PaymentRefused, match="not offered"):
        start(one, card="amex")
