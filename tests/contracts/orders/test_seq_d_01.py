"""seq-d-01: Comvergence, Melbourne: an order withdrawn, one with numbers over Christmas, and two
that start on a 31st and leave their term blank."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from contracts.agreements.models import Contract
from contracts.catalogue.states import ServiceKind
from contracts.orders import selectors as orders
from contracts.orders import services
from contracts.orders.models import Order
from contracts.orders.services import LineWish, OrderRefused
from contracts.orders.states import OrderState, PortState, TickKind
from contracts.supply.models import Chargeable, Service
from contracts.supply.selectors import term_of
from parties.accounts.models import TermsAcceptance
from parties.accounts.states import AcceptanceAct
from records.notices.models import Notice
from tests.contracts.orders.orders import Shop, open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def fibre(shop: Shop) -> LineWish:
    return LineWish(label="Fibre", plan=shop.plan("495.00", ServiceKind.DATA), months=36)


def sip(shop: Shop) -> LineWish:
    return LineWish(
        label="SIP",
        plan=shop.plan("120.00", ServiceKind.SIP_TRUNK),
        months=24,
        numbers="03 9999 1111, 03 9999 1112",
    )


def clauses(because: list[dict[str, object]]) -> set[object]:
    return {one["id"] for one in because}


def ended(shop: Shop, service: Service, on: str) -> date | None:
    found = term_of(service.contract, service, date.fromisoformat(on)).result
    return found.ends_on


def withdrawn(shop: Shop, *, work: bool = True) -> Order:
    order = shop.agreed(fibre(shop), "2026-12-01", "2026-12-02 10:00", deposit="990.00")
    if work:
        services.note_work(
            order=order,
            began_on=date(2026, 12, 4),
            what="Survey and design by the carriers",
            by=shop.staff,
            at=shop.at("2026-12-04"),
        )
    when = "2026-12-09 10:00" if work else "2026-12-02 11:00"
    return services.withdraw_order(order=order, by=shop.holder, at=shop.at(when))


def test_1_dec_total_is_shown_and_capacity_assessed_before_anything_is_agreed(shop):
    order = shop.draft(fibre(shop), "2026-12-01", deposit="990.00")
    found = orders.figures(order, date(2026, 12, 1))
    assert (found.total.ex, found.total.inc) == (Decimal("17820.00"), Decimal("19602.00"))

    with pytest.raises(OrderRefused, match=r"whether they can pay \$19,602.00") as refused:
        shop.offer(order, "2026-12-01")
    assert "RF-TCP-25" in clauses(refused.value.because)

    shop.assess(order, "2026-12-01")
    offered = shop.offer(order, "2026-12-01")
    assert (offered.total_ex, offered.total_inc) == (found.total.ex, found.total.inc)
    assert offered.summary is not None
    assert offered.version == "2023-02-13"
    assert not Contract.objects.filter(account=shop.world.account).exists()


def test_1_dec_nothing_is_delivered_before_the_deposit_is_paid(shop):
    order = shop.agreed(fibre(shop), "2026-12-01", "2026-12-02", deposit="990.00")
    line = order.lines.get()

    for held in ("0.00", "989.99"):
        with pytest.raises(OrderRefused, match=r"\$990.00 is not paid") as refused:
            shop.activate(line, "2026-12-07", held=Decimal(held))
        assert "CV-CON-07" in clauses(refused.value.because)
    assert shop.activate(line, "2026-12-07", held=Decimal("990.00")).activated_on


def test_2_dec_agreement_begins_and_the_minimum_period_does_not(shop):
    order = shop.agreed(fibre(shop), "2026-12-01", "2026-12-02", deposit="990.00")
    assert (order.state, str(order.accepted_by)) == (OrderState.ACCEPTED, "Mia Conti")

    service = shop.activate(order.lines.get(), "2026-12-14", held=Decimal("990.00"))
    assert service.contract.started_on == date(2026, 12, 2)
    assert ended(shop, service, "2026-12-14") == date(2029, 12, 13)


def test_9_dec_withdrawing_shows_a_range_by_work_done_and_posts_nothing(shop):
    order = withdrawn(shop)

    found = order.withdrawal
    assert (found.min_ex, found.max_ex) == (Decimal("2500.00"), Decimal("10000.00"))
    assert "CV-TRM-04" in clauses(found.because)
    assert found.settled_at is None
    assert not Chargeable.objects.exists()
    told = Notice.objects.filter(subject_ref=order.reference).latest("pk")
    assert "$2,750.00 to $11,000.00" in told.text


def test_11_dec_breakdown_is_posted_to_the_cent_once(shop):
    order = withdrawn(shop)
    given = {
        "order": order,
        "amount_ex": Decimal("2860.00"),
        "breakdown": "Survey 1,200.00, design 1,660.00",
        "by": shop.staff,
        "at": shop.at("2026-12-11"),
    }
    for _ in range(2):
        services.settle_withdrawal(**given)

    charge = Chargeable.objects.get()
    assert (charge.amount, charge.incurred_on) == (Decimal("3146.00"), date(2026, 12, 11))
    assert "Survey 1,200.00" in charge.description
    assert "CV-TRM-04" in clauses(charge.because)


@pytest.mark.parametrize("amount", ["0.01", "2499.99", "10000.01", "-1.00"])
def test_no_fee_is_made_up_outside_the_range(shop, amount):
    order = withdrawn(shop)

    with pytest.raises(OrderRefused, match=r"\$2,500.00 to \$10,000.00"):
        services.settle_withdrawal(
            order=order,
            amount_ex=Decimal(amount),
            breakdown="Some work",
            by=shop.staff,
            at=shop.at("2026-12-11"),
        )
    assert not Chargeable.objects.exists()


def test_twin_withdrawn_before_any_work_costs_nothing(shop):
    order = withdrawn(shop, work=False)

    assert (order.withdrawal.min_ex, order.withdrawal.amount_ex) == (None, Decimal("0.00"))
    assert order.withdrawal.settled_at is not None
    told = Notice.objects.filter(subject_ref=order.reference).latest("pk")
    assert "Nothing is charged for it" in told.text


def test_no_word_of_a_cooling_off_that_no_document_has(shop):
    order = withdrawn(shop)
    told = " ".join(
        Notice.objects.filter(subject_ref=order.reference).values_list("text", flat=True)
    )
    assert "cooling" not in told.lower()


def ported(shop: Shop) -> Order:
    return shop.agreed(sip(shop), "2026-12-14", "2026-12-15")


def send(shop: Shop, order: Order, when: str) -> date | None:
    port = order.lines.get().port
    return services.send_advice(
        port=port, sent_at=shop.at(when), by=shop.staff, at=shop.at(when)
    ).not_before


def rejected(shop: Shop, order: Order) -> None:
    services.reject_move(
        port=order.lines.get().port,
        rejected_at=shop.at("2026-12-29 12:00"),
        why="Account number wrong",
        by=shop.staff,
        at=shop.at("2026-12-29 12:00"),
    )


def test_14_dec_total_and_ticks(shop):
    order = shop.draft(sip(shop), "2026-12-14")
    with pytest.raises(OrderRefused):
        shop.offer(order, "2026-12-14")
    shop.assess(order, "2026-12-14")
    shop.offer(order, "2026-12-14")

    assert (order.total_ex, Order.objects.get().total_inc) == (None, Decimal("3168.00"))
    kinds = {one.kind for one in order.ticks.all()}
    assert {TickKind.KEEP_OLD, TickKind.EXTRAS, TickKind.EMERGENCY} <= kinds
    assert not any(one.ticked_at for one in order.ticks.all())


def test_24_dec_first_day_of_the_cut_over_skips_days_kept_everywhere(shop):
    order = ported(shop)
    assert send(shop, order, "2026-12-24 11:00") == date(2026, 12, 31)
    assert "CV-VOI-01" in clauses(order.lines.get().port.because)


def test_30_dec_sent_again_counts_anew(shop):
    order = ported(shop)
    send(shop, order, "2026-12-24 11:00")
    rejected(shop, order)
    assert order.lines.get().port.state == PortState.REJECTED
    assert send(shop, order, "2026-12-30 10:00") == date(2027, 1, 5)


@pytest.mark.parametrize(
    ("moved", "works"),
    [
        ("2027-01-04 10:15", False),
        ("2027-01-05 08:59", False),
        ("2027-01-05 17:01", False),
        ("2027-01-05 10:15", True),
    ],
)
def test_cut_over_only_from_its_day_and_in_its_hours(shop, moved, works):
    order = ported(shop)
    send(shop, order, "2026-12-24 11:00")
    rejected(shop, order)
    send(shop, order, "2026-12-30 10:00")
    port = order.lines.get().port
    services.request_cutover(
        port=port, received_at=shop.at("2027-01-04 09:30"), by=shop.staff, at=shop.at(moved)
    )
    given = {"port": port, "moved_at": shop.at(moved), "by": shop.staff, "at": shop.at(moved)}
    if works:
        assert services.note_moved(**given).state == PortState.MOVED
    else:
        with pytest.raises(OrderRefused) as refused:
            services.note_moved(**given)
        assert clauses(refused.value.because) & {"CV-VOI-01", "CV-NOT-04"}


@pytest.mark.parametrize(
    ("asked", "works"), [("2027-01-05 09:29", True), ("2027-01-05 09:31", False)]
)
def test_move_can_be_stopped_until_its_request_came(shop, asked, works):
    order = ported(shop)
    send(shop, order, "2026-12-24 11:00")
    rejected(shop, order)
    send(shop, order, "2026-12-30 10:00")
    port = order.lines.get().port
    if not works:
        services.request_cutover(
            port=port,
            received_at=shop.at("2027-01-05 09:30"),
            by=shop.staff,
            at=shop.at("2027-01-05 09:30"),
        )
        with pytest.raises(OrderRefused) as refused:
            services.stop_move(port=port, by=shop.holder, at=shop.at(asked))
        assert "CV-VOI-02" in clauses(refused.value.because)
        return
    assert services.stop_move(port=port, by=shop.holder, at=shop.at(asked)).state == (
        PortState.WITHDRAWN
    )


def test_5_jan_term_runs_from_activation_and_the_order_is_done(shop):
    order = ported(shop)
    send(shop, order, "2026-12-24 11:00")
    rejected(shop, order)
    send(shop, order, "2026-12-30 10:00")
    port = order.lines.get().port
    for step, when in (
        (services.request_cutover, "2027-01-05 09:30"),
        (services.note_moved, "2027-01-05 10:15"),
    ):
        name = "received_at" if step is services.request_cutover else "moved_at"
        step(port=port, by=shop.staff, at=shop.at(when), **{name: shop.at(when)})
        assert Order.objects.get().state == OrderState.ACCEPTED

    service = shop.activate(order.lines.get(), "2027-01-05")

    assert ended(shop, service, "2027-01-05") == date(2029, 1, 4)
    assert service.periods.get().starts_on == date(2027, 1, 5)
    assert service.periods.get().unit_fee == Decimal("120.00")
    assert Order.objects.get().state == OrderState.DONE
    kept = TermsAcceptance.objects.get(act=AcceptanceAct.ENGAGE_SERVICE)
    assert (kept.version, kept.binds_from) == ("2023-02-13", date(2027, 1, 5))


@pytest.mark.parametrize(
    ("fee", "kind", "last"),
    [
        ("39.00", ServiceKind.MOBILE, date(2027, 2, 28)),
        ("150.00", ServiceKind.FIREWALL, date(2030, 1, 30)),
    ],
)
def test_31_jan_blank_terms_are_filled_by_the_document(shop, fee, kind, last):
    line = LineWish(label="Blank", plan=shop.plan(fee, kind))
    order = shop.agreed(line, "2027-01-20", "2027-01-21")
    service = shop.activate(order.lines.get(), "2027-01-31")
    assert ended(shop, service, "2027-01-31") == last
