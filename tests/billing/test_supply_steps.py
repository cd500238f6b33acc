"""Staff note what happened to a service by steps with a day and a reason; bills follow them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from billing.charging.models import NotBilled
from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus
from parties.people.states import StaffRole
from portal.composition.worklists import worklists
from records.audit.models import Entry
from tests.billing.moneys import Story, agrees, day, lines, story
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def one() -> Story:
    made = story("callpro", "NSW")
    made.service("S", "62.00", "2027-01-01")
    return made


@pytest.fixture(autouse=True)
def _today(monkeypatch, one):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-01-20"))


@pytest.fixture
def desk(client, one):
    return sign_in_staff(client, make_staff(StaffRole.BILLING), because_of=one.account)


def step(row: Service, act: str) -> str:
    return reverse("admin:contracts_service_supply_step", args=[row.pk, act])


def periods(row: Service) -> list[tuple[str, str, int, str]]:
    return [
        (one.starts_on.isoformat(), one.suspended, one.quantity, f"{one.unit_fee:.2f}")
        for one in row.periods.order_by("starts_on")
    ]


def test_a_service_is_suspended_restored_and_changed_by_steps(desk, one):
    row = one.services["S"]
    why = {"why": "The customer wrote"}

    desk.post(step(row, "suspend"), why | {"on": "2027-01-05", "cause": "network"})
    desk.post(step(row, "restore"), why | {"on": "2027-01-08"})
    desk.post(
        step(row, "change"), why | {"on": "2027-01-15", "quantity": "2", "unit_fee": "31.00"}
    )

    row.refresh_from_db()
    assert periods(row) == [
        ("2027-01-01", "", 1, "62.00"),
        ("2027-01-05", "network", 1, "62.00"),
        ("2027-01-08", "", 1, "62.00"),
        ("2027-01-15", "", 2, "31.00"),
    ]
    assert (row.ended_on, row.status) == (None, ServiceStatus.ACTIVE)
    reasons = Entry.objects.filter(account_id=one.account.pk, reason="The customer wrote")
    assert reasons.count() == 3


def test_an_ordered_service_is_activated_and_billed(desk, one):
    row = one.services["S"]
    new = Service.objects.create(
        contract=row.contract, plan=row.plan, label="New", identifier="id-new"
    )

    desk.post(step(new, "activate"), {"on": "2027-01-16", "ready": "", "why": "Installed"})

    new.refresh_from_db()
    assert (new.status, new.activated_on) == (ServiceStatus.ACTIVE, day("2027-01-16"))
    assert ("2027-01-16", "2027-01-31") in [found[:2] for found in lines(one.run("2027-02-01"))]
    assert agrees()


@pytest.mark.parametrize(
    ("act", "given", "says"),
    [
        ("suspend", {"on": "2027-01-21", "cause": "network"}, "still to come"),
        ("suspend", {"on": "2026-12-31", "cause": "network"}, "before the first day"),
        ("suspend", {"on": "2027-01-10", "cause": "weather"}, "Select a valid choice"),
        ("change", {"on": "2027-01-10", "quantity": "0"}, "greater than or equal to 1"),
        ("change", {"on": "2027-01-10", "quantity": "-1"}, "greater than or equal to 1"),
        ("change", {"on": "2027-01-10", "quantity": "99999999999"}, "less than or equal to"),
        ("change", {"on": "2027-01-10", "unit_fee": "-5"}, "above $0.00"),
        ("change", {"on": "2027-01-10", "unit_fee": "1.005"}, "two decimals"),
        ("change", {"on": "2027-01-10"}, "Give a new number"),
        ("change", {"on": "2027-01-25", "quantity": "2", "why": ""}, "This field is required"),
    ],
)
def test_a_step_that_does_not_fit_is_refused_in_words(desk, one, act, given, says):
    row = one.services["S"]
    before = periods(row)

    found = desk.post(step(row, act), {"why": "The customer wrote"} | given)

    assert says in found.content.decode()
    row.refresh_from_db()
    assert (periods(row), row.ended_on) == (before, None)


@pytest.mark.parametrize("act", ["activate", "restore", "confirm", "end", "nothing"])
def test_a_step_that_is_not_possible_now_is_not_there(desk, one, act):
    assert desk.get(step(one.services["S"], act)).status_code == 404


@pytest.mark.parametrize("role", [StaffRole.FRONT_LINE, StaffRole.AUDITOR, StaffRole.PRIVACY])
def test_others_take_no_step(client, one, role):
    sign_in_staff(client, make_staff(role), because_of=one.account)

    found = client.post(step(one.services["S"], "suspend"), {"on": "2027-01-19", "why": "x"})

    assert found.status_code == 403


def test_no_form_changes_what_a_customer_pays(desk, one):
    row = one.services["S"]
    service = reverse("admin:contracts_service_change", args=[row.pk])
    plan = reverse("admin:contracts_plan_change", args=[row.plan_id])

    named = {"label": "Named anew", "identifier": row.identifier, "quantity": "5"}
    assert desk.post(service, named).status_code == 403
    assert desk.post(plan, {"name": "Named anew", "monthly_fee": "-5"}).status_code == 403

    row.refresh_from_db()
    row.plan.refresh_from_db()
    assert (row.label, row.quantity, row.plan.monthly_fee) == ("S", 1, Decimal("62"))


def test_staff_confirm_from_which_day_a_service_is_billed(desk, one):
    row = one.services["S"]
    Service.objects.filter(pk=row.pk).update(billing_start_confirmed=False)
    one.run("2027-01-01")
    title = "Services of which nobody has confirmed from which day on to bill"

    def waiting() -> int:
        lists = worklists(make_staff(StaffRole.BILLING), one.at("2027-01-20"))
        return next(each["count"] for each in lists if each["title"] == title)

    assert waiting() == 1
    desk.post(step(row, "confirm"), {"on": "2027-01-10", "why": "As the old bills say"})

    row.refresh_from_db()
    assert (row.billing_start_confirmed, row.billed_through) == (True, day("2027-01-09"))
    assert waiting() == 0
    assert NotBilled.objects.get().settled_at is not None
    assert lines(one.run("2027-02-01"))[0][:2] == ("2027-01-10", "2027-01-31")
