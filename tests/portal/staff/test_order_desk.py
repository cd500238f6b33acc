"""Staff write an order, look at whether it can be paid, offer and deliver it, step by step."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from billing.credit_management.services import ask_deposit, receive_deposit
from contracts.catalogue.states import ServiceKind
from contracts.orders import services
from contracts.orders.models import Order
from contracts.orders.states import OrderState, PortState
from contracts.supply.models import Chargeable, Service
from parties.people.states import StaffRole
from tests.contracts.orders.orders import Shop, open_shop
from tests.parties.staff import sign_in_staff
from tests.portal.customer.test_what_people_see import read
from tests.world import make_staff

pytestmark = pytest.mark.django_db
DAY = "2026-12-01"
ADD = "admin:contracts_order_add"


@pytest.fixture
def shop(monkeypatch) -> Shop:
    made = open_shop()
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at(DAY))
    return made


@pytest.fixture
def desk(client, shop):
    return sign_in_staff(client, shop.staff, because_of=shop.world.account)


def typed(shop: Shop, **facts) -> dict:
    plan = shop.plan("495.00", ServiceKind.SIP_TRUNK)
    given = {"label": "Fibre", "plan": plan.pk, "quantity": 1, "months": 36, "deposit": "990"}
    return given | {"numbers": "03 9999 1111"} | facts


def write(desk, shop: Shop, **facts):
    address = f"{reverse(ADD)}?account={shop.world.account.number}"
    return desk.post(address, typed(shop, **facts))


def page(slug: str) -> str:
    return reverse(f"admin:contracts_order_{slug}_step", args=[Order.objects.get().pk])


def test_order_from_the_first_line_to_the_service(desk, shop, monkeypatch):
    assert write(desk, shop).status_code == 302
    order = Order.objects.get()
    assert "The law wants it first" in read(desk, page("capacity"))
    refused = desk.post(page("offer"), {"open_until": "2026-12-20"})
    assert "Offer it: nothing in it changes" in refused.content.decode()
    shown = desk.post(page("offer"), {"open_until": "2026-12-20", "seen": "open_until=2026-12-20"})
    assert "First look at whether they can pay $19,602.00" in shown.content.decode()
    desk.post(page("capacity"), {"outcome": "can_pay", "reasons": "Paid every bill of a year"})
    desk.post(page("offer"), {"open_until": "2026-12-20", "seen": "open_until=2026-12-20"})
    shop.accept(order, DAY)

    line = order.lines.get()
    works = {"line": line.pk, "activated_on": "2026-12-01", "identifier": "SVC 1"}
    said = desk.post(page("activate"), works).content.decode()
    assert "The deposit of $990.00 is not paid yet" in said
    assert "CV-CON-07" in said
    asked = ask_deposit(
        account=shop.world.account,
        amount=order.deposit,
        reason="Stated in the order",
        by=shop.staff,
        at=shop.at(DAY),
        assessed=True,
    )
    receive_deposit(
        deposit=asked,
        amount=order.deposit,
        received_on=date(2026, 12, 1),
        reference="R1",
        by=shop.staff,
        at=shop.at(DAY),
    )
    assert desk.post(page("activate"), works).status_code == 302
    assert Service.objects.get().contract.reference == order.reference
    words = read(desk, reverse("admin:contracts_order_change", args=[order.pk]))
    assert "03 9999 1111" in words


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"months": "0"}, "greater than or equal to 1"),
        ({"months": "1000"}, "less than or equal to 120"),
        ({"quantity": "-5"}, "greater than or equal to 1"),
        ({"unit_fee": "99,999,999,999.99"}, "below"),
        ({"unit_fee": "five"}, "dollars"),
        ({"label": ""}, "This field is required"),
        ({"plan": "999999"}, "Select a valid choice"),
        ({"plan": "", "months": ""}, "Choose a plan"),
        ({"label": "x" * 300}, "at most 80"),
    ],
)
def test_what_cannot_be_ordered_is_refused_in_words_and_stays(desk, shop, facts, says):
    found = write(desk, shop, **facts)

    assert found.status_code == 200
    assert says in found.content.decode()
    assert "03 9999 1111" in found.content.decode()
    assert not Order.objects.exists()


def test_numbers_move_step_by_step(desk, shop):
    write(desk, shop, deposit="")
    order = Order.objects.get()
    shop.assess(order, DAY)
    shop.accept(shop.offer(order, DAY), DAY)
    port = order.lines.get().port

    for slug, facts, state in (
        ("advice", {}, PortState.SENT),
        ("reject", {"why": "Wrong number"}, PortState.REJECTED),
        ("advice", {}, PortState.SENT),
        ("cutover", {}, PortState.REQUESTED),
    ):
        given = {"port": port.pk, "moment": "2026-12-01T12:00"} | facts
        assert desk.post(page(slug), given).status_code == 302, slug
        port.refresh_from_db()
        assert port.state == state
    assert desk.get(page("stop")).status_code == 404
    early = desk.post(page("moved"), {"port": port.pk, "moment": "2026-12-01T12:00"})
    assert "A cut-over is not before Fri 4 Dec 2026" in early.content.decode()


def test_withdrawn_order_is_charged_after_a_look(desk, shop):
    write(desk, shop, deposit="")
    order = Order.objects.get()
    shop.assess(order, DAY)
    shop.accept(shop.offer(order, DAY), DAY)
    desk.post(page("work"), {"began_on": "2026-12-01", "what": "Survey and design"})
    services.withdraw_order(order=order, by=shop.holder, at=shop.at(DAY))
    assert "Withdrawn orders whose cost is open" in read(desk, "/admin/")

    given = {"amount_ex": "2,860.00", "breakdown": "Survey 1,200, design 1,660"}
    shown = desk.post(page("settle"), given).content.decode()
    assert "$3,146.00 stands on the next bill, $286.00 of it GST" in shown
    assert not Chargeable.objects.exists()
    seen = "amount_ex=2860.00|breakdown=Survey 1,200, design 1,660"
    assert desk.post(page("settle"), given | {"seen": seen}).status_code == 302
    assert str(Chargeable.objects.get().amount) == "3146.00"
    assert desk.get(page("settle")).status_code == 404


@pytest.mark.parametrize("role", [StaffRole.AUDITOR, StaffRole.PRIVACY, StaffRole.BILLING])
def test_whoever_opens_no_services_writes_no_orders(client, shop, role):
    somebody = sign_in_staff(client, make_staff(role), because_of=shop.world.account)

    assert write(somebody, shop).status_code == 403
    assert not Order.objects.exists()


def test_staff_of_another_provider_find_nothing(client, shop, desk):
    write(desk, shop)
    order = Order.objects.get()
    assert order.state == OrderState.DRAFT
    other = make_staff(StaffRole.TEAM_MANAGER, provider=open_shop("vpnet").world.provider)
    elsewhere = sign_in_staff(client, other)

    address = reverse("admin:contracts_order_change", args=[order.pk])
    assert elsewhere.get(address).status_code == 302
    assert order.reference not in read(elsewhere, reverse("admin:contracts_order_changelist"))
    assert elsewhere.post(page("cancel"), {"why": "Because I can"}).status_code == 404
