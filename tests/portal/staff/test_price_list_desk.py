"""Staff change the price list: entered, agreed by another, read as of a day; no free form."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.catalogue.models import ListChange, Plan
from contracts.catalogue.states import ListState
from parties.people.states import StaffRole
from tests.contracts.leaving.contracts import Agreement, agree
from tests.parties.staff import sign_in_staff
from tests.portal.customer.test_what_people_see import read
from tests.world import make_provider, make_service, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(monkeypatch) -> Agreement:
    made = agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-03-01"))
    return made


@pytest.fixture
def desk(client, one):
    biller = make_staff(StaffRole.BILLING)
    return sign_in_staff(client, biller, because_of=one.world.account)


def plan_page(name: str, *args) -> str:
    return reverse(f"admin:contracts_plan_{name}", args=args)


def price_list(one: Agreement) -> str:
    return f"{plan_page('list')}?provider={one.world.provider.pk}"


def change_page(name: str, *args) -> str:
    return reverse(f"admin:contracts_listchange_{name}", args=args)


def test_price_is_entered_agreed_by_another_and_read_as_of_a_day(desk, one, client):
    plan = one.service.plan
    assert "1 service is on this plan: plan and price stay" in read(
        desk, plan_page("price_step", plan.pk)
    )
    given = {"monthly_fee": "36.00", "on": "2027-03-01", "why": "The board decided."}
    sent = desk.post(plan_page("price_step", plan.pk), given)
    row = ListChange.objects.get()
    assert sent["Location"] == change_page("change", row.pk)
    own = desk.post(change_page("decide_step", row.pk), {"approve": "yes"})
    assert "another person has to" in own.content.decode()
    assert change_page("decide_step", row.pk) not in read(desk, change_page("change", row.pk))

    other = sign_in_staff(client, make_staff(StaffRole.BILLING))
    assert "Changes of the price list that wait" in read(other, reverse("admin:index"))
    other.post(change_page("decide_step", row.pk), {"approve": "yes"})
    row.refresh_from_db()
    assert row.state == ListState.DONE
    now = read(other, price_list(one))
    before = read(other, price_list(one) + "&on=2027-02-28")
    assert "$36.00" in now
    assert "$33.00" in before
    assert "$36.00" not in before
    assert "$36.000" not in now
    assert "known up to today" in read(other, price_list(one) + "&on=2027-03-02")


def test_plan_is_read_only_and_another_offer_is_another_plan(desk, one):
    plan = one.service.plan
    edit = {"name": "Renamed", "monthly_fee": "-5", "code": plan.code}
    assert desk.post(plan_page("change", plan.pk), edit).status_code == 403
    given = {
        "provider": str(one.world.provider.pk),
        "code": "sip-gold",
        "name": "SIP Gold",
        "kind": "sip_trunk",
        "monthly_fee": "-5",
        "every_months": "1",
        "on": "2027-04-01",
        "why": "A new offer.",
    }
    refused = desk.post(plan_page("add"), given)
    assert refused.status_code == 200
    assert 'value="SIP Gold"' in refused.content.decode()
    assert desk.post(plan_page("add"), given | {"monthly_fee": "44.00"}).status_code == 302
    assert Plan.objects.get(code="sip-gold").is_listed is False
    again = desk.post(plan_page("add"), given | {"monthly_fee": "45.00"})
    assert "is in use" in again.content.decode()
    for step in ("price_step", "end_step"):
        assert desk.get(plan_page(step, Plan.objects.get(code="sip-gold").pk)).status_code == 404


def test_strangers_and_other_roles_get_nothing(one, client):
    plan = one.service.plan
    reader = sign_in_staff(client, make_staff(StaffRole.FRONT_LINE))
    for url in (
        plan_page("add"),
        plan_page("price_step", plan.pk),
        plan_page("end_step", plan.pk),
    ):
        assert reader.get(url).status_code == 403
    confined = sign_in_staff(client, make_staff(StaffRole.BILLING, make_provider("callpro")))
    assert confined.get(plan_page("price_step", plan.pk)).status_code == 404
    assert one.service.plan.name not in read(confined, price_list(one))


def test_list_costs_as_many_queries_for_many_plans_as_for_one(desk, one):
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            desk.get(price_list(one))
        return len(found)

    few = asked()
    for _ in range(5):
        make_service(one.world.account)
    assert asked() == few
