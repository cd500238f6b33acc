"""The price list: two people, a day, and nothing for whoever has a plan already."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from contracts.catalogue import services
from contracts.catalogue.models import ListChange, Plan
from contracts.catalogue.selectors import list_price, list_versions, price_list
from contracts.catalogue.services import ListRefused, Offer
from contracts.catalogue.states import ListState, ServiceKind
from contracts.orders.services import LineWish, OrderRefused, draft_order
from contracts.supply.selectors import other_plans
from parties.accounts.models import Provider
from parties.authority.selectors import NotAuthorised
from parties.people.models import User
from parties.people.states import StaffRole
from terms.lifecycle import IllegalStep
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.world import instant, make_provider, make_staff

pytestmark = pytest.mark.django_db

OFFER = Offer(
    code="sip-gold", name="SIP Gold", kind=ServiceKind.SIP_TRUNK, monthly_fee=Decimal("44.00")
)


def biller(provider: Provider | None = None) -> User:
    return make_staff(StaffRole.BILLING, provider)


@pytest.fixture
def one() -> Agreement:
    return agree("vpnet", "33.00", since="2026-09-15", months=24, bill_day=10)


def price(one: Agreement, fee: str, on: str, **facts: Any) -> ListChange:
    given = {"by": biller(), "at": one.at("2027-03-01"), "why": "The board decided."} | facts
    return services.enter_price(
        plan=one.service.plan, monthly_fee=Decimal(fee), on=day(on), **given
    )


def yes(row: ListChange, one: Agreement, on: str = "2027-03-01") -> ListChange:
    return services.decide_list_change(change=row, approve=True, by=biller(), at=one.at(on))


def test_new_list_price_binds_orders_of_its_day_and_nobody_who_has_the_plan(one):
    row = price(one, "36.00", "2027-04-01")
    assert row.state == ListState.ASKED
    yes(row, one)
    assert services.carry_list_changes(at=one.at("2027-03-31", "23:00")) == 0
    assert services.carry_list_changes(at=one.at("2027-04-01", "00:30")) == 1
    assert services.carry_list_changes(at=one.at("2027-04-01", "00:31")) == 0

    plan = Plan.objects.get(pk=one.service.plan.pk)
    assert list_price(plan, day("2027-03-31")) == Decimal("33.00")
    assert list_price(plan, day("2027-04-01")) == Decimal("36.00")
    assert [str(each.unit_fee) for each in one.service.periods.all()] == ["33.000000"]
    provider = one.world.provider
    assert [each.monthly_fee for each in price_list(provider, day("2027-03-31"))] == [33]
    assert [each.monthly_fee for each in price_list(provider, day("2027-04-01"))] == [36]
    assert list_versions(provider, day("2027-04-02")) == [day("2027-04-01")]


def test_agreed_too_late_it_holds_from_that_day_and_no_earlier(one):
    row = yes(price(one, "36.00", "2027-03-02"), one, "2027-03-05")

    assert (row.on, row.state) == (day("2027-03-05"), ListState.DONE)
    assert list_price(row.plan, day("2027-03-04")) == Decimal("33.00")


def test_plan_comes_and_goes_with_its_days_in_the_list(one):
    provider = one.world.provider
    facts = {"provider": provider, "offer": OFFER, "why": "A new offer.", "by": biller()}
    row = services.enter_plan(on=day("2027-04-01"), at=one.at("2027-03-01"), **facts)
    assert services.enter_plan(on=day("2027-04-01"), at=one.at("2027-03-01"), **facts) == row
    wish = LineWish(label="Trunk", plan=row.plan)
    staff = make_staff(StaffRole.ADMINISTRATOR)
    with pytest.raises(OrderRefused, match="not offered"):
        draft_order(account=one.world.account, by=staff, at=one.at("2027-03-02"), line=wish)
    yes(row, one)
    assert other_plans(one.service) == []
    services.carry_list_changes(at=one.at("2027-04-01"))
    assert other_plans(one.service) == [row.plan]

    plan = Plan.objects.get(pk=row.plan.pk)
    last = services.enter_end(
        plan=plan, on=day("2027-05-01"), why="It sold badly.", by=biller(), at=one.at("2027-04-02")
    )
    yes(last, one, "2027-04-02")
    services.carry_list_changes(at=one.at("2027-05-01"))
    assert other_plans(one.service) == []
    names = {
        on: [each.plan.name for each in price_list(provider, day(on))]
        for on in ("2027-03-31", "2027-04-30", "2027-05-01")
    }
    mine = one.service.plan.name
    assert names == {
        "2027-03-31": [mine],
        "2027-04-30": sorted([mine, "SIP Gold"]),
        "2027-05-01": [mine],
    }


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"monthly_fee": Decimal("-5")}, r"from \$0.00"),
        ({"monthly_fee": Decimal("99999999999.99")}, r"from \$0.00"),
        ({"call_rate": Decimal("-0.1")}, r"from \$0.00"),
        ({"minimum_months": 0}, "1 to 120"),
        ({"minimum_months": 1000}, "1 to 120"),
        ({"every_months": 7}, "3, 6 or 12"),
        ({"name": " "}, "name"),
    ],
)
def test_plan_that_cannot_be_is_refused(facts, words):
    provider = make_provider("vpnet")
    with pytest.raises(ListRefused, match=words):
        services.enter_plan(
            provider=provider,
            offer=replace(OFFER, **facts),
            on=day("2027-04-01"),
            why="A new offer.",
            by=biller(),
            at=instant("2027-03-01 10:00"),
        )
    assert not Plan.objects.exists()


def test_what_cannot_be_entered_is_refused_with_what_to_do(one):
    tries = [
        ("33.00", "2027-04-01", {}, "has that price already"),
        ("36.00", "2027-02-28", {}, "Choose a day from Mon 1 Mar 2027"),
        ("36.00", "2031-01-01", {}, "to Fri 1 Mar 2030"),
        ("36.00", "2027-04-01", {"why": " "}, "Say why"),
        ("-0.01", "2027-04-01", {}, "from"),
    ]
    for fee, on, facts, words in tries:
        with pytest.raises(ListRefused, match=words):
            price(one, fee, on, **facts)
    first = price(one, "36.00", "2027-04-01")
    assert price(one, "36.00", "2027-04-01") == first
    with pytest.raises(ListRefused, match=r"\$36.00 is entered: drop that"):
        price(one, "37.00", "2027-04-01")


def test_nobody_agrees_to_their_own_nor_for_another_provider(one):
    by = biller()
    row = price(one, "36.00", "2027-04-01", by=by)
    at = one.at("2027-03-02")
    with pytest.raises(ListRefused, match="another person"):
        services.decide_list_change(change=row, approve=True, by=by, at=at)
    for stranger in (biller(make_provider("callpro")), one.world.holder):
        with pytest.raises(NotAuthorised):
            services.decide_list_change(change=row, approve=True, by=stranger, at=at)
        with pytest.raises(NotAuthorised):
            price(one, "38.00", "2027-05-01", by=stranger)
    with pytest.raises(ListRefused, match="reason"):
        services.decide_list_change(change=row, approve=False, by=biller(), at=at)
    services.drop_list_change(change=row, by=by, at=at, why="A mistake.")
    with pytest.raises(IllegalStep):
        yes(row, one)
    assert list_price(row.plan, day("2027-06-01")) == Decimal("33.00")
