"""The pages of direct debits: agreed to after a second factor, seen, changed, stopped."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from billing.payments.models import Draw, Mandate
from billing.payments.services import make_debit_file, mind_draws
from billing.runs.services import run_provider_bills
from parties.accounts.services import block_chasing
from parties.accounts.states import BlockKind
from parties.people.models import User
from parties.people.states import PROOFS_KEY, StaffRole
from parties.security.states import HighRisk
from terms.facts import Role
from tests.billing.debits import draws_debits
from tests.world import World, appoint, instant, make_service, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
AT = instant("2027-02-02 10:00")
FOREVER = date(2099, 12, 31)
TYPED = {
    "payer_name": "M CONTI",
    "bsb": "062 184",
    "number": "1234 5678",
    "when": "due",
    "draw_day": "",
    "capacity": "director",
    "second_signed_as": "",
}
SIGNED = {"sign": "1", "signed_as": "Mia Conti", "may_sign": "on"}


@pytest.fixture(autouse=True)
def _now(time_machine) -> None:
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def world(db) -> World:
    """A customer of Comvergence with a bill of 1 February, due on the 15th."""
    found = make_world("comvergence", negotiated=True)
    draws_debits(found.provider)
    make_service(found.account, fee="60.00", billed_through=date(2027, 1, 31))
    run_provider_bills(found.provider, issue_on=date(2027, 2, 1), at=instant("2027-02-01 06:20"))
    return found


def client_of(user: User, world: World, *, proven: bool = True) -> Client:
    client = Client()
    client.force_login(user)
    if proven:
        session = client.session
        session[PROOFS_KEY] = {
            HighRisk.BANK_DETAILS.value: {
                "check": "a proof",
                "account": str(world.account.public_id),
                "at": AT.isoformat(),
            }
        }
        session.save()
    return client


def agree(client: Client, **typed: str):
    return client.post("/pay/direct-debit/new/", TYPED | SIGNED | typed)


def test_holder_reads_the_request_signs_it_and_sees_what_is_drawn(world):
    client = client_of(world.holder, world)
    assert "Set up direct debit" in client.get("/pay/direct-debit/").content.decode()

    read = client.post("/pay/direct-debit/new/", TYPED).content.decode()

    for words in ("M CONTI", "062-184", "ends 678", "How to change or stop it", "3 working days"):
        assert words in read, words
    assert "at least 14 days before" in read
    assert "we draw $66.00 for bill" in read
    assert not Mandate.objects.exists()
    answer = agree(client)
    assert (answer.status_code, answer["Location"]) == (302, "/pay/direct-debit/")
    page = client.get("/pay/direct-debit/").content.decode()
    assert "number ending 678" in page
    assert "12345678" not in page
    assert "we draw <strong>$66.00</strong>" in page
    for path in ("/", f"/bills/{Draw.objects.get().invoice.public_id}/"):
        assert "$66.00 is drawn from your bank account" in client.get(path).content.decode()
    pdf = client.get(f"/pay/direct-debit/{Mandate.objects.get().reference}.pdf")
    assert pdf["Content-Type"] == "application/pdf"


def test_without_a_second_factor_nothing_is_agreed_to(world):
    client = client_of(world.holder, world, proven=False)

    answer = agree(client)

    assert answer.status_code == 302
    assert "/identity/change_bank_details/" in answer["Location"]
    assert not Mandate.objects.exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"bsb": "0621"}, "A BSB has six digits"),
        ({"number": "4111 1111 1111 1111"}, "longer: it can"),
        ({"payer_name": "Zoë"}, "leave accents out"),
        ({"capacity": ""}, "This field is required"),
        ({"when": "day", "draw_day": "0"}, "from 1 to 31"),
        ({"when": "day", "draw_day": ""}, "from 1 to 31"),
        ({"when": "day", "draw_day": "99999999999999999999"}, "from 1 to 31"),
        ({"when": "sometimes"}, "valid choice"),
        ({"signed_as": ""}, "Type your name"),
        ({"may_sign": ""}, "Tick this only if you may sign"),
    ],
)
def test_what_does_not_fit_is_said_and_what_was_typed_is_kept(world, typed, words):
    client = client_of(world.holder, world)

    page = agree(client, **typed).content.decode()

    assert words in page
    assert 'value="062 184"' in page or "bsb" in typed
    assert not Mandate.objects.exists()


def test_change_something_keeps_what_was_typed(world):
    page = (
        client_of(world.holder, world)
        .post("/pay/direct-debit/new/", TYPED | {"again": "1"})
        .content.decode()
    )

    assert "From which bank account?" in page
    assert 'value="1234 5678"' in page


def test_a_click_stops_it_and_another_day_is_chosen(world):
    client = client_of(world.holder, world)
    agree(client)

    page = client.post(
        "/pay/direct-debit/day/", {"when": "day", "draw_day": "40"}
    ).content.decode()
    assert "from 1 to 31" in page
    client.post("/pay/direct-debit/day/", {"when": "day", "draw_day": "10"})
    assert Mandate.objects.get().draw_day == 10
    client.post("/pay/direct-debit/stop/")
    client.post("/pay/direct-debit/stop/")

    assert Mandate.objects.get().state == "ended"
    assert not Draw.objects.exclude(state="dropped").exists()
    page = client.get("/pay/direct-debit/").content.decode()
    assert "Direct debits were stopped" in page
    assert "Set up direct debit" in page


def test_where_no_file_goes_to_a_bank_it_is_not_offered(world):
    world.provider.debit_bank = ""
    world.provider.save()
    client = client_of(world.holder, world)

    assert "Set up direct debit" not in client.get("/pay/direct-debit/").content.decode()
    assert "offered here" in client.get("/pay/direct-debit/new/").content.decode()
    assert "offered here" in agree(client).content.decode()
    assert not Mandate.objects.exists()


@pytest.mark.parametrize("who", ["stranger", "advocate"])
def test_who_may_not_pay_for_the_customer_neither_sees_nor_changes_it(world, who):
    agree(client_of(world.holder, world))
    person = make_user("Ravi Rep")
    if who == "advocate":
        appoint(world.account, person, role=Role.ADVOCATE)
    client = client_of(person, world)
    reference = Mandate.objects.get().reference

    for path in ("", "new/", f"{reference}.pdf"):
        answer = client.get(f"/pay/direct-debit/{path}")
        assert answer.status_code in (302, 403, 404), path
        assert b"678" not in answer.content
    for path in ("new/", "stop/", "day/", "go-on/"):
        assert client.post(f"/pay/direct-debit/{path}", TYPED | SIGNED).status_code != 200

    assert Mandate.objects.get().state == "active"


def test_another_customers_request_is_not_found(world):
    agree(client_of(world.holder, world))
    other = make_world("comvergence", negotiated=True)

    found = client_of(other.holder, other).get(
        f"/pay/direct-debit/{Mandate.objects.get().reference}.pdf"
    )

    assert found.status_code == 404


def test_a_private_block_shows_nothing_at_all(world):
    client = client_of(world.holder, world)
    agree(client)
    block_chasing(
        account=world.account, kind=BlockKind.SAFETY, subject="C-1", at=AT, is_private=True
    )
    mind_draws(at=AT)

    page = client.get("/pay/direct-debit/").content.decode()

    assert "Nothing is planned to be drawn now" in page
    assert "What was drawn" not in page


def test_a_debit_on_its_way_is_not_asked_for_again(world):
    client = client_of(world.holder, world)
    agree(client)
    make_debit_file(
        provider=world.provider,
        day=date(2027, 2, 15),
        by=make_staff(StaffRole.BILLING),
        at=AT,
    )

    page = client.get("/pay/").content.decode()

    assert "A payment of $66.00 is on its way already" in page
    assert "Your bank was asked for" in client.get("/pay/direct-debit/").content.decode()
