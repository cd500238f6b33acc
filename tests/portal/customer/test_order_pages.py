"""A customer reads an offer, confirms each thing, accepts after a second factor, takes it back."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.catalogue.states import ServiceKind
from contracts.orders import services
from contracts.orders.models import Order
from contracts.orders.services import LineWish
from contracts.orders.states import OrderState, PortState
from terms.facts import Role
from tests.contracts.orders.orders import Shop, open_shop
from tests.parties.people import signed_in
from tests.portal.customer.test_people_pages import prove
from tests.portal.customer.test_what_people_see import read
from tests.world import appoint, make_service, make_user, make_world

pytestmark = pytest.mark.django_db
DAY = "2026-12-01"


@pytest.fixture
def shop(monkeypatch) -> Shop:
    made = open_shop()
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at(DAY))
    return made


def offer(shop: Shop, **facts) -> Order:
    plan = shop.plan("495.00", ServiceKind.SIP_TRUNK)
    line = LineWish(**{"label": "Lines", "plan": plan, "months": 36} | facts)
    order = shop.draft(line, DAY, deposit="990.00")
    shop.assess(order, DAY)
    return shop.offer(order, DAY)


def confirm(order: Order, **facts) -> dict:
    given = {f"tick_{one.pk}": "on" for one in order.ticks.all()}
    return given | {"signed_as": "Mia Conti", "total": str(order.total_inc)} | facts


def proven(client, order: Order) -> str:
    address = f"/orders/{order.reference}/accept/"
    prove(client, client.get(address)["Location"])
    return address


def test_offer_waits_on_home_and_is_read_before_anything_is_agreed(shop):
    order = offer(shop)
    client = signed_in(shop.holder)

    assert "An offer waits for you" in read(client, "/")
    assert order.reference in read(client, "/orders/")
    words = read(client, f"/orders/{order.reference}/")
    for said in ("$19,602.00", "$17,820.00 before GST", "36 months", "Deposit $990.00"):
        assert said in words
    assert "Nothing is agreed yet" in words


def test_offer_waits_on_home_also_beside_what_runs_already_until_it_is_over(shop):
    make_service(shop.world.account)
    client = signed_in(shop.holder)
    assert "An offer waits for you" not in read(client, "/")
    order = offer(shop)
    assert "An offer waits for you" in read(client, "/")
    services.decline_order(order=order, by=shop.holder, at=shop.at(DAY))
    assert "An offer waits for you" not in read(client, "/")


def test_accepting_takes_a_second_factor_every_tick_and_a_name(shop):
    order = offer(shop)
    client = signed_in(shop.holder)
    address = proven(client, order)

    page = client.get(address).content.decode()
    assert "checked" not in page
    ticks = list(order.ticks.all())
    missing = confirm(order)
    del missing[f"tick_{ticks[0].pk}"]
    again = client.post(address, missing).content.decode()
    assert "Confirm this to go on, or decline the order." in again
    assert 'value="Mia Conti"' in again
    assert Order.objects.get().state == OrderState.OFFERED

    assert client.post(address, confirm(order)).status_code == 302
    words = read(client, f"/orders/{order.reference}/")
    assert "signed Mia Conti" in words
    assert "I don't want it any more" in words


@pytest.mark.parametrize("total", ["1.00", "x", "99999999999999999999", ""])
def test_total_that_was_not_shown_is_refused_and_what_was_typed_stays(shop, total):
    order = offer(shop)
    client = signed_in(shop.holder)
    address = proven(client, order)

    found = client.post(address, confirm(order, total=total))

    assert found.status_code == 200
    assert 'value="Mia Conti"' in found.content.decode()
    assert Order.objects.get().state == OrderState.OFFERED


def test_declined_and_gone(shop):
    order = offer(shop)
    client = signed_in(shop.holder)

    client.post(f"/orders/{order.reference}/decline/", {"why": "Too dear"})

    assert "Declined on" in read(client, f"/orders/{order.reference}/")
    assert client.get(f"/orders/{order.reference}/accept/").status_code == 302


def test_taking_it_back_says_the_range_first(shop):
    order = shop.accept(offer(shop), DAY)
    services.note_work(
        order=order, began_on=date(2026, 12, 1), what="Survey", by=shop.staff, at=shop.at(DAY)
    )
    client = signed_in(shop.holder)
    address = f"/orders/{order.reference}/withdraw/"

    words = read(client, address)
    assert "$2,750.00 to $11,000.00 inc GST" in words
    assert "CV-TRM-04" in words
    assert client.post(address, {"why": ""}).status_code == 302
    assert "nothing is charged before" in read(client, f"/orders/{order.reference}/")


def test_move_is_stopped_and_the_rest_goes_on(shop):
    order = shop.accept(offer(shop, numbers="03 9999 1111"), DAY)
    line = order.lines.get()
    client = signed_in(shop.holder)

    for _ in range(2):
        client.post(f"/orders/{order.reference}/move/{line.pk}/stop/")

    line.port.refresh_from_db()
    assert line.port.state == PortState.WITHDRAWN
    assert Order.objects.get().state == OrderState.ACCEPTED
    assert client.post(f"/orders/{order.reference}/move/999999/stop/").status_code == 404


@pytest.mark.parametrize("path", ["", "accept/", "decline/", "withdraw/", "summary.pdf"])
def test_strangers_and_drafts_are_not_found(shop, path):
    order = offer(shop)
    draft = shop.draft(LineWish(label="x", plan=shop.plan("1.00", ServiceKind.NBN)), DAY)
    if path != "accept/":
        stranger = signed_in(make_world("comvergence").holder)
        assert stranger.get(f"/orders/{order.reference}/{path}").status_code == 404
    client = signed_in(shop.holder)
    if path == "accept/":
        proven(client, order)
    for reference in (draft.reference, "N-" + "X" * 300, "nothing"):
        assert client.get(f"/orders/{reference}/{path}").status_code == 404


def test_whoever_may_not_order_reads_and_accepts_nothing(shop):
    order = offer(shop)
    person = make_user("Jordan Lee")
    limits = ["open_service"]
    appoint(
        shop.world.account, person, Role.AUTHORISED_REP, ends_on=date(2028, 1, 1), limits=limits
    )
    client = signed_in(person)

    assert "can accept it" in read(client, f"/orders/{order.reference}/")
    assert client.get(f"/orders/{order.reference}/decline/").status_code == 403


def test_no_page_asks_more_for_more_lines(shop):
    order = offer(shop)
    client = signed_in(shop.holder)

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.get(f"/orders/{order.reference}/")
        return len(found)

    asked()
    before = asked()
    for number in range(4):
        order.lines.create(
            label=f"L{number}", plan=order.lines.first().plan, unit_fee=1, months=12
        )
    assert asked() == before
