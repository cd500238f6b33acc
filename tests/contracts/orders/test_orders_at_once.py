"""Orders at the same moment: one acceptance, one service, one charge, and only one end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from contracts.catalogue.states import ServiceKind
from contracts.orders import services
from contracts.orders.models import Order
from contracts.orders.services import LineWish
from contracts.orders.states import OrderState
from contracts.supply.models import Chargeable, Service
from parties.authority.models import Invitation
from records.notices.models import Notice
from tests.contracts.orders.orders import Shop, open_shop
from tests.contracts.orders.test_on_paper import take_down
from tests.parties.security.test_attacks_at_once import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="only there do two connections see the rows"
    ),
]
DAY = "2026-12-01"


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def wish(shop: Shop) -> LineWish:
    return LineWish(label="Lines", plan=shop.plan("20.00", ServiceKind.SIP_TRUNK))


def test_written_and_accepted_by_many_clicks_is_one_order(shop):
    line = wish(shop)
    at_once([lambda: shop.draft(line, DAY)] * 4)
    order = shop.offer(Order.objects.get(), DAY)
    ticks = [one.pk for one in order.ticks.all()]
    fresh = {"ticked": ticks, "total_shown": order.total_inc, "signed_as": "Mia Conti"}

    def accept():
        return services.accept_order(order=order, by=shop.holder, at=shop.at(DAY), **fresh)

    found = at_once([accept] * 4)

    assert {type(one) for one in found} == {Order}
    # The offer to the account; the acceptance to the account and to who accepted.
    assert Notice.objects.filter(subject_ref=order.reference).count() == 3


def test_accepting_and_cancelling_leave_one_truth(shop):
    order = shop.offer(shop.draft(wish(shop), DAY), DAY)

    def cancel():
        return services.cancel_order(
            order=order, why="No fibre there", by=shop.staff, at=shop.at(DAY)
        )

    at_once([lambda: shop.accept(order, DAY), cancel])

    order.refresh_from_db()
    assert order.state == OrderState.CANCELLED
    assert not Service.objects.exists()


def test_withdrawing_and_activating_leave_one_truth(shop):
    order = shop.accept(shop.offer(shop.draft(wish(shop), DAY), DAY), DAY)
    line = order.lines.get()

    def withdraw():
        return services.withdraw_order(order=order, by=shop.holder, at=shop.at("2026-12-02"))

    at_once([withdraw, lambda: shop.activate(line, "2026-12-02")])

    order.refresh_from_db()
    there = Service.objects.filter(contract__account=shop.world.account).exists()
    assert there == (order.state == OrderState.DONE)
    assert order.state in (OrderState.DONE, OrderState.WITHDRAWN)


def test_two_settle_a_withdrawal_and_one_charge_stands(shop):
    order = shop.accept(shop.offer(shop.draft(wish(shop), DAY), DAY), DAY)
    at = shop.at("2026-12-03")
    services.note_work(
        order=order, began_on=date(2026, 12, 2), what="Survey", by=shop.staff, at=at
    )
    services.withdraw_order(order=order, by=shop.holder, at=at)

    def settle(amount: str):
        return services.settle_withdrawal(
            order=order, amount_ex=Decimal(amount), breakdown="Survey", by=shop.staff, at=at
        )

    at_once([lambda: settle("2600.00"), lambda: settle("2700.00")])

    assert Chargeable.objects.count() == 1


def test_asked_for_by_many_clicks_is_one_offer(shop):
    plan = shop.plan("20.00", ServiceKind.SIP_TRUNK)

    def ask():
        return services.ask_order(
            account=shop.world.account, plan=plan, quantity=1, by=shop.holder, at=shop.at(DAY)
        )

    found = at_once([ask] * 4)

    assert {type(one) for one in found} == {Order}
    order = Order.objects.get()
    assert (order.state, order.lines.count()) == (OrderState.OFFERED, 1)
    assert Notice.objects.filter(subject_ref=order.reference).count() == 1


def test_a_new_customer_taken_down_by_many_clicks_is_one(shop):
    line = wish(shop)
    found = at_once([lambda: take_down(shop, line)] * 4)

    assert {type(one) for one in found} == {Order}
    assert Order.objects.count() == 1
    assert Invitation.objects.filter(account=Order.objects.get().account).count() == 1
