"""The pages of automatic payment by card: signed after a second factor, seen, stopped, resumed."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from django.test import Client

from billing.payments.models import CardRequest, Draw, Mandate, OnlinePayment
from billing.payments.services import charge_cards
from billing.runs.services import run_provider_bills
from parties.people.models import User
from parties.people.states import StaffRole
from portal.dev import simulator
from terms.facts import Role
from tests.billing.debits import agree_to_debit, draws_debits
from tests.billing.moneys import Story
from tests.billing.paying import agree as takes
from tests.gateway import post, press
from tests.portal.customer.test_direct_debit_pages import client_of
from tests.world import World, appoint, instant, make_service, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
AT = instant("2027-02-02 10:00")
SIGNED = {
    "when": "due",
    "draw_day": "",
    "capacity": "director",
    "signed_as": "Mia Conti",
    "may_sign": "on",
}


@pytest.fixture(autouse=True)
def _now(time_machine) -> None:
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def world(gateway) -> World:
    """A customer of VPnet, which takes cards, with a bill of 1 February, due on the 16th."""
    found = make_world("vpnet", negotiated=True)
    takes(Story(found), "visa", "mastercard")
    make_service(found.account, fee="60.00", billed_through=date(2027, 1, 31))
    run_provider_bills(found.provider, issue_on=date(2027, 2, 1), at=instant("2027-02-01 06:20"))
    return found


def sign(client: Client, **typed: str):
    return client.post("/pay/card/new/", SIGNED | {"key": str(uuid4())} | typed)


def give(card: str = "visa") -> CardRequest:
    row = CardRequest.objects.latest("pk")
    for message in press(row, card, AT):
        post(message)
    return row


def test_the_holder_reads_signs_gives_a_card_and_sees_what_is_drawn(world):
    client = client_of(world.holder, world)
    assert "Use a card" in client.get("/pay/direct-debit/").content.decode()
    assert "See automatic payment" in client.get("/pay/").content.decode()

    page = client.get("/pay/card/new/").content.decode()

    for words in ("nothing is added", "try once more 3 days later", "What will happen first"):
        assert words in page, words
    answer = sign(client)
    row = CardRequest.objects.get()
    assert answer["Location"] == row.address
    assert "You left before" in client.get(f"/pay/card/{row.public_id}/").content.decode()
    assert "We wait for word" in client.get(f"/pay/card/{row.public_id}/?done=1").content.decode()
    give()
    page = client.get(f"/pay/card/{row.public_id}/?done=1").content.decode()
    assert "drawn from the Visa ending 4242" in page
    page = client.get("/pay/direct-debit/").content.decode()
    assert "Visa ending 4242, valid to 04/2029" in page
    assert "Stop automatic payment" in page
    draw = Draw.objects.get()
    for path in ("/", f"/bills/{draw.invoice.public_id}/"):
        assert (
            f"${draw.invoice.total_inc:.2f} is drawn from your card"
            in client.get(path).content.decode()
        )
    pdf = client.get(f"/pay/direct-debit/{Mandate.objects.get().reference}.pdf")
    assert pdf["Content-Type"] == "application/pdf"


def test_the_simulated_page_gives_a_card(world):
    client = client_of(world.holder, world)
    sign(client)
    row = CardRequest.objects.get()

    page = client.get(f"/dev/gateway/pay/{row.session}/").content.decode()
    assert "Give a Visa" in page
    assert "$0.00" not in page
    simulator.act(simulator.find(row.session), "lapse", AT)
    assert "was used already" in client.get(f"/dev/gateway/pay/{row.session}/").content.decode()
    assert "A card to keep" in client.get("/dev/gateway/").content.decode()


def test_one_click_stops_it(world):
    client = client_of(world.holder, world)
    sign(client)
    give()

    client.post("/pay/direct-debit/stop/")
    client.post("/pay/direct-debit/stop/")

    assert Mandate.objects.get().state == "ended"
    assert not Draw.objects.exclude(state="dropped").exists()


def test_without_a_second_factor_nothing_is_signed_and_nothing_goes_on(world, time_machine):
    client = client_of(world.holder, world, proven=False)
    assert "/identity/change_bank_details/" in sign(client)["Location"]
    assert not CardRequest.objects.exists()

    sign(client_of(world.holder, world))
    give("lost")
    time_machine.move_to(instant("2027-02-16 10:00"), tick=False)
    charge_cards(at=instant("2027-02-16 10:00"))
    assert Mandate.objects.get().state == "paused"
    client = client_of(world.holder, world, proven=False)
    for answer in (
        client.get("/pay/direct-debit/go-on/"),
        client.post("/pay/direct-debit/go-on/"),
    ):
        assert "/identity/change_bank_details/" in answer["Location"]
    assert Mandate.objects.get().state == "paused"
    # Stopping needs none.
    client.post("/pay/direct-debit/stop/")
    assert Mandate.objects.get().state == "ended"


def test_after_a_pause_it_goes_on_by_the_page_that_says_what_follows(world):
    client = client_of(world.holder, world)
    sign(client)
    give()
    Mandate.objects.update(state="paused", reason="Your card did not pay 2 times in a row")

    assert "Draw again" in client.get("/pay/direct-debit/").content.decode()
    page = client.get("/pay/direct-debit/go-on/").content.decode()
    assert "drawn from the Visa ending 4242" in page
    client.post("/pay/direct-debit/go-on/")
    client.post("/pay/direct-debit/go-on/")

    assert Mandate.objects.get().state == "active"
    assert "Nothing is paused" in client.get("/pay/direct-debit/go-on/").content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"signed_as": ""}, "Type your name"),
        ({"may_sign": ""}, "Tick this only if you may use the card"),
        ({"capacity": ""}, "This field is required"),
        ({"when": "day", "draw_day": "0"}, "from 1 to 31"),
        ({"when": "day", "draw_day": "99999999999999999999"}, "from 1 to 31"),
        ({"key": "no key"}, "Enter a valid UUID"),
    ],
)
def test_what_does_not_fit_is_said_and_what_was_typed_is_kept(world, typed, words):
    page = sign(client_of(world.holder, world), **typed).content.decode()

    assert words in page
    assert 'value="director"' in page or "capacity" in typed
    assert not CardRequest.objects.exists()


def test_a_gateway_that_is_down_takes_nothing_and_the_same_form_can_be_sent_again(world, settings):
    client, key = client_of(world.holder, world), str(uuid4())
    address, settings.STRIPE_API_BASE = settings.STRIPE_API_BASE, "http://127.0.0.1:9"
    page = sign(client, key=key).content.decode()
    assert "reached just now" in page
    assert key in page
    settings.STRIPE_API_BASE = address

    assert sign(client, key=key)["Location"] == CardRequest.objects.get().address


def test_where_no_card_is_taken_it_is_not_offered(world):
    world.provider.pay_options.update(is_offered=False)
    client = client_of(world.holder, world)

    assert "offered here" in client.get("/pay/direct-debit/").content.decode()
    assert "offered here" in client.get("/pay/card/new/").content.decode()
    assert "offered here" in sign(client).content.decode()
    assert not CardRequest.objects.exists()


def test_a_bank_account_can_take_its_place(world):
    draws_debits(world.provider)
    client = client_of(world.holder, world)
    sign(client)
    give()
    assert "Use a bank account" in client.get("/pay/direct-debit/").content.decode()

    agree_to_debit(Story(world), "2027-02-02")

    page = client.get("/pay/direct-debit/").content.decode()
    assert "number ending 678" in page
    assert "Use a card" in page
    assert Mandate.objects.filter(state="active").count() == 1


@pytest.mark.parametrize("who", ["stranger", "advocate", "other"])
def test_who_may_not_pay_for_the_customer_neither_sees_nor_changes_it(world, who):
    sign(client_of(world.holder, world))
    row = give()
    person, place = make_user("Ravi Rep"), world
    if who == "advocate":
        appoint(world.account, person, role=Role.ADVOCATE)
    elif who == "other":
        place = make_world("vpnet", negotiated=True)
        person = place.holder
    client = client_of(person, place)

    answer = client.get(f"/pay/card/{row.public_id}/")
    assert answer.status_code in (302, 403, 404)
    assert b"4242" not in answer.content
    if who != "other":
        for path in ("card/new/", "direct-debit/go-on/", "direct-debit/stop/"):
            assert client.post(f"/pay/{path}", SIGNED).status_code != 200
    assert CardRequest.objects.count() == 1
    assert Mandate.objects.get().state == "active"


def test_a_payment_by_itself_says_what_it_waits_for(world, monkeypatch, settings):
    client = client_of(world.holder, world)
    sign(client)
    give()
    address, settings.STRIPE_API_BASE = settings.STRIPE_API_BASE, "http://127.0.0.1:9"
    charge_cards(at=instant("2027-02-16 10:00"))
    settings.STRIPE_API_BASE = address

    online = OnlinePayment.objects.get()
    page = client.get(f"/pay/{online.public_id}/").content.decode()
    assert "Your card was asked for it" in page
    assert "Your card was asked for" in client.get("/pay/direct-debit/").content.decode()
    staff = staff_client(make_staff(StaffRole.BILLING))
    assert staff.get("/admin/billing/draw/?todo=ask").status_code == 200


def staff_client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
