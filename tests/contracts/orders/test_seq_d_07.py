"""seq-d-07: CALLPRO, Canberra: waiver and vendors at the order, a new version of the terms for
existing and new customers, leaving where the terms name no charge."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.agreements.selectors import version_of_paper
from contracts.agreements.services import note_figure
from contracts.agreements.states import Basis, FigureKind
from contracts.catalogue.models import VendorLink
from contracts.catalogue.states import ServiceKind
from contracts.leaving import selectors as leaving
from contracts.orders import services
from contracts.orders.models import Order
from contracts.orders.services import LineWish, TicksMissing
from contracts.orders.states import TickKind
from contracts.requests.selectors import guarantee_owed, waiver_of
from contracts.requests.services import Report, report_fault
from contracts.requests.states import Trouble
from contracts.supply.models import Service
from parties.accounts.models import TermsAcceptance
from parties.accounts.states import AcceptanceAct
from terms import library
from terms.rules.supply import Delay
from tests.contracts.orders.orders import Shop, open_shop
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
OLD, NEW = "2025-10", "2027-03"


@pytest.fixture(autouse=True)
def march(tmp_path: Path, monkeypatch) -> Iterator[None]:
    """New terms headed “March 2027”, with no change that hurts."""
    shutil.copytree(library.PROFILES, tmp_path / "profiles")
    folder = tmp_path / "profiles" / "callpro"
    text = (folder / f"{OLD}.yaml").read_text(encoding="utf-8")
    text = text.replace(f'version: "{OLD}"\nreading: 2', f'version: "{NEW}"', 1)
    text = text.replace("in_force_from: 2025-10-31", "in_force_from: 2027-03-31", 1)
    (folder / f"{NEW}.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(library, "PROFILES", tmp_path / "profiles")
    library.load.cache_clear()
    yield
    library.load.cache_clear()


def at(**facts) -> Shop:
    return open_shop("callpro", state="ACT", **facts)


def another(shop: Shop) -> Shop:
    world: World = make_world("callpro", state="ACT")
    return Shop(world, shop.staff)


def quotation(shop: Shop, name: str, offered: str) -> Order:
    plan = shop.plan("180.00", ServiceKind.PHONE_SYSTEM, name=f"3CX on SIP {name}")
    order = shop.draft(
        LineWish(label="3CX", plan=plan, months=12, basis="ex"), offered, quotation=name
    )
    services.add_line(
        order=order,
        line=LineWish(label="SIP", plan=shop.plan("0.00", ServiceKind.SIP_TRUNK)),
        by=shop.staff,
        at=shop.at(offered),
    )
    shop.assess(order, offered)
    return shop.offer(order, offered)


def clauses(because: list[dict[str, object]]) -> set[object]:
    return {one["id"] for one in because}


def running(shop: Shop, order: Order, accepted: str) -> Service:
    shop.accept(order, accepted)
    one, two = order.lines.all()
    shop.activate(two, "2026-12-01", identifier="SIP 1")
    return shop.activate(one, "2026-12-01", identifier="PBX 1")


def leaving_on(service: Service, on: str, today: str = "2027-05-10") -> leaving.Leaving:
    service = Service.objects.select_related("plan", "contract__account__customer__provider").get(
        pk=service.pk
    )
    return leaving.leaving_of(
        service, today=date.fromisoformat(today), asked_on=date.fromisoformat(on)
    )


def test_12_nov_each_vendor_and_the_waiver_have_a_tick_of_their_own():
    shop = at()
    VendorLink.objects.create(
        provider=shop.world.provider, vendor="3cx", link="https://vendor.example/terms"
    )
    order = quotation(shop, "Q1", "2026-11-12")

    vendors = {one.about: one for one in order.ticks.all() if one.kind == TickKind.VENDOR}
    assert set(vendors) == {"3CX", "Breeze Connect"}
    assert vendors["3CX"].link == "https://vendor.example/terms"
    assert vendors["Breeze Connect"].link == ""
    assert "No link to them was supplied" in vendors["Breeze Connect"].words
    assert {"CP-CON-02", "CP-CON-03"} <= clauses(vendors["3CX"].because)
    waiver = order.ticks.get(kind=TickKind.CSG_WAIVER)
    assert waiver.link.startswith("https://www.acma.gov.au/")
    assert "CP-CON-05" in clauses(waiver.because)
    assert not order.ticks.filter(ticked_at__isnull=False).exists()


def test_without_the_waiver_the_order_cannot_go_on_and_nothing_is_inferred():
    shop = at()
    order = quotation(shop, "Q1", "2026-11-12")
    others = order.ticks.exclude(kind=TickKind.CSG_WAIVER).values_list("pk", flat=True)

    with pytest.raises(TicksMissing) as refused:
        shop.accept(order, "2026-11-16", ticked=list(others))

    assert refused.value.missing == [order.ticks.get(kind=TickKind.CSG_WAIVER).pk]
    assert "CP-CON-05" in clauses(refused.value.because)
    assert not TermsAcceptance.objects.filter(act=AcceptanceAct.ACCEPT_QUOTE).exists()


def test_16_nov_accepting_is_assent_with_who_when_and_act():
    shop = at()
    shop.accept(quotation(shop, "Q1", "2026-11-12"), "2026-11-16")

    kept = TermsAcceptance.objects.get(act=AcceptanceAct.ACCEPT_QUOTE)
    assert (kept.version, kept.binds_from) == (OLD, date(2026, 11, 16))
    assert kept.accepted_by == shop.holder


@pytest.mark.parametrize(
    ("paper", "on", "version"),
    [
        ("invoice", date(2027, 3, 30), OLD),
        ("invoice", date(2027, 3, 31), NEW),
        ("invoice", date(2027, 4, 30), NEW),
        ("quote", date(2027, 3, 30), OLD),
        ("quote", date(2027, 4, 1), NEW),
    ],
)
def test_31_mar_is_the_day_of_publication_and_each_paper_has_its_own_version(paper, on, version):
    found, because = version_of_paper(at().world.account, paper, on)

    assert found == version
    assert "CP-VAR-02" in clauses(because)


def test_otherwise_in_writing_there_is_no_version():
    account = at().world.account
    found, because = version_of_paper(
        account, "invoice", date(2027, 4, 30), otherwise_in_writing=True
    )
    assert found is None
    assert "CP-VAR-02" in clauses(because)


def test_quotations_keep_the_version_of_their_own_day():
    shop = at()
    first = running(shop, quotation(shop, "Q1", "2026-11-12"), "2026-11-16")
    third, fourth = another(shop), another(shop)
    q3 = third.accept(quotation(third, "Q3", "2027-03-30"), "2027-04-02")
    q4 = fourth.accept(quotation(fourth, "Q4", "2027-04-01"), "2027-04-02")

    assert (first.contract.version, q3.version, q4.version) == (OLD, OLD, NEW)
    kept = TermsAcceptance.objects.filter(act=AcceptanceAct.ACCEPT_QUOTE).order_by("pk")
    assert [one.version for one in kept] == [OLD, OLD, NEW]


@pytest.mark.parametrize(
    ("on", "cost"), [("2027-05-15", Decimal("594.00")), ("2027-12-01", Decimal("0.00"))]
)
def test_10_may_a_pays_what_the_quotation_says_and_not_the_terms(on, cost):
    shop = at()
    service = running(shop, quotation(shop, "Q1", "2026-11-12"), "2026-11-16")
    note_figure(
        contract=service.contract,
        service_id=service.pk,
        kind=FigureKind.QUOTED_EARLY_CHARGE,
        amount=Decimal("540.00"),
        basis=Basis.EX,
        agreed_in="quotation Q1",
        ends_before=date(2027, 11, 30),
        by=shop.staff,
        at=shop.at("2026-12-01"),
    )

    found = leaving_on(service, on)

    assert found.cost.total == cost
    assert not {one for part in found.cost.parts for one in clauses(part.because)} & {
        one.id for one in library.load("callpro", OLD).clauses
    }


def test_10_may_b_pays_nothing_because_the_terms_name_no_charge():
    shop = at()
    service = running(shop, quotation(shop, "Q2", "2026-11-12"), "2026-11-17")

    found = leaving_on(service, "2027-05-15")

    assert (found.cost.total, found.cost.unknown) == (Decimal("0.00"), ())
    assert any("name no charge" in part.says for part in found.cost.parts)


def test_ever_after_nothing_is_offered_under_the_guarantee_that_was_given_up():
    shop = at()
    order = quotation(shop, "Q1", "2026-11-12")
    running(shop, order, "2026-11-16")
    sip = Service.objects.select_related("contract__account__customer__provider", "plan").get(
        identifier="SIP 1"
    )
    contract = sip.contract
    assert (contract.csg_waived_on, contract.csg_waived_in) == (
        date(2026, 11, 16),
        order.reference,
    )
    fault = report_fault(
        service=sip,
        report=Report(trouble=Trouble.DEAD, what="Dead"),
        by=shop.holder,
        at=shop.at("2026-12-10"),
    )

    owed = guarantee_owed(fault, delay=Delay.REPAIR, days_late=5, waived=False)

    assert not owed.amount
    assert "CP-CON-05" in clauses(owed.because)
    assert waiver_of(sip) is not None
