"""Paying in the portal: what is offered, what the gateway says, and what follows from it."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from billing.disputes.services import hold_amount
from billing.ledger.models import ClosedMonth
from billing.payments import selectors
from billing.payments.models import OnlinePayment, Payment
from billing.payments.services import (
    GatewayDown,
    PaymentRefused,
    SurchargeChanged,
    ask_about_payments,
    ask_refund,
    credit_line,
    decide_refund,
    issue_credit_note,
    reverse_payment,
    ways_to_pay,
)
from contracts.supply.services import change_supply
from parties.authority.selectors import NotAuthorised
from portal.dev import simulator
from records.notices.models import Notice
from terms.facts import Action, Role
from tests.billing.moneys import Story, agrees, day, story, told
from tests.billing.paying import agree, one_bill, say, start
from tests.gateway import post, press
from tests.world import appoint, make_staff, make_user, make_world

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
    ways = ways_to_pay(found.account, amount=Decimal("100.00"), on=day("2027-01-10"))
    assert ways.past == past

    agree(found, "bpay", "eft")

    ways = ways_to_pay(found.account, amount=Decimal("100.00"), on=day("2027-01-10"))
    assert ways.past == ("BPAY", "Bank transfer")


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


# --- what the gateway says


def test_card_payment_pays_the_bill_and_thanks(one, gateway):
    online = start(one)
    assert one.owing == "66.00"

    assert say(one, online, "pay", "2027-01-10") == ["done: it is received"]

    online.refresh_from_db()
    payment = Payment.objects.get()
    assert (online.state, online.payment) == ("succeeded", payment)
    assert (payment.method, payment.reference) == ("card", online.reference)
    assert (one.owing, one.credit) == ("0.00", "0.00")
    assert one.ledger()["clearing"] == "66.00"
    assert agrees()


def test_debit_on_its_way_is_not_paid_and_counts_from_the_day_it_was_given(one, gateway):
    online = start(one, card="direct_debit", on="2027-01-18")

    say(one, online, "pay", "2027-01-18")
    online.refresh_from_db()
    assert online.state == "in_progress"
    assert one.owing == "66.00"
    assert not Payment.objects.exists()

    say(one, online, "bank_pays", "2027-01-21")
    payment = Payment.objects.get()
    assert (payment.received_on, payment.method) == (day("2027-01-18"), "direct_debit")
    assert one.owing == "0.00"


def test_debit_that_the_bank_refuses_changes_nothing_and_is_told(one, gateway):
    online = start(one, card="direct_debit")
    say(one, online, "pay", "2027-01-10")

    say(one, online, "bank_refuses", "2027-01-12")

    online.refresh_from_db()
    assert online.state == "failed"
    assert one.owing == "66.00"
    assert not Payment.objects.exists()
    told = Notice.objects.filter(title__contains="did not go through")
    assert {one.to for one in told} == {online.account.billing_email, online.started_by.email}


def test_late_failure_opens_the_bill_again(one, gateway):
    online = start(one, card="direct_debit")
    say(one, online, "pay", "2027-01-10")
    say(one, online, "bank_pays", "2027-01-12")
    assert one.owing == "0.00"

    assert say(one, online, "take_back", "2027-01-15") == ["done: it is taken back by the bank"]

    payment = Payment.objects.get()
    assert (payment.reversed_on, one.owing) == (day("2027-01-15"), "66.00")
    assert "insufficient funds" in payment.reversed_why
    assert one.ledger()["receivable"] == "66.00"
    assert agrees()


def test_taken_back_by_staff_already_is_not_undone_twice(one, gateway):
    online = start(one)
    say(one, online, "pay", "2027-01-10")
    payment = Payment.objects.get()
    reverse_payment(
        payment=payment, on=day("2027-01-12"), why="The bank called", at=one.at("2027-01-12")
    )

    say(one, online, "take_back", "2027-01-15")

    online.refresh_from_db()
    payment.refresh_from_db()
    assert (online.state, payment.reversed_on) == ("taken_back", day("2027-01-12"))
    assert one.owing == "66.00"


def test_surcharge_before_and_from_october_then_a_credit_and_a_refund(gateway):
    """seq-m-20, its two services as one: 8.25 of surcharge, 0.75 of it GST; none later."""
    found = story("greenlight", "TAS", tcp=True, kind="business")
    agree(found, "visa", surcharge_percent=Decimal("1.50"), cost_percent=Decimal("1.50"))
    found.service("S", "500.00", "2026-09-01")
    found.run("2026-09-01")

    online = start(found, "550.00", on="2026-09-14", agreed="8.25")
    say(found, online, "pay", "2026-09-14")

    assert (found.owing, found.credit) == ("0.00", "0.00")
    assert found.ledger() == {"revenue": "-507.50", "gst": "-50.75", "clearing": "558.25"}

    found.run("2026-10-01")
    online = start(found, "550.00", on="2026-10-14")
    say(found, online, "pay", "2026-10-14")

    assert found.ledger()["clearing"] == "1108.25"
    assert found.owing == "0.00"

    # The rest of the sequence: the fibre was 50.00 too dear; what is over goes back.
    invoice = found.invoices()[1]
    note = issue_credit_note(
        invoice=invoice,
        lines=[credit_line(invoice.lines.get(), Decimal("55.00"))],
        reason="The agreed price",
        at=found.at("2026-10-20"),
    )
    assert (note.subtotal_ex, note.gst, note.total_inc) == (50, 5, 55)
    assert found.credit == "55.00"
    change_supply(
        service=found.services["S"],
        unit_fee=Decimal("450.00"),
        on=day("2026-11-01"),
        at=found.at("2026-10-20"),
    )
    third = found.run("2026-11-01")
    assert told(third) == ("2026-11-01", "2026-11-15", "450.00", "45.00", "495.00")
    assert (found.owing, found.credit) == ("440.00", "0.00")
    found.pay("2026-11-12", "495.00")
    assert (found.owing, found.credit) == ("0.00", "55.00")
    asker, approver = make_staff(), make_staff()
    found.world.provider.second_person_above = Decimal("0.00")
    found.world.provider.save()
    refund = ask_refund(
        account=found.account,
        amount=Decimal("55.00"),
        reason="Paid too much",
        by=asker,
        at=found.at("2026-11-20"),
    )
    assert found.credit == "55.00"
    decide_refund(refund=refund, approve=True, by=approver, at=found.at("2026-11-20"))
    assert found.credit == "0.00"
    assert found.ledger() == {"revenue": "-1407.50", "gst": "-140.75", "clearing": "1548.25"}
    assert agrees()


def test_one_off_debit_that_bounces_leaves_both_bills_open(gateway):
    """seq-m-15, its payments: 1,100.00 on 12 January, dishonoured on the 14th, paid again."""
    found = story("blueshift", "VIC", bill_day=11)
    found.service("S", "550.00", "2026-12-11")
    found.run("2026-12-11")
    found.run("2027-01-11")
    assert found.owing == "1100.00"

    online = start(found, "1100.00", card="direct_debit", on="2027-01-12")
    say(found, online, "pay", "2027-01-12")
    say(found, online, "bank_pays", "2027-01-12")
    assert found.owing == "0.00"
    say(found, online, "take_back", "2027-01-14")
    assert (found.owing, found.overdue("2027-01-14")) == ("1100.00", "550.00")

    say(found, start(found, "1100.00", on="2027-01-20"), "pay", "2027-01-20")
    assert found.owing == "0.00"
    assert found.ledger()["clearing"] == "1100.00"
    assert agrees()


def test_page_that_expired_is_given_up(one, gateway):
    online = start(one)

    say(one, online, "lapse", "2027-01-11")

    online.refresh_from_db()
    assert online.state == "lapsed"


def test_money_for_a_closed_month_is_booked_today(one, gateway):
    online = start(one, card="direct_debit", on="2027-01-29")
    say(one, online, "pay", "2027-01-29")
    ClosedMonth.objects.create(
        provider=one.world.provider,
        month=date(2027, 1, 1),
        closed_at=one.at("2027-02-01"),
        closed_by="x",
    )

    say(one, online, "bank_pays", "2027-02-02")

    assert Payment.objects.get().received_on == day("2027-02-02")
    assert one.owing == "0.00"


def test_what_was_taken_back_in_a_closed_month_is_undone_today(one, gateway):
    online = start(one, on="2027-01-29")
    say(one, online, "pay", "2027-01-29")
    (late,) = press(online, "take_back", one.at("2027-01-31"))
    ClosedMonth.objects.create(
        provider=one.world.provider,
        month=date(2027, 1, 1),
        closed_at=one.at("2027-02-01"),
        closed_by="x",
    )

    signed = simulator.sign("vpnet", json.loads(late.body), one.at("2027-02-02"))
    with time_machine.travel(one.at("2027-02-02"), tick=False):
        assert post(signed).content == b"done: it is taken back by the bank\n"

    assert Payment.objects.get().reversed_on == day("2027-02-02")
    assert one.owing == "66.00"
    assert agrees()


# --- where the gateway does not tell


@pytest.mark.parametrize(
    ("deeds", "state"),
    [
        (["pay"], "in_progress"),
        (["pay", "bank_pays"], "succeeded"),
        (["pay", "bank_refuses"], "failed"),
        (["lapse"], "lapsed"),
        ([], "started"),
    ],
)
def test_gateway_that_does_not_tell_is_asked(one, gateway, deeds, state):
    online = start(one, card="direct_debit")
    for deed in deeds:
        press(online, deed, one.at("2027-01-10"))

    ask_about_payments(at=one.at("2027-01-10", "10:10"))
    online.refresh_from_db()
    assert online.state == "started"

    ask_about_payments(at=one.at("2027-01-10", "10:20"))
    online.refresh_from_db()
    assert online.state == state
    assert one.owing == ("0.00" if state == "succeeded" else "66.00")


def test_page_that_never_opened_is_given_up_after_a_day(one, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(GatewayDown):
        start(one)

    ask_about_payments(at=one.at("2027-01-11", "10:20"))

    assert OnlinePayment.objects.get().state == "lapsed"


def test_provider_without_a_gateway_starts_nothing_there(one, settings):
    settings.PAYMENT_SIMULATOR = False

    with pytest.raises(GatewayDown):
        start(one)
