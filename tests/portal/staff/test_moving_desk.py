"""Staff take addresses and moves down, quote with a preview, carry out, send on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from contracts.locations import selectors as locations
from contracts.locations.models import ListingChange, ServiceAddress
from contracts.locations.states import AddressState
from contracts.moving import services
from contracts.moving.models import Relocation
from contracts.moving.selectors import Address
from contracts.moving.services import MoveWish
from contracts.moving.states import MoveState
from contracts.supply.models import Chargeable
from parties.people.states import StaffRole
from portal.composition.worklists import worklists
from tests.contracts.leaving.contracts import Agreement, agree
from tests.parties.people import signed_in
from tests.parties.staff import give_reason
from tests.world import instant, make_provider, make_service, make_staff

pytestmark = pytest.mark.django_db
NOW = instant("2027-03-09 10:00")
NEW = {"street": "20 Pitt Street", "suburb": "Sydney", "state": "NSW", "postcode": "2000"}


@pytest.fixture(autouse=True)
def _today(monkeypatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def fibre() -> Agreement:
    return agree("comvergence", "680.00", since="2025-10-01", months=24, kind="fibre", basis="ex")


@pytest.fixture
def staff():
    return make_staff(StaffRole.FRONT_LINE)


@pytest.fixture
def desk(fibre, staff):
    client = signed_in(staff)
    give_reason(client, fibre.world.account)
    return client


def asked(fibre: Agreement) -> Relocation:
    wish = MoveWish(address=Address(**NEW), move_on=date(2027, 4, 12))
    return services.ask_move(
        service=fibre.service, wish=wish, by=fibre.world.holder, at=fibre.at("2027-03-02")
    )


def step(move: Relocation, slug: str) -> str:
    return reverse(f"admin:contracts_relocation_{slug}_step", args=[move.pk])


def count(staff, title: str) -> int:
    return next(one["count"] for one in worklists(staff, NOW) if one["title"] == title)


def test_move_is_taken_down_quoted_after_a_look_and_carried_out(fibre, desk, staff):
    add = f"{reverse('admin:contracts_relocation_add')}?account={fibre.world.account.number}"
    given = {**NEW, "caller": "Mia Conti", "service": str(fibre.service.public_id)}
    desk.post(add, {**given, "move_on": "2027-04-12", "said": ""})
    move = Relocation.objects.get()
    assert (move.caller, move.asked_by) == ("Mia Conti", staff)
    assert count(staff, "Moves to quote, or to say no to") == 1

    facts = {"amount_ex": "4,200", "quoted_for": "A new lead-in."}
    looked = desk.post(step(move, "quote"), facts)
    assert "$4,620.00, $420.00 of it GST" in looked.content.decode()
    move.refresh_from_db()
    assert move.state == MoveState.ASKED
    seen = looked.context["form"]
    desk.post(step(move, "quote"), {**facts, seen.add_prefix("seen"): seen["seen"].value()})
    move.refresh_from_db()
    assert (move.state, move.quote_inc) == (MoveState.QUOTED, Decimal("4620.00"))
    assert count(staff, "Quotes for moves that wait for the customer") == 1
    assert desk.get(step(move, "finish")).status_code == 404

    services.agree_move(move=move, shown=move.quote_inc, by=fibre.world.holder, at=NOW)
    assert count(staff, "Moves that both agreed to") == 1
    assert "$4,620.00 stands on their next bill" in desk.get(step(move, "finish")).content.decode()
    refused = desk.post(step(move, "finish"), {"done_on": "2027-03-10"}).content.decode()
    assert "since both agreed, until today" in refused
    for _ in range(2):
        desk.post(step(move, "finish"), {"done_on": "2027-03-09"})
    assert Chargeable.objects.get().amount == Decimal("4620.00")


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        ("2499.99", "$2,500.00 to $10,000.00 before GST"),
        ("99999999999.99", "$2,500.00 to $10,000.00 before GST"),
        ("-1", "amount"),
        ("twelve", "amount"),
    ],
)
def test_quote_that_cannot_be_is_refused_and_stays(fibre, desk, amount, says):
    move = asked(fibre)

    text = desk.post(
        step(move, "quote"), {"amount_ex": amount, "quoted_for": "A new lead-in."}
    ).content.decode()

    assert says in text
    assert "A new lead-in." in text
    move.refresh_from_db()
    assert move.state == MoveState.ASKED


@pytest.mark.parametrize(
    ("slug", "state"), [("refuse", MoveState.IMPOSSIBLE), ("cancel", MoveState.CANCELLED)]
)
def test_no_is_said_with_its_reason(fibre, desk, slug, state):
    move = asked(fibre)

    assert "required" in desk.post(step(move, slug), {"why": ""}).content.decode()
    desk.post(step(move, slug), {"why": "There is no duct to it."})

    move.refresh_from_db()
    assert (move.state, move.ended_why) == (state, "There is no duct to it.")


def test_address_is_taken_down_confirmed_and_sent_on(fibre, desk, staff):
    phone = make_service(fibre.world.account, activated_on=date(2026, 10, 1))
    add = f"{reverse('admin:contracts_serviceaddress_add')}?account={fibre.world.account.number}"
    assert "help may be sent to the wrong" in desk.get(add).content.decode().lower()
    given = {**NEW, "caller": "Mia Conti", "services": [str(phone.public_id)]}
    desk.post(add, {**given, "used_from": "2027-03-09", "gear": ""})
    row = ServiceAddress.objects.get(stage=AddressState.ASKED)
    assert (row.caller, row.told_by) == ("Mia Conti", staff)
    assert count(staff, "Addresses that customers have not confirmed") == 1

    def page(slug: str) -> str:
        return reverse(f"admin:contracts_serviceaddress_{slug}_step", args=[row.pk])

    desk.post(page("confirm"), {"caller": "Mia Conti, by phone"})
    row.refresh_from_db()
    assert row.stage == AddressState.CONFIRMED
    assert count(staff, "Addresses to send on for the number database") == 1
    desk.post(page("sent"), {"sent_as": "File 12"})
    row.refresh_from_db()
    assert (row.stage, row.sent_as, row.sent_on_by) == (AddressState.ON_FILE, "File 12", staff)
    assert count(staff, "Addresses to send on for the number database") == 0
    assert desk.post(page("sent"), {"sent_as": "File 12"}).status_code == 404


def test_call_of_who_still_is_where_they_were_keeps_the_address(fibre, desk):
    phone = make_service(fibre.world.account, activated_on=date(2026, 10, 1))
    add = f"{reverse('admin:contracts_serviceaddress_add')}?account={fibre.world.account.number}"
    given = {**NEW, "caller": "Mia Conti", "services": [str(phone.public_id)]}
    desk.post(add, {**given, "used_from": "2027-03-09", "gear": ""})
    row = ServiceAddress.objects.get(stage=AddressState.ASKED)

    desk.post(
        reverse("admin:contracts_serviceaddress_same_step", args=[row.pk]), {"caller": "Mia"}
    )

    assert locations.waiting(phone) is None
    assert locations.current_address(phone).street == "1 Test Street"


def test_staff_of_another_provider_and_of_other_work_find_nothing(fibre):
    move = asked(fibre)
    others = signed_in(make_staff(StaffRole.FRONT_LINE, provider=make_provider("vpnet")))
    billing = signed_in(make_staff(StaffRole.BILLING))
    give_reason(billing, fibre.world.account)

    assert others.post(step(move, "refuse"), {"why": "There is no duct."}).status_code in (
        302,
        404,
    )
    assert billing.post(step(move, "refuse"), {"why": "There is no duct."}).status_code == 403
    move.refresh_from_db()
    assert move.state == MoveState.ASKED


def test_directory_change_by_phone_has_to_be_written_then_is_carried_out(fibre, desk, staff):
    phone = make_service(fibre.world.account, activated_on=date(2026, 10, 1))
    add = f"{reverse('admin:contracts_listingchange_add')}?account={fibre.world.account.number}"
    given = {"caller": "Mia Conti", "channel": "phone", "service": str(phone.public_id)}
    said = desk.post(add, {**given, "wanted": "unlist", "listed_as": ""}, follow=True)
    assert "Ask them to put it in writing" in said.content.decode()
    row = ListingChange.objects.get()
    assert count(staff, "Directory changes that have to come in writing") == 1

    def page(slug: str) -> str:
        return reverse(f"admin:contracts_listingchange_{slug}_step", args=[row.pk])

    assert desk.post(page("do"), {"done_as": "File 3"}).status_code == 404
    spoken = desk.post(page("write"), {"channel": "voicemail"}).content.decode()
    assert "no writing by these terms" in spoken
    desk.post(page("write"), {"channel": "sms"})
    assert count(staff, "Directory entries to change") == 1
    desk.post(page("do"), {"done_as": "File 3"})
    row.refresh_from_db()
    assert (row.state, row.done_by) == ("done", staff)
