"""A customer orders from the price list: offered at once, or looked at by staff first."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.catalogue.states import ServiceKind
from contracts.orders import services
from contracts.orders.models import Order, PortIn
from contracts.orders.services import OrderRefused
from contracts.orders.states import OrderState, Outcome
from contracts.supply.models import Service
from parties.authority.selectors import NotAuthorised
from tests.contracts.orders.orders import Shop, open_shop
from tests.parties.people import signed_in
from tests.parties.staff import sign_in_staff
from tests.portal.customer.test_people_pages import prove
from tests.portal.customer.test_what_people_see import read
from tests.world import make_user

pytestmark = pytest.mark.django_db
DAY = "2026-12-01"


@pytest.fixture
def shop(monkeypatch) -> Shop:
    made = open_shop()
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at(DAY))
    return made


def ask(shop: Shop, plan, **facts) -> Order:
    given = {"quantity": 1, "by": shop.holder, "at": shop.at(DAY)} | facts
    return services.ask_order(account=shop.world.account, plan=plan, **given)


def test_what_nobody_looks_at_is_offered_at_once_and_twice_is_once(shop):
    """24 × 29.00 ex = 696.00 ex = 765.60: not above 1,000.00 (RF-TCP-25)."""
    plan = shop.plan("29.00", ServiceKind.SIP_TRUNK, minimum_months=24)
    row = ask(shop, plan, numbers="03 5550 1111")

    assert ask(shop, plan, numbers="03 5550 1111") == row
    assert (row.state, str(row.total_inc), row.offered_by) == (OrderState.OFFERED, "765.60", None)
    assert row.open_until.isoformat() == "2026-12-15"
    assert row.summary is not None
    assert PortIn.objects.get().numbers == "03 5550 1111"
    shop.accept(row, "2026-12-02")
    assert ask(shop, plan).state == OrderState.OFFERED
    assert Order.objects.count() == 2


def test_above_the_sum_staff_look_first_and_then_it_is_offered_refused_or_taken_back(shop):
    """36 × 29.00 ex = 1,148.40 with GST."""
    plan = shop.plan("29.00", ServiceKind.SIP_TRUNK, minimum_months=36)
    row = ask(shop, plan)
    assert (row.state, row.summary, ask(shop, plan)) == (OrderState.ASKED, None, row)
    with pytest.raises(OrderRefused, match="First look at whether they can pay"):
        shop.offer(row, DAY)
    shop.assess(row, DAY)
    assert str(shop.offer(row, DAY).total_inc) == "1148.40"

    refused = ask(shop, shop.plan("99.00", ServiceKind.FIBRE, minimum_months=36))
    services.check_capacity(
        order=refused,
        outcome=Outcome.CANNOT_PAY,
        reasons="Two bills open since June",
        by=shop.staff,
        at=shop.at(DAY),
    )
    back = ask(shop, shop.plan("98.00", ServiceKind.FIBRE, minimum_months=36))
    for _ in range(2):
        services.decline_order(order=back, by=shop.holder, at=shop.at(DAY))
    states = Order.objects.in_bulk([refused.pk, back.pk])
    assert states[refused.pk].state == OrderState.REFUSED
    assert states[back.pk].state == OrderState.DECLINED


def test_nothing_is_asked_for_that_cannot_be_or_by_others(shop):
    plan = shop.plan("29.00", ServiceKind.SIP_TRUNK)
    other = open_shop("vpnet")
    theirs = other.plan("29.00", ServiceKind.SIP_TRUNK)
    gone = shop.plan("29.00", ServiceKind.FIBRE, is_listed=False)
    for by in (other.holder, shop.staff, make_user()):
        with pytest.raises(NotAuthorised):
            ask(shop, plan, by=by)
    for wrong, facts, says in (
        (theirs, {}, "another provider's"),
        (gone, {}, "not offered now"),
        (plan, {"quantity": 0}, "Give how many"),
        (plan, {"quantity": 10_001}, "Give how many"),
    ):
        with pytest.raises(OrderRefused, match=says):
            ask(shop, wrong, **facts)
    assert not Order.objects.exists()
    for number in range(5):
        ask(shop, shop.plan(f"{200 + number}.00", ServiceKind.FIBRE, minimum_months=24))
    with pytest.raises(OrderRefused, match="5 orders of yours already"):
        ask(shop, shop.plan("300.00", ServiceKind.FIBRE, minimum_months=24))


def test_customer_orders_on_the_page_and_accepts_after_a_second_factor(shop):
    plan = shop.plan("29.00", ServiceKind.SIP_TRUNK, "Phone line", minimum_months=24)
    client = signed_in(shop.holder)
    assert "/orders/new/" in client.get("/services/").content.decode()
    words = read(client, "/orders/new/")
    assert "Phone line" in words
    assert "$31.90 a month inc GST" in words
    address = f"/orders/new/{plan.code}/"
    for bad in ("0", "-1", "1001", "many", "99999999999.99"):
        assert client.post(address, {"quantity": bad}).status_code == 200
    assert not Order.objects.exists()
    assert client.get("/orders/new/no-such-plan/").status_code == 404

    sent = {"quantity": "1", "numbers": "03 5550 1111"}
    for _ in range(2):
        found = client.post(address, sent)
    order = Order.objects.get()
    assert found["Location"] == f"/orders/{order.reference}/"
    assert "Read, confirm and accept" in read(client, found["Location"])
    accept = f"/orders/{order.reference}/accept/"
    prove(client, client.get(accept)["Location"])
    ticks = {f"tick_{one.pk}": "on" for one in order.ticks.all()}
    client.post(accept, ticks | {"signed_as": "Mia Conti", "total": str(order.total_inc)})
    order.refresh_from_db()
    assert (order.state, Service.objects.count()) == (OrderState.ACCEPTED, 0)


def test_what_is_looked_at_stands_on_both_sides_until_it_is_answered(shop, client):
    row = ask(shop, shop.plan("495.00", ServiceKind.FIBRE, "Fibre", minimum_months=36))
    mine = signed_in(shop.holder)
    assert "We look at it; nothing is agreed yet" in read(mine, "/orders/")
    assert "Take it back" in read(mine, f"/orders/{row.reference}/")
    desk = sign_in_staff(client, shop.staff, because_of=shop.world.account)
    lists = desk.get("/admin/").context["worklists"]
    found = next(each for each in lists if each["title"].startswith("Orders that customers asked"))
    assert found["count"] == desk.get(found["url"]).context["cl"].result_count == 1
    page = read(desk, reverse("admin:contracts_order_change", args=[row.pk]))
    assert "Can they pay it?" in page
    assert "Add a line" not in page


def test_the_list_takes_no_more_queries_with_more_plans(shop):
    client = signed_in(shop.holder)

    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get("/orders/new/")
        return len(seen)

    shop.plan("29.00", ServiceKind.SIP_TRUNK)
    client.get("/orders/new/")
    before = asked()
    for number in range(6):
        shop.plan(f"{30 + number}.00", ServiceKind.FIBRE)
    assert asked() == before
