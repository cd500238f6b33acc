"""Bills paid by a card by themselves: agreed, told, drawn on the day, failed, tried once more."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from billing.disputes.services import hold_amount
from billing.hardship.services import HelpWanted, ask_for_help
from billing.payments.models import (
    CardRequest,
    Draw,
    GatewayEvent,
    Mandate,
    OnlinePayment,
    Payment,
)
from billing.payments.services import (
    DebitFileRefused,
    GatewayDown,
    MandateRefused,
    ask_about_cards,
    ask_about_payments,
    charge_cards,
    end_mandate,
    make_debit_file,
    mind_draws,
    resume_mandate,
)
from parties.accounts.services import block_chasing
from parties.accounts.states import BlockKind
from parties.appointments.services import HolderChange, record_holder_event
from parties.authority.selectors import NotAuthorised
from parties.authority.states import HolderEventKind
from parties.people.states import StaffRole
from parties.security.models import Pause
from parties.security.states import HighRisk
from portal.adapters.gateway import StripeGateway
from portal.dev import simulated_cards, simulator
from records.audit.models import Entry
from records.notices.models import Notice
from terms.facts import Role
from tests.billing.cards import agree_to_card, charged, give, sign
from tests.billing.debits import agree_to_debit, draws, draws_debits, minded
from tests.billing.moneys import Story, agrees, day, story
from tests.billing.paying import agree, one_bill, start
from tests.gateway import post
from tests.world import appoint, make_staff, make_user

pytestmark = pytest.mark.django_db
DUE = "2027-01-18"


@pytest.fixture
def one(gateway) -> Story:
    """VPnet, not TCP; a bill of 66.00 of 1 January, due on the 18th."""
    return one_bill()


def taken() -> list[tuple[int, str]]:
    """What the gateway holds of charges by itself: cents and state."""
    return sorted((row["amount"], row["status"]) for row in held())


def held() -> list[dict[str, Any]]:
    files = simulated_cards.folder().glob("pi_*.json")
    return [json.loads(file.read_text()) for file in files]


def titles() -> list[str]:
    return list(Notice.objects.order_by("pk").values_list("title", flat=True))


def test_a_bill_is_told_and_paid_by_the_card_on_its_due_day(one):
    mandate = agree_to_card(one, "2027-01-05")

    assert (mandate.kind, mandate.card, mandate.number_end) == ("card", "visa", "4242")
    assert mandate.valid_to == day("2029-04-30")
    assert (mandate.bsb, mandate.sealed_number) == ("", "")
    assert draws(one) == [(DUE, "66.00", "planned")]
    told = Notice.objects.get(title="On Mon 18 Jan 2027 we draw $66.00").text
    assert "from the Visa ending 4242" in told
    assert mandate.document is not None
    assert "Visa or Mastercard: nothing is added" in str(mandate.document.content)
    assert "The day by which each bill is to be paid." in str(mandate.document.content)

    assert charged(one, "2027-01-17") == [(DUE, "66.00", "planned")]
    assert charged(one, DUE, "05:59") == [(DUE, "66.00", "planned")]
    assert charged(one, DUE, "06:08") == [(DUE, "66.00", "paid")]

    assert (one.owing, one.credit) == ("0.00", "0.00")
    payment = Payment.objects.get()
    assert (payment.method, payment.received_on, payment.amount) == (
        "card",
        day(DUE),
        Decimal("66.00"),
    )
    assert payment.towards == one.invoices()[0]
    assert taken() == [(6600, "succeeded")]
    assert one.ledger()["clearing"] == "66.00"
    assert Entry.objects.filter(action="charge_card").count() == 1
    for on in (DUE, "2027-01-19"):
        assert charged(one, on, "23:00") == [(DUE, "66.00", "paid")]
        minded(one, on)
    assert taken() == [(6600, "succeeded")]
    assert agrees()


def test_no_card_data_is_kept_here(one):
    mandate = agree_to_card(one, "2027-01-05")

    text = str([vars(mandate), vars(CardRequest.objects.get()), mandate.document.content])
    assert "4242" in text
    assert "4242424242424242" not in text
    assert mandate.token.startswith("pm_")


def test_what_is_protected_is_seen_ten_working_days_before(gateway):
    """RF-TCP-14: billed on 15 March 2027, over Easter not before 1 April (as seq-c-05)."""
    one = story("vpnet", "WA", tcp=True, bill_day=15)
    agree(one, "visa")
    agree_to_card(one, "2027-03-01")
    one.service("S", "300.00", "2027-03-15")
    one.run("2027-03-15", "11:00")

    assert draws(one) == [("2027-04-01", "330.00", "planned")]
    assert charged(one, "2027-03-31") == [("2027-04-01", "330.00", "planned")]
    assert one.overdue("2027-03-31") == "0.00"
    assert charged(one, "2027-04-01") == [("2027-04-01", "330.00", "paid")]
    assert agrees()


def test_a_chosen_day_a_surcharge_and_what_it_adds_are_told_before(gateway):
    """American Express at 2 %, which costs 1.80 %: 66.00 bears 1.19, and no more than was told."""
    one = story("greenlight", "TAS")
    agree(one, "amex", surcharge_percent=Decimal("2.00"), cost_percent=Decimal("1.80"))
    one.service("S", "60.00", "2027-01-01")
    one.run("2027-01-01")
    request = sign(one, "2027-01-05")
    assert "is added to each $100.00" in str(request.words)
    simulated_cards.CARDS["amex"] = ("amex", "0005", "")
    try:
        give(one, request, "amex", "2027-01-05")
    finally:
        del simulated_cards.CARDS["amex"]

    draw = Draw.objects.get()
    assert draw.surcharge == Decimal("1.19")
    assert "$1.19 of it is the surcharge" in Notice.objects.get(title__contains="$67.19").text
    option = one.world.provider.pay_options.get()
    option.surcharge_percent = option.cost_percent = Decimal("1.00")
    option.save()
    minded(one, "2027-01-06")
    option.surcharge_percent = option.cost_percent = Decimal("3.00")
    option.save()
    assert charged(one, "2027-01-15") == [("2027-01-15", "66.00", "paid")]
    assert taken() == [(6666, "succeeded")]
    assert (one.owing, one.credit) == ("0.00", "0.00")
    assert agrees()


@pytest.mark.parametrize("again", [1, 3])
def test_a_card_told_twice_is_one_mandate(one, again):
    request = sign(one, "2027-01-05")

    answers = give(one, request, "visa", "2027-01-05", times=again)

    assert answers[0] == "done: the card is kept"
    assert answers[1:] == ["nothing new: the card is kept"] * (again - 1)
    assert Mandate.objects.count() == 1
    assert titles().count("Your bills are paid by card from now on") == 2


def test_the_same_form_twice_is_one_wish(one):
    key = uuid4()

    assert sign(one, "2027-01-05", key=key) == sign(one, "2027-01-05", key=key)
    assert CardRequest.objects.count() == 1


def test_a_bank_account_and_a_card_take_each_others_place(one):
    draws_debits(one.world.provider)
    first = agree_to_debit(one, "2027-01-03")
    request = sign(one, "2027-01-04")
    first.refresh_from_db()
    assert first.state == "active"

    give(one, request, "visa", "2027-01-04")

    first.refresh_from_db()
    assert (first.state, first.reason) == ("ended", "A card took its place")
    assert [row.mandate.kind for row in Draw.objects.filter(state="planned")] == ["card"]
    with pytest.raises(DebitFileRefused):
        make_debit_file(
            provider=one.world.provider,
            day=day(DUE),
            by=make_staff(StaffRole.BILLING),
            at=one.at(DUE, "11:00"),
        )
    agree_to_debit(one, "2027-01-05")
    assert Mandate.objects.filter(kind="card").get().state == "ended"
    assert charged(one, DUE) == [(DUE, "66.00", "planned")]
    assert taken() == []


def test_a_page_that_was_left_counts_for_nothing_and_lapses(one):
    request = sign(one, "2027-01-05")
    ask_about_cards(at=one.at("2027-01-05", "12:00"))
    request.refresh_from_db()
    assert request.state == "started"

    assert give(one, request, "lapse", "2027-01-06") == ["done: given up"]

    assert not Mandate.objects.exists()
    assert draws(one) == []


def test_a_card_of_which_nobody_told_is_asked_about(one):
    request = sign(one, "2027-01-05")
    row = simulator.find(request.session)
    simulator.act(row, "visa", one.at("2027-01-05", "09:05"))

    assert ask_about_cards(at=one.at("2027-01-05", "09:10")) == 0
    assert ask_about_cards(at=one.at("2027-01-05", "09:20")) == 1

    assert Mandate.objects.get().number_end == "4242"


def test_a_card_that_is_not_taken_is_refused_told_and_not_kept(one):
    request = sign(one, "2027-01-05")
    simulated_cards.CARDS["amex"] = ("amex", "0005", "")
    try:
        assert give(one, request, "amex", "2027-01-05") == ["done: this card is not taken"]
    finally:
        del simulated_cards.CARDS["amex"]

    assert not Mandate.objects.exists()
    assert "The card was not taken" in titles()
    assert not list(simulated_cards.folder().glob("pm_*.json"))


def test_too_little_money_is_told_and_tried_once_more_and_never_again(one):
    mandate = agree_to_card(one, "2027-01-05", "poor")

    rows = charged(one, DUE)

    # Three days later is Thursday.
    assert rows == [(DUE, "66.00", "returned"), ("2027-01-21", "66.00", "planned")]
    letter = Notice.objects.get(title="Your card did not pay $66.00").text
    assert "there was not enough money" in letter
    assert "once more on Thu 21 Jan 2027" in " ".join(letter.split())
    assert titles().count("On Thu 21 Jan 2027 we draw $66.00") == 0
    assert one.owing == "66.00"
    minded(one, "2027-01-19")
    rows = charged(one, "2027-01-21")
    assert [row[2] for row in rows] == ["returned", "returned"]
    mandate.refresh_from_db()
    assert (mandate.state, mandate.misses) == ("paused", 2)
    assert one.invoices()[0].open_item.due_date == day(DUE)
    resume_mandate(mandate=mandate, by=one.world.holder, at=one.at("2027-01-22"))
    minded(one, "2027-01-23")
    assert [row[2] for row in charged(one, "2027-02-10")] == ["returned", "returned"]
    assert taken() == [(6600, "requires_payment_method")] * 2
    assert not Payment.objects.exists()
    assert agrees()


def test_a_lost_card_is_not_tried_again(one):
    mandate = agree_to_card(one, "2027-01-05", "lost")

    assert charged(one, DUE) == [(DUE, "66.00", "returned")]

    mandate.refresh_from_db()
    assert mandate.state == "paused"
    assert mandate.reason == "Your card did not pay: the card was reported lost"
    assert charged(one, "2027-01-25") == [(DUE, "66.00", "returned")]
    assert len(taken()) == 1


def test_a_new_card_pays_what_the_old_one_did_not(one):
    agree_to_card(one, "2027-01-05", "lost")
    charged(one, DUE)

    agree_to_card(one, "2027-01-19", "mastercard")

    assert draws(one)[-1] == ("2027-01-19", "66.00", "planned")
    assert charged(one, "2027-01-19", "10:00")[-1] == ("2027-01-19", "66.00", "paid")
    assert one.owing == "0.00"


def test_one_click_ends_it_and_the_card_is_forgotten(one):
    mandate = agree_to_card(one, "2027-01-05")

    end_mandate(mandate=mandate, by=one.world.holder, at=one.at("2027-01-06"))
    end_mandate(mandate=mandate, by=one.world.holder, at=one.at("2027-01-06"))

    assert charged(one, DUE) == []
    assert taken() == []
    assert "Automatic card payments are stopped" in titles()
    assert ask_about_cards(at=one.at("2027-01-06", "11:00")) == 1
    mandate.refresh_from_db()
    assert (mandate.token, mandate.payer) == ("", "")
    assert not list(simulated_cards.folder().glob("pm_*.json"))
    assert ask_about_cards(at=one.at("2027-01-06", "12:00")) == 0


BARS = {
    "help": lambda one: ask_for_help(
        account=one.account,
        by=one.world.holder,
        wanted=HelpWanted(),
        at=one.at("2027-01-10"),
    ),
    "private": lambda one: block_chasing(
        account=one.world.account,
        kind=BlockKind.SAFETY,
        subject="C-1",
        at=one.at("2027-01-10"),
        is_private=True,
    ),
    "contested": lambda one: hold_amount(
        invoice=one.invoices()[0],
        amount=Decimal("66.00"),
        complaint="C-1",
        at=one.at("2027-01-10"),
    ),
    "paid": lambda one: one.pay("2027-01-10", "66.00"),
}


@pytest.mark.parametrize("bar", sorted(BARS))
def test_nothing_is_taken_that_must_not_be(one, bar):
    agree_to_card(one, "2027-01-05")

    BARS[bar](one)

    charged(one, DUE)
    assert taken() == []
    assert not OnlinePayment.objects.exists()
    if bar == "private":
        assert not any("We don't draw" in title for title in titles())


def test_a_contested_part_is_left_in_peace(one):
    agree_to_card(one, "2027-01-05")
    hold_amount(
        invoice=one.invoices()[0],
        amount=Decimal("20.00"),
        complaint="C-1",
        at=one.at("2027-01-18"),
    )

    assert charged(one, DUE) == [(DUE, "46.00", "paid")]
    assert one.owing == "20.00"
    assert taken() == [(4600, "succeeded")]


def test_nothing_is_taken_from_who_has_died(one):
    agree_to_card(one, "2027-01-05")
    record_holder_event(
        account=one.account,
        happened=HolderChange(
            kind=HolderEventKind.DEATH,
            since=day("2027-01-09"),
            evidence="Told by a daughter",
        ),
        by=make_staff(StaffRole.TEAM_MANAGER),
        at=one.at("2027-01-10"),
    )

    charged(one, DUE)

    assert taken() == []


def test_money_on_its_way_from_the_portal_is_not_asked_for_twice(one):
    agree_to_card(one, "2027-01-05")
    online = start(one, card="direct_debit", on="2027-01-18")
    row = simulator.find(online.session)
    simulator.act(row, "pay", one.at(DUE, "07:00"))
    ask_about_payments(at=one.at(DUE, "10:30"))

    charged(one, DUE, "11:00")

    assert taken() == []


# What dies, and when: the gateway was never reached, or took the money and nobody heard of it.
def _never(self, charge, *, at):
    raise GatewayDown("APIConnectionError")


def _unheard(self, charge, *, at):
    REAL(self, charge, at=at)
    raise GatewayDown("APIConnectionError")


REAL = StripeGateway.charge


@pytest.mark.parametrize("way", [_never, _unheard])
@pytest.mark.parametrize("hours", ["08:20", "23:00"])
def test_what_dies_half_way_takes_the_money_once(one, monkeypatch, way, hours):
    agree_to_card(one, "2027-01-05")
    monkeypatch.setattr(StripeGateway, "charge", way)

    assert charged(one, DUE) == [(DUE, "66.00", "sent")]

    draw = Draw.objects.get()
    assert "The gateway did not answer" in draw.problem
    assert one.owing == "66.00"
    monkeypatch.setattr(StripeGateway, "charge", REAL)
    assert charged(one, DUE, "08:12") == [(DUE, "66.00", "sent")]
    assert charged(one, DUE, hours) == [(DUE, "66.00", "paid")]
    assert taken() == [(6600, "succeeded")]
    assert Payment.objects.count() == 1
    assert one.owing == "0.00"
    draw.refresh_from_db()
    assert draw.problem == ""
    assert agrees()


def test_stopped_before_the_gateway_was_reached_it_is_not_asked_for(one, monkeypatch):
    mandate = agree_to_card(one, "2027-01-05")
    monkeypatch.setattr(StripeGateway, "charge", _never)
    charged(one, DUE)
    monkeypatch.setattr(StripeGateway, "charge", REAL)

    end_mandate(mandate=mandate, by=one.world.holder, at=one.at(DUE, "09:00"))

    assert charged(one, DUE, "12:00") == []
    assert Draw.objects.get().state == "dropped"
    assert OnlinePayment.objects.get().state == "lapsed"
    assert taken() == []


def said(one: Story, on: str, clock: str = "08:30") -> list[str]:
    """Deliver what the gateway tells of its charges by itself; return the answers."""
    at = one.at(on, clock)
    with time_machine.travel(at, tick=False):
        messages = [
            simulator.sign("vpnet", simulated_cards.event_of(row, at), at) for row in held()
        ]
        return [post(one).content.decode().strip() for one in messages for _ in range(2)]


def test_the_webhook_before_our_own_word_is_one_payment(one, monkeypatch):
    agree_to_card(one, "2027-01-05")
    monkeypatch.setattr(StripeGateway, "charge", _unheard)
    charged(one, DUE)
    monkeypatch.setattr(StripeGateway, "charge", REAL)

    assert said(one, DUE) == ["done: it is received", "heard already"]

    assert draws(one) == [(DUE, "66.00", "paid")]
    assert charged(one, DUE, "09:30") == [(DUE, "66.00", "paid")]
    assert Payment.objects.count() == 1
    assert one.owing == "0.00"
    assert agrees()


def test_the_webhook_after_it_changes_nothing(one):
    agree_to_card(one, "2027-01-05", "poor")
    charged(one, DUE)

    assert said(one, DUE) == [
        "nothing new: it is did not go through",
        "heard already",
    ]

    assert titles().count("Your card did not pay $66.00") == 1
    assert Mandate.objects.get().misses == 1
    assert not GatewayEvent.objects.exclude(problem="").exists()


def test_what_the_bank_takes_back_is_open_again_and_not_drawn_again(one):
    mandate = agree_to_card(one, "2027-01-05")
    charged(one, DUE)
    online = OnlinePayment.objects.get()
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "charge.dispute.funds_withdrawn",
        "created": int(one.at("2027-02-01").timestamp()),
        "data": {
            "object": {
                "id": "du_1",
                "payment_intent": online.money,
                "amount": 6600,
                "currency": "aud",
                "reason": "fraudulent",
            }
        },
    }
    at = one.at("2027-02-01")
    with time_machine.travel(at, tick=False):
        post(simulator.sign("vpnet", event, at))

    assert one.owing == "66.00"
    assert draws(one) == [(DUE, "66.00", "returned")]
    mandate.refresh_from_db()
    assert mandate.state == "paused"
    resume_mandate(mandate=mandate, by=one.world.holder, at=one.at("2027-02-02"))
    charged(one, "2027-02-20")
    assert taken() == [(6600, "succeeded")]
    assert agrees()


def test_a_card_that_is_taken_no_more_is_not_drawn_from(one):
    agree_to_card(one, "2027-01-05")
    one.world.provider.pay_options.filter(card="visa").update(is_offered=False)

    charged(one, DUE)

    assert taken() == []
    assert "This card is not taken any more" in Notice.objects.latest("pk").text


def test_who_may_not_agree_agrees_to_nothing(one):
    advocate = make_user("Ada Advocate")
    appoint(one.world.account, advocate, role=Role.ADVOCATE)
    for person in (advocate, make_user("Sam Stranger")):
        with pytest.raises(NotAuthorised):
            sign(one, "2027-01-05", by=person)
    with pytest.raises((NotAuthorised, MandateRefused)):
        sign(one, "2027-01-05", by=make_staff(StaffRole.BILLING))
    assert not CardRequest.objects.exists()


def test_while_steps_are_paused_no_card_comes_in_force(one):
    request = sign(one, "2027-01-05")
    Pause.objects.create(
        account=one.account,
        step=HighRisk.BANK_DETAILS,
        person=one.world.holder,
        since=one.at("2027-01-05", "09:01"),
    )

    assert give(one, request, "visa", "2027-01-05") == ["done: this card is not taken"]

    assert not Mandate.objects.exists()
    with pytest.raises(NotAuthorised):
        sign(one, "2027-01-05")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"signed_as": " "}, "Type your name"),
        ({"draw_day": 0}, "from 1 to 31"),
        ({"draw_day": 32}, "from 1 to 31"),
    ],
)
def test_what_does_not_fit_is_said(one, facts, words):
    with pytest.raises(MandateRefused, match=words):
        sign(one, "2027-01-05", **facts)


def test_where_no_card_is_taken_it_is_not_offered(gateway):
    one = story("vpnet", "NSW")
    with pytest.raises(MandateRefused, match="not offered"):
        sign(one, "2027-01-05")


def test_a_sweep_of_debits_never_books_a_card(one, monkeypatch):
    agree_to_card(one, "2027-01-05")
    monkeypatch.setattr(StripeGateway, "charge", _never)
    charged(one, DUE)

    mind_draws(at=one.at("2027-01-20"))

    assert draws(one) == [(DUE, "66.00", "sent")]
    assert not Payment.objects.exists()
    assert charge_cards(at=one.at("2027-01-20", "10:05")) == 0
