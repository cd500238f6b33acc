"""What the gateway says of a payment, or does not say, and what follows from it."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
import time_machine

from billing.ledger.models import ClosedMonth
from billing.payments.models import OnlinePayment, Payment
from billing.payments.services import (
    GatewayDown,
    RefundWish,
    ask_about_payments,
    ask_refund,
    credit_line,
    decide_refund,
    issue_credit_note,
    reverse_payment,
)
from contracts.supply.services import change_supply
from portal.dev import simulator
from records.notices.models import Notice
from tests.billing.moneys import Story, agrees, day, story, told
from tests.billing.paying import agree, one_bill, say, start
from tests.gateway import post, press
from tests.world import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def one() -> Story:
    return one_bill()


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
        wish=RefundWish(amount=Decimal("55.00"), reason="Paid too much"),
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
