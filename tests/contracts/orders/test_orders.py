"""Orders: each way to their end, what is refused with what to do, and each thing done once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from contracts.agreements.models import Contract
from contracts.catalogue.models import Plan
from contracts.catalogue.states import ServiceKind
from contracts.orders import services
from contracts.orders.models import CapacityCheck, Order
from contracts.orders.services import LineWish, OrderRefused, TicksMissing
from contracts.orders.states import OrderState, Outcome
from contracts.supply.models import Chargeable, Service
from parties.accounts.states import AccountStatus
from parties.authority.selectors import NotAuthorised
from records.notices.models import Notice
from terms.facts import Role
from terms.lifecycle import IllegalStep
from tests.contracts.orders.orders import Shop, open_shop
from tests.world import appoint, make_provider, make_user, make_world

pytestmark = pytest.mark.django_db
OFFERED = "2026-12-01"


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def wish(shop: Shop, **facts) -> LineWish:
    given = {"label": "Lines", "plan": shop.plan("20.00", ServiceKind.SIP_TRUNK)} | facts
    return LineWish(**given)


def offered(shop: Shop, **facts) -> Order:
    return shop.offer(shop.draft(wish(shop, **facts), OFFERED), OFFERED)


def told(order: Order) -> str:
    return Notice.objects.filter(subject_ref=order.reference).latest("pk").text


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"months": 0}, "1 to 120 months"),
        ({"months": 1000}, "1 to 120 months"),
        ({"quantity": 0}, "1 to 10,000"),
        ({"unit_fee": Decimal("-1")}, "not below"),
        ({"unit_fee": Decimal("99999999999.99")}, "more than"),
        ({"plan": None}, "Choose a plan"),
        ({"plan": None, "once": Decimal("9"), "months": 3}, "needs a plan"),
        ({"plan": None, "once": Decimal("9"), "numbers": "03 1"}, "choose its plan"),
        ({"label": "  "}, "Say what it is"),
    ],
)
def test_line_that_cannot_be_is_refused_with_what_to_do(shop, facts, says):
    with pytest.raises(OrderRefused, match=says):
        shop.draft(wish(shop, **facts), OFFERED)
    assert not Order.objects.exists()


def test_plan_of_another_provider_is_refused(shop):
    plan = Plan.objects.create(
        provider=make_provider("vpnet"), code="x", name="x", kind="nbn", monthly_fee=1
    )
    with pytest.raises(OrderRefused, match="another provider"):
        shop.draft(wish(shop, plan=plan), OFFERED)


def test_closed_account_gets_no_order_and_no_offer_and_accepts_none(shop):
    order = shop.draft(wish(shop), OFFERED)
    other = offered(shop, label="Others")
    account = shop.world.account
    account.status = AccountStatus.CLOSED
    account.save()

    for step in (
        lambda: shop.draft(wish(shop, label="New"), OFFERED),
        lambda: shop.offer(order, OFFERED),
        lambda: shop.accept(other, OFFERED),
    ):
        with pytest.raises(OrderRefused, match="is closed"):
            step()


def test_written_twice_or_with_the_same_line_twice_is_one(shop):
    line = wish(shop)
    assert shop.draft(line, OFFERED) == shop.draft(line, OFFERED)
    order = Order.objects.get()
    services.add_line(order=order, line=line, by=shop.staff, at=shop.at(OFFERED))
    assert order.lines.count() == 1


def test_price_of_the_offer_stays_whatever_the_list_says_later(shop):
    order = offered(shop, months=12)
    Plan.objects.update(monthly_fee=Decimal("99.00"))
    service = shop.activate(shop.accept(order, "2026-12-03").lines.get(), "2026-12-05")
    assert service.periods.get().unit_fee == Decimal("20.00")


@pytest.mark.parametrize("until", [date(2026, 11, 30), date(2027, 6, 1)])
def test_last_day_that_is_none_is_refused(shop, until):
    order = shop.draft(wish(shop), OFFERED)
    with pytest.raises(OrderRefused, match="Give a last day"):
        services.offer_order(order=order, open_until=until, by=shop.staff, at=shop.at(OFFERED))


def test_small_order_and_unprotected_customer_need_no_look_at_what_they_can_pay():
    assert offered(open_shop()).state == OrderState.OFFERED
    large = open_shop(spend="999999.00", negotiated=True)
    assert offered(large, months=36, unit_fee=Decimal("900")).state == OrderState.OFFERED


def test_refusal_after_looking_has_its_reasons_and_tells(shop):
    order = shop.draft(wish(shop, months=36, unit_fee=Decimal("900")), OFFERED)
    for _ in range(2):
        services.check_capacity(
            order=order,
            outcome=Outcome.CANNOT_PAY,
            reasons="Income of 1,000 a month",
            by=shop.staff,
            at=shop.at(OFFERED),
        )
    order.refresh_from_db()
    assert (order.state, order.ended_why) == (OrderState.REFUSED, "Income of 1,000 a month")
    assert CapacityCheck.objects.get().value == Decimal("35640.00")
    assert "Income of 1,000 a month" in told(order)
    with pytest.raises(OrderRefused):
        shop.offer(order, OFFERED)


def test_every_tick_is_its_own_and_none_is_given_beforehand(shop):
    order = offered(shop)
    ticks = [one.pk for one in order.ticks.all()]
    assert len(ticks) >= 3
    for missing in ticks:
        with pytest.raises(TicksMissing) as refused:
            shop.accept(order, OFFERED, ticked=[one for one in ticks if one != missing])
        assert refused.value.missing == [missing]
    order.refresh_from_db()
    assert order.state == OrderState.OFFERED
    assert not order.ticks.filter(ticked_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"total_shown": Decimal("1.00")}, "has changed since you looked"),
        ({"signed_as": "  "}, "Type your name"),
    ],
)
def test_accepting_what_was_not_seen_or_not_signed_is_refused(shop, facts, says):
    with pytest.raises(OrderRefused, match=says):
        shop.accept(offered(shop), OFFERED, **facts)


def test_accepted_twice_is_once_and_keeps_who_when_and_what(shop):
    order = offered(shop)
    first = shop.accept(order, "2026-12-03 09:00")
    again = shop.accept(order, "2026-12-03 09:01")
    assert (first.accepted_at, again.accepted_at) == (shop.at("2026-12-03 09:00"),) * 2
    assert all(one.ticked_at for one in first.ticks.all())
    accepted = Notice.objects.filter(title__startswith="You accepted")
    assert {one.to for one in accepted} == {"bills@people.example", shop.holder.email}
    assert accepted.count() == 2


def test_staff_and_strangers_accept_nothing(shop):
    order = offered(shop)
    for who in (shop.staff, make_world("comvergence").holder):
        with pytest.raises(NotAuthorised):
            shop.accept(order, OFFERED, by=who)


def test_representative_accepts_within_their_limit_together_with_what_went_before(shop):
    person = make_user("Jordan Lee")
    appoint(
        shop.world.account,
        person,
        Role.AUTHORISED_REP,
        ends_on=date(2028, 1, 1),
        max_expense=Decimal("40.00"),
    )
    shop.accept(offered(shop, label="One"), OFFERED, by=person)
    with pytest.raises(NotAuthorised):
        shop.accept(offered(shop, label="Two"), OFFERED, by=person)


def test_offer_lapses_after_its_last_day_and_tells_once(shop):
    order = shop.offer(shop.draft(wish(shop), OFFERED), OFFERED, days=3)
    assert services.lapse_offers(at=shop.at("2026-12-04 23:59")) == 0
    assert services.lapse_offers(at=shop.at("2026-12-05 00:01")) == 1
    assert services.lapse_offers(at=shop.at("2026-12-06")) == 0
    order.refresh_from_db()
    assert (order.state, order.ended_why) == (
        OrderState.LAPSED,
        "Not accepted by Fri 4 Dec 2026",
    )
    assert "could be accepted until Fri 4 Dec 2026" in told(order)
    with pytest.raises(OrderRefused, match="Ask us for a new"):
        shop.accept(order, "2026-12-06")


def test_offer_that_no_sweep_has_ended_yet_is_over_all_the_same(shop):
    order = shop.offer(shop.draft(wish(shop), OFFERED), OFFERED, days=3)
    with pytest.raises(OrderRefused, match="until Fri 4 Dec 2026"):
        shop.accept(order, "2026-12-05 00:01")


def test_declined_is_over_and_tells_once(shop):
    order = offered(shop)
    for _ in range(2):
        services.decline_order(order=order, by=shop.holder, at=shop.at(OFFERED), why="Too dear")
    order.refresh_from_db()
    assert (order.state, order.ended_why) == (OrderState.DECLINED, "Too dear")
    assert Notice.objects.filter(subject_ref=order.reference).count() == 2
    with pytest.raises(OrderRefused):
        shop.accept(order, OFFERED)


def test_cancelled_draft_tells_nobody_and_a_cancelled_offer_tells_why(shop):
    draft, offer = shop.draft(wish(shop), OFFERED), offered(shop, label="Others")
    for order in (draft, offer):
        services.cancel_order(
            order=order, why="No fibre there", by=shop.staff, at=shop.at(OFFERED)
        )
    assert not Notice.objects.filter(subject_ref=draft.reference).exists()
    assert "No fibre there" in told(offer)
    with pytest.raises(IllegalStep):
        services.cancel_order(
            order=Order.objects.create(
                account=shop.world.account,
                reference="N-X",
                state=OrderState.LAPSED,
                drafted_at=shop.at(OFFERED),
                drafted_by=shop.staff,
            ),
            why="No fibre",
            by=shop.staff,
            at=shop.at(OFFERED),
        )


def two_lines(shop: Shop, **facts) -> Order:
    order = shop.draft(wish(shop, label="One", months=12), OFFERED)
    services.add_line(
        order=order, line=wish(shop, label="Two", **facts), by=shop.staff, at=shop.at(OFFERED)
    )
    return shop.accept(shop.offer(order, OFFERED), OFFERED)


def test_each_line_comes_on_its_day_with_a_contract_for_its_term(shop):
    order = two_lines(shop)
    one, two = order.lines.all()
    shop.activate(one, "2026-12-04")
    assert Order.objects.get().state == OrderState.ACCEPTED
    with pytest.raises(OrderRefused, match="works already"):
        services.withdraw_order(order=order, by=shop.holder, at=shop.at("2026-12-04"))
    shop.activate(two, "2026-12-09", identifier="SVC 2")
    assert Order.objects.get().state == OrderState.DONE
    found = Contract.objects.filter(account=shop.world.account).order_by("pk")
    assert [(row.minimum_months, row.started_on) for row in found] == [
        (12, date(2026, 12, 1)),
        (None, date(2026, 12, 1)),
    ]
    assert [row.reference for row in found] == [order.reference, f"{order.reference}-2"]


def test_activated_twice_is_one_service(shop):
    order = shop.accept(offered(shop), OFFERED)
    line = order.lines.get()
    assert shop.activate(line, "2026-12-04") == shop.activate(line, "2026-12-04")
    assert Service.objects.count() == 1


@pytest.mark.parametrize(
    ("on", "says"), [("2026-11-30", "accepted only on"), ("2027-01-30", "still to come")]
)
def test_line_works_on_no_day_before_the_agreement_nor_to_come(shop, on, says):
    order = shop.accept(offered(shop), OFFERED)
    with pytest.raises(OrderRefused, match=says):
        services.activate_line(
            line=order.lines.get(),
            activated_on=date.fromisoformat(on),
            held=Decimal(0),
            by=shop.staff,
            at=shop.at("2026-12-05"),
            identifier="SVC",
        )


def test_what_is_charged_once_is_charged_once(shop):
    order = two_lines(shop, plan=None, once=Decimal("100.00"))
    one, two = order.lines.all()
    for _ in range(2):
        services.provision_line(
            line=two,
            on=date(2026, 12, 4),
            held=Decimal(0),
            by=shop.staff,
            at=shop.at("2026-12-04"),
        )
    assert Chargeable.objects.get().amount == Decimal("110.00")
    shop.activate(one, "2026-12-04")
    assert Order.objects.get().state == OrderState.DONE


def test_line_that_will_not_come_is_dropped_and_the_rest_finishes(shop):
    order = two_lines(shop)
    one, two = order.lines.all()
    services.drop_line(line=two, why="No port free", by=shop.staff, at=shop.at("2026-12-03"))
    assert "No port free" in told(order)
    with pytest.raises(OrderRefused, match="only line left"):
        services.drop_line(line=one, why="Not either", by=shop.staff, at=shop.at("2026-12-03"))
    shop.activate(one, "2026-12-04")
    assert Order.objects.get().state == OrderState.DONE


@pytest.mark.parametrize("key", ["callpro", "vpnet", "blueshift", "greenlight"])
def test_order_of_every_provider_comes_to_work(key):
    shop = open_shop(key, state="NSW")
    order = shop.accept(offered(shop, months=12), "2026-12-02")
    service = shop.activate(order.lines.get(), "2026-12-04", ready_on=date(2026, 12, 4))
    assert service.periods.get().starts_on == date(2026, 12, 4)
    assert Order.objects.get().state == OrderState.DONE


def test_service_that_is_set_up_before_it_works_is_billed_as_the_terms_say():
    """BS-CON-04: charges run from provisioning; the others from the day it works."""
    shop = open_shop("blueshift", state="QLD")
    order = shop.accept(offered(shop), "2026-12-02")
    line = order.lines.get()
    services.provision_line(
        line=line, on=date(2026, 12, 3), held=Decimal(0), by=shop.staff, at=shop.at("2026-12-03")
    )
    assert shop.activate(line, "2026-12-07").periods.get().starts_on == date(2026, 12, 3)


@pytest.mark.parametrize(
    ("key", "told", "used", "starts"),
    [
        # BS-CON-03: told that it is ready, or the first use if sooner.
        ("blueshift", "2026-12-10", "", "2026-12-10"),
        ("blueshift", "2026-12-10", "2026-12-09", "2026-12-09"),
        ("blueshift", "", "", "2026-12-08"),
        ("blueshift", "2026-12-07", "", "2026-12-08"),
        # VP-CON-04: the first connection, whatever is told.
        ("vpnet", "2026-12-10", "", "2026-12-08"),
    ],
)
def test_a_service_starts_on_the_day_that_the_terms_name(key, told, used, starts):
    shop = open_shop(key)
    plan = shop.plan("29.00", ServiceKind.SIP_TRUNK)
    order = shop.agreed(LineWish(label="Line", plan=plan), "2026-12-01", "2026-12-02")
    days = {"ready_on": told, "first_used_on": used}
    known = {name: date.fromisoformat(day) for name, day in days.items() if day}

    service = shop.activate(order.lines.get(), "2026-12-08", **known)

    assert service.activated_on == date.fromisoformat(starts)


@pytest.mark.parametrize("moves", [False, True])
def test_the_address_confirmed_with_a_phone_is_on_file_when_it_works(moves):
    shop = open_shop()
    lines = shop.plan("120.00", ServiceKind.SIP_TRUNK)
    order = shop.agreed(LineWish(label="SIP", plan=lines), "2026-12-01", "2026-12-02")
    account = shop.world.account
    if moves:
        account.street = "9 New Street"
        account.save()
    service = shop.activate(order.lines.get(), "2026-12-08")

    row = service.addresses.get(told="order")
    said = (row.stage, row.told, row.confirmed_at == order.accepted_at)
    if moves:
        assert said == ("asked", "order", False)
        assert row.street == "9 New Street"
    else:
        assert said == ("on_file", "order", True)
        assert (row.confirmed_by, row.used_from) == (shop.holder, date(2026, 12, 8))
        assert "CV-VOI-05" in {one["id"] for one in row.because}


def test_what_calls_no_000_files_no_address():
    shop = open_shop()
    plan = shop.plan("120.00", ServiceKind.FIBRE)
    order = shop.agreed(LineWish(label="Fibre", plan=plan), "2026-12-01", "2026-12-02")

    assert not shop.activate(order.lines.get(), "2026-12-08").addresses.exists()
