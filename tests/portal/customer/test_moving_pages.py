"""A customer says where a phone is used, confirms it, and moves a service."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.locations import selectors as locations
from contracts.locations.models import ListingChange, ServiceAddress
from contracts.locations.services import ListingWish, ask_listing
from contracts.locations.states import AddressState, Listing, ListingState
from contracts.moving import services
from contracts.moving.models import Relocation
from contracts.moving.states import MoveState
from contracts.supply.models import Chargeable
from terms.calendar import Channel
from terms.facts import Role
from tests.contracts.leaving.contracts import Agreement, agree
from tests.parties.people import signed_in
from tests.portal.customer.test_people_pages import prove
from tests.portal.customer.test_what_people_see import read
from tests.world import appoint, make_service, make_user, make_world

pytestmark = pytest.mark.django_db
NEW = {"street": "20 Pitt Street", "suburb": "Sydney", "state": "NSW", "postcode": "2000"}
LINE = "20 Pitt Street, Sydney NSW 2000"


@pytest.fixture
def fibre(monkeypatch) -> Agreement:
    made = agree("comvergence", "680.00", since="2025-10-01", months=24, kind="fibre", basis="ex")
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-03-02"))
    return made


@pytest.fixture
def phone(fibre):
    return make_service(fibre.world.account, activated_on=date(2026, 10, 1))


def proven(client, path: str):
    """Open a page that wants a second factor, and pass it."""
    answer = client.get(path)
    if answer.status_code == 302:
        prove(client, answer["Location"])
    return client


def tell(client, service, **changed):
    path = f"/services/{service.public_id}/address/new/"
    proven(client, path)
    given = {"services": [str(service.public_id)], "used_from": "2027-03-02", **NEW} | changed
    return client.post(path, given)


def test_address_is_told_confirmed_and_its_banner_goes(fibre, phone):
    client, page = signed_in(fibre.world.holder), f"/services/{phone.public_id}/"
    first = read(client, page)
    assert "Calls to 000 from it show the address on file" in first
    assert "CV-VOI-05" not in read(client, "/")

    assert tell(client, phone).url == f"{page}address/"

    assert "calls to 000 from it may send help to the wrong place" in read(client, page)
    assert "Confirm where" in read(client, "/")
    shown = read(client, f"{page}address/")
    assert LINE in shown
    assert "calls to 000 show 1 Test Street, Testville NSW 2000" in shown
    for _ in range(2):
        client.post(f"{page}address/yes/")
    assert "send help to the wrong place until" not in read(client, page)
    assert "Confirm where" not in read(client, "/")
    done = read(client, f"{page}address/")
    assert "1 Test Street, Testville NSW 2000" in done
    assert "We send it on now" in done
    assert locations.counting(phone).stage == AddressState.CONFIRMED


def test_still_at_the_old_place_is_one_click(fibre, phone):
    client = signed_in(fibre.world.holder)
    tell(client, phone)

    client.post(f"/services/{phone.public_id}/address/same/")

    assert locations.current_address(phone).line.startswith("1 Test Street")
    assert locations.waiting(phone) is None
    assert client.post(f"/services/{phone.public_id}/address/nonsense/").status_code == 404


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"postcode": "20"}, "A postcode has four digits"),
        ({"street": ""}, "This field is required"),
        ({"street": "x" * 151}, "at most 150"),
        ({"services": []}, "This field is required"),
        ({"used_from": "2099-01-01"}, "Look at the day again"),
        ({"state": "Narnia"}, "Select a valid choice"),
    ],
)
def test_address_that_cannot_be_is_refused_in_words_and_stays(fibre, phone, changed, says):
    text = tell(signed_in(fibre.world.holder), phone, **changed).content.decode()

    assert says in text
    assert "Sydney" in text
    assert not ServiceAddress.objects.exists()


def test_somebody_elses_service_can_not_be_ticked(fibre, phone):
    other = make_service(make_world("comvergence").account)

    answer = tell(signed_in(fibre.world.holder), phone, services=[str(other.public_id)])

    assert "Select a valid choice" in answer.content.decode()


def test_move_is_asked_for_with_what_it_can_cost_agreed_to_and_done(fibre, phone):
    client, page = signed_in(fibre.world.holder), f"/services/{fibre.service.public_id}/move/"
    words = read(client, page)
    assert "$2,750.00 to $11,000.00 inc GST" in words
    assert "that alone costs you nothing" in words

    answer = client.post(page, {**NEW, "move_on": "2027-04-12", "said": "Ring at the desk."})
    move = Relocation.objects.get()
    assert answer.url == f"/moves/{move.reference}/"
    services.quote_move(
        move=move,
        amount_ex=Decimal("4200.00"),
        quoted_for="A new lead-in.",
        by=fibre.staff,
        at=fibre.at("2027-03-02"),
    )
    shown = read(client, answer.url)
    assert "$4,620.00 inc GST ($4,200.00 before GST). A new lead-in." in shown
    path = f"{answer.url}agree/"
    assert client.get(path).status_code == 302
    proven(client, path)
    assert "That stands on the next bill once it is moved" in read(client, path)
    assert "has changed" in client.post(path, {"shown": "1.00"}).content.decode()
    client.post(path, {"shown": "4620.00"})
    move.refresh_from_db()
    assert move.state == MoveState.AGREED
    assert not Chargeable.objects.exists()
    client.post(f"{answer.url}give-up/")
    move.refresh_from_db()
    assert move.state == MoveState.AGREED


def test_no_price_is_shown_where_none_is_printed(fibre):
    client = signed_in(fibre.world.holder)
    page = f"/services/{fibre.service.public_id}/move/"
    late = {**NEW, "move_on": "2027-10-01", "postcode": "x"}

    words = client.post(page, late).content.decode()

    assert "no price is printed" in words
    assert "$2,750.00" not in words
    assert "$0.00" not in words


def test_move_that_is_not_possible_says_what_ending_would_mean(fibre):
    client = signed_in(fibre.world.holder)
    client.post(
        f"/services/{fibre.service.public_id}/move/", {**NEW, "move_on": "2027-04-12", "said": ""}
    )
    move = Relocation.objects.get()
    services.refuse_move(
        move=move, why="There is no duct.", by=fibre.staff, at=fibre.at("2027-03-02")
    )

    words = read(client, f"/moves/{move.reference}/")

    assert "You owe nothing for that" in words
    assert "the charge for leaving early applies" in words
    assert "There is no duct." in words


def test_strangers_and_those_without_personal_details_see_no_address(fibre, phone):
    tell(signed_in(fibre.world.holder), phone)
    client = signed_in(fibre.world.holder)
    client.post(
        f"/services/{fibre.service.public_id}/move/", {**NEW, "move_on": "2027-04-12", "said": ""}
    )
    move = Relocation.objects.get()
    pages = [f"/services/{phone.public_id}/address/", f"/moves/{move.reference}/"]
    stranger = signed_in(make_world("comvergence").holder)
    noname = make_user("Nora Name")
    appoint(fibre.world.account, noname, Role.AUTHORISED_REP, limits=["view_personal_details"])
    hidden = signed_in(noname)

    for page in pages:
        assert stranger.get(page).status_code == 404
        assert hidden.get(page).status_code == 403
    seen = hidden.get(f"/services/{phone.public_id}/").content.decode()
    assert "Calls to 000" in seen
    assert "Pitt Street" not in seen
    assert "Test Street" not in seen


def test_service_page_asks_as_many_questions_after_many_addresses(fibre, phone):
    client, page = signed_in(fibre.world.holder), f"/services/{phone.public_id}/"

    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as found:
            client.get(page)
        return [one["sql"] for one in found]

    tell(client, phone)
    client.post(f"{page}address/yes/")
    tell(client, phone, street="1 Long Street")
    queries()
    few = queries()
    for number in range(3):
        client.post(f"{page}address/yes/")
        tell(client, phone, street=f"{number} Longer Street")
    queries()
    many = queries()

    assert ServiceAddress.objects.filter(service=phone, stage=AddressState.PAST).count() == 4
    assert len(many) == len(few), many


def test_directory_entry_is_asked_for_and_taken_back(fibre, phone):
    client, page = signed_in(fibre.world.holder), f"/services/{phone.public_id}/listing/"
    proven(client, page)
    assert "What you send here counts" in read(client, page)
    refused = client.post(page, {"wanted": "change", "listed_as": ""}).content.decode()
    assert "Say how the entry should read" in refused

    client.post(page, {"wanted": "unlist", "listed_as": ""})

    assert "Take it out: unlisted" in read(client, page)
    client.post(f"{page}back/")
    assert client.post(f"{page}back/").status_code == 404
    assert "Taken back" in read(client, page)
    assert client.get(f"/services/{fibre.service.public_id}/listing/").status_code == 404


def test_what_was_asked_for_by_phone_says_that_it_has_to_be_written(fibre, phone):
    wish = ListingWish(wanted=Listing.UNLIST, channel=Channel.PHONE, caller="Mia")
    ask_listing(service=phone, wish=wish, by=fibre.staff, at=fibre.at("2027-03-01"))
    client, page = signed_in(fibre.world.holder), f"/services/{phone.public_id}/listing/"
    proven(client, page)
    assert "your terms want it in writing" in read(client, page)

    client.post(page, {"wanted": "unlist", "listed_as": ""})

    assert ListingChange.objects.get().state == ListingState.ACCEPTED
