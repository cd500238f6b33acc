"""The page of a new price: both prices, the day, the way out, leaving after a second factor."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.agreements.states import Basis, FigureKind
from contracts.leaving.models import EndNotice
from contracts.variations import services
from contracts.variations.models import PriceChange
from contracts.variations.states import ChangeState
from terms.facts import Role
from tests.contracts.equipment.test_equipment import note
from tests.contracts.leaving.contracts import Agreement, agree
from tests.contracts.variations.changes import announce, biller, of
from tests.parties.people import signed_in
from tests.portal.customer.test_people_pages import prove
from tests.portal.customer.test_what_people_see import read
from tests.world import appoint, make_service, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(monkeypatch) -> Agreement:
    made = agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)
    made.note(FigureKind.HARDWARE_PRICE, "960.00", Basis.INC)
    made.note(FigureKind.HARDWARE_PAID, "360.00", Basis.INC)
    made.note(FigureKind.INSTALLATION_UNPAID, "0.00", Basis.INC)
    made.note(FigureKind.EQUIPMENT_UNPAID, "0.00", Basis.INC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-03-20"))
    return made


@pytest.fixture
def change(one) -> PriceChange:
    plan = one.service.plan
    return of(one, announce(plan, "36.00", "2027-04-10", one.at("2027-03-01")))


def address(change: PriceChange, query: str = "") -> str:
    return f"/services/price/{change.public_id}/{query}"


def test_page_shows_both_prices_the_day_the_way_out_and_what_it_costs(one, change):
    words = read(signed_in(one.world.holder), address(change))

    assert "$36.00" in words
    assert "$33.00 a month inc GST: $3.00 less than the new price" in words
    assert "Sat 10 Apr 2027" in words
    assert "You can leave without a fee until Mon 12 Apr 2027" in words
    assert "$0.00, instead of $600.00 inc GST" in words
    assert "VP-VAR-03" in words
    assert "Our costs have risen." in words


def test_home_and_service_page_lead_there(one, change):
    client = signed_in(one.world.holder)

    assert address(change) in client.get("/").content.decode()
    words = read(client, f"/services/{one.service.public_id}/")
    assert "$36.00 instead of $33.00 a month inc GST, from Sat 10 Apr 2027" in words
    assert "From Sat 10 Apr 2027 you pay $36.00 inc GST a month." in words


def test_letter_leads_to_the_page(one, change):
    found = signed_in(one.world.holder).get(f"/go/price-change/{change.public_id}/")

    assert found["Location"] == address(change)
    assert f"/go/price-change/{change.public_id}/" in change.notice.text


def test_leaving_asks_for_a_second_factor_first(one, change):
    asked = signed_in(one.world.holder).get(address(change, "leave/?on=2027-04-01"))

    assert asked["Location"].startswith("/identity/close_account/")
    assert "on%3D2027-04-01" in asked["Location"]


def test_leaving_is_confirmed_once_and_costs_no_fee(one, change):
    client = signed_in(one.world.holder)
    prove(client, client.get(address(change, "leave/"))["Location"])

    words = read(client, address(change, "leave/"))
    assert "No fee for leaving is charged." in words
    assert "It takes effect at once and can't be undone." in words
    for _ in range(2):
        given = {"last_day": "2027-03-20", "cost": "0.00"}
        assert client.post(address(change, "leave/"), given).status_code == 302
    notice = EndNotice.objects.get()
    assert (str(notice.charge), notice.because_of) == ("0.00", change)
    assert "You leave because of this change" in read(client, address(change))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"cost": "1.00"}, "The day or the cost has changed since you looked."),
        ({"last_day": ""}, "Look at the day and the cost again"),
        ({"last_day": "2027-03-21"}, "The day or the cost has changed since you looked."),
    ],
)
def test_stale_confirmation_ends_nothing(one, change, given, says):
    client = signed_in(one.world.holder)
    prove(client, client.get(address(change, "leave/"))["Location"])

    page = client.post(
        address(change, "leave/"), {"last_day": "2027-03-20", "cost": "0.00"} | given
    )
    assert says in page.content.decode()
    assert not EndNotice.objects.exists()


@pytest.mark.parametrize(
    ("on", "says"),
    [
        ("2027-03-19", "Give today, Sat 20 Mar 2027, or a later day."),
        ("2099-01-01", "Give a last day up to"),
        ("soon", "Enter a valid date."),
    ],
)
def test_last_day_that_cannot_be_chosen_is_refused_in_words_and_stays(one, change, on, says):
    page = signed_in(one.world.holder).get(address(change, f"?on={on}")).content.decode()

    assert says in page
    assert f'value="{on}"' in page


def test_after_the_days_the_usual_cost_is_shown(one, change, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-04-13"))
    client = signed_in(one.world.holder)

    words = read(client, address(change))
    assert "The days to leave without a fee ended on Mon 12 Apr 2027" in words
    assert "What would leaving cost?" in words
    prove(client, client.get(address(change, "leave/"))["Location"])
    assert "ended on Mon 12 Apr 2027" in read(client, address(change, "leave/"))


def test_change_that_opens_no_way_out_says_so_with_the_clause(monkeypatch):
    one = agree("greenlight", "400.00", since="2026-02-01", months=36, kind="data")
    customer = one.world.customer
    customer.is_large = True
    customer.save()
    row = of(one, announce(one.service.plan, "440.00", "2027-04-01", one.at("2027-03-01")))
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-20"))

    words = read(signed_in(one.world.holder), address(row))
    assert "This change opens no way to leave without the usual charge." in words
    assert "GL-CON-09" in words
    assert "Your price is fixed until Wed 31 Jan 2029." in words


def test_whoever_reads_it_before_it_counts_as_received_can_leave_at_once(monkeypatch):
    one = agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)
    row = of(one, announce(one.service.plan, "36.00", "2027-05-10", one.at("2027-03-20")))
    assert row.received_on == one.at("2027-03-22").date()  # sent on a Saturday
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-21"))

    words = read(signed_in(one.world.holder), address(row))
    assert "If you leave on Sun 21 Mar 2027" in words
    assert "Fee for leaving $0.00" in words


def test_equipment_that_goes_back_is_named_before_leaving(monkeypatch):
    one = agree("comvergence", "310.00", since="2025-10-14", months=36, kind="cloud_pbx_rental")
    note(one, "T54-1")
    row = of(one, announce(one.service.plan, "330.00", "2027-05-01", one.at("2027-03-15")))
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-20"))

    words = read(signed_in(one.world.holder), address(row))
    assert "Your terms open no such way; the law does." in words
    assert "To send back Yealink T54 handset T54-1, by Mon 19 Apr 2027" in words  # 30 days


def test_withdrawn_change_says_that_the_price_stays(one, change):
    services.withdraw_change(
        change=change.variation, why="A mistake.", by=biller(), at=one.at("2027-03-05")
    )
    services.carry_price_changes(at=one.at("2027-03-05"))

    words = read(signed_in(one.world.holder), address(change))
    assert "This is withdrawn: your price stays as it is." in words
    assert of(one, change.variation).state == ChangeState.WITHDRAWN


def test_stranger_and_whoever_acts_for_another_service_see_none_of_it(one, change):
    stranger = agree("vpnet", "33.00", since="2026-09-15")
    assert signed_in(stranger.world.holder).get(address(change)).status_code == 404
    other = make_service(one.world.account)
    person = make_user("Jordan Lee")
    appoint(
        one.world.account,
        person,
        Role.AUTHORISED_REP,
        ends_on=one.at("2028-01-01").date(),
        services={str(other.public_id): "Other"},
    )
    client = signed_in(person)
    assert client.get(address(change)).status_code == 403
    assert "$36.00" not in client.get("/").content.decode()


def test_draft_is_no_page(one):
    from tests.contracts.variations.changes import draft

    made = of(one, draft(one.service.plan, "36.00", "2027-04-30", one.at("2027-03-20")))
    assert signed_in(one.world.holder).get(address(made)).status_code == 404


def test_home_takes_no_more_queries_with_more_new_prices(one, change):
    client = signed_in(one.world.holder)
    client.get("/")

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get("/")
        return len(found)

    few = queries()
    for _ in range(3):
        other = make_service(one.world.account)
        announce(other.plan, "30.00", "2027-04-20", one.at("2027-03-01"), service=other)
    assert client.get("/").content.decode().count("/services/price/") >= 4
    assert queries() == few


def test_service_page_says_that_a_price_rises_while_the_index_is_not_known(monkeypatch):
    one = agree("comvergence", "1000.00", since="2026-04-10", kind="colocation", state="VIC")
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-20"))

    words = read(signed_in(one.world.holder), f"/services/{one.service.public_id}/")
    assert "next on Sat 10 Apr 2027 : to at least $1,133.00 inc GST a month" in words
    assert "the consumer price index is not known yet" in words
    assert "CV-VAR-05" in words
