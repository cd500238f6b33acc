"""Another plan: within one's limit, on the day that the terms give, done by itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from contracts.agreements.models import Contract
from contracts.catalogue.models import Plan
from contracts.supply.models import PlanChange, Service
from contracts.supply.services import (
    PlanChangeRefused,
    apply_plan_changes,
    decide_plan_change,
    plan_changes,
    request_plan_change,
    withdraw_plan_change,
)
from contracts.supply.states import PlanChangeState
from parties.authority import selectors as authority
from parties.people.states import StaffRole
from records.audit.models import Entry
from records.notices.models import Notice
from terms.facts import Role
from terms.lifecycle import IllegalStep
from tests.parties.staff import sign_in_staff
from tests.world import World, appoint, instant, make_service, make_staff, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
AT = instant("2027-03-10 10:00")


@pytest.fixture
def service(world) -> Service:
    return make_service(world.account)


def make_plan(world: World, fee: str, **facts) -> Plan:
    return Plan.objects.create(
        provider=world.provider,
        code=f"sip-{fee}".replace(".", "-"),
        name="SIP Plus",
        kind="sip_trunk",
        monthly_fee=Decimal(fee),
        **facts,
    )


def ask(service: Service, plan: Plan, by, at=AT, overdue=False) -> PlanChange:
    return request_plan_change(service=service, plan=plan, by=by, overdue=overdue, at=at)


def test_change_is_done_within_seven_days_and_cites_its_clause(world, service):
    change = ask(service, make_plan(world, "40.00"), world.holder)

    assert change.state == PlanChangeState.AGREED
    assert change.takes_effect_on == date(2027, 3, 17)
    assert "VP-CON-07" in {reason["id"] for reason in change.because}


def test_a_plan_that_left_the_list_meanwhile_or_is_another_providers_is_refused(world, service):
    plan = make_plan(world, "40.00")
    Plan.objects.filter(pk=plan.pk).update(is_listed=False)
    with pytest.raises(PlanChangeRefused, match="SIP Plus is not offered"):
        ask(service, plan, world.holder)

    stranger = make_plan(make_world("callpro"), "41.00")
    with pytest.raises(PlanChangeRefused, match="Choose another plan"):
        ask(service, stranger, world.holder)
    assert not PlanChange.objects.exists()


@pytest.mark.parametrize(
    ("at", "applied"), [("2027-03-16 23:59", False), ("2027-03-17 00:01", True)]
)
def test_it_comes_into_force_on_its_day_in_the_customers_state_and_once(
    world, service, at, applied
):
    plan = make_plan(world, "40.00")
    change = ask(service, plan, world.holder)

    assert apply_plan_changes(at=instant(at)) == applied
    assert apply_plan_changes(at=instant(at)) == 0

    service.refresh_from_db()
    change.refresh_from_db()
    assert (service.plan == plan) is applied
    assert (change.state == PlanChangeState.APPLIED) is applied


def test_plan_with_a_minimum_term_begins_a_contract_of_its_own(world, service):
    before = service.contract
    ask(service, make_plan(world, "40.00", minimum_months=24), world.holder)

    apply_plan_changes(at=instant("2027-03-17 09:00"))

    service.refresh_from_db()
    assert service.contract != before
    assert service.contract.started_on == date(2027, 3, 17)
    assert service.contract.minimum_months == 24
    assert Contract.objects.count() == 2


def test_representative_changes_within_their_limit_and_is_refused_beyond_it(world, service):
    person = make_user("Jordan Lee")
    facts = {"ends_on": date(2027, 12, 31), "max_expense": Decimal("55.00")}
    row = appoint(world.account, person, Role.AUTHORISED_REP, **facts)
    dear, cheap = make_plan(world, "55.01"), make_plan(world, "55.00")

    with pytest.raises(authority.NotAuthorised) as refusal:
        ask(service, dear, person)
    assert refusal.value.decision.because[0]["steps"] == ["$55.01 is more than $55.00"]
    assert refusal.value.decision.because[0]["id"] == "VP-PAR-14"
    assert not PlanChange.objects.exists()

    change = ask(service, cheap, person)
    assert change.monthly_after == Decimal("55.00")
    assert change.authority == str(row.public_id)


def test_service_outside_the_appointment_stays_as_it_is(world, service):
    person = make_user("Jordan Lee")
    appoint(
        world.account,
        person,
        Role.AUTHORISED_REP,
        ends_on=date(2027, 12, 31),
        services={"another": "Another service"},
    )

    with pytest.raises(authority.NotAuthorised):
        ask(service, make_plan(world, "40.00"), person)


def test_something_overdue_or_a_second_change_in_the_month_is_refused(world, service):
    plan = make_plan(world, "40.00")

    with pytest.raises(PlanChangeRefused) as refusal:
        ask(service, plan, world.holder, overdue=True)
    assert refusal.value.because[0]["steps"] == ["something is overdue"]

    ask(service, plan, world.holder)
    apply_plan_changes(at=instant("2027-03-17 09:00"))
    service.refresh_from_db()
    with pytest.raises(PlanChangeRefused):
        ask(service, make_plan(world, "45.00"), world.holder, at=instant("2027-03-20 10:00"))


def test_only_one_change_is_under_way(world, service):
    plan = make_plan(world, "40.00")
    ask(service, plan, world.holder)

    with pytest.raises(PlanChangeRefused):
        ask(service, plan, world.holder, at=instant("2027-04-02 10:00"))


def test_it_can_be_taken_back_until_it_is_in_force(world, service):
    change = ask(service, make_plan(world, "40.00"), world.holder)
    withdraw_plan_change(change=change, by=world.holder, at=AT)

    assert apply_plan_changes(at=instant("2027-03-18 09:00")) == 0
    with pytest.raises(IllegalStep):
        withdraw_plan_change(change=change, by=world.holder, at=AT)


def test_terms_that_want_the_providers_word_make_it_wait_for_staff():
    world = make_world("greenlight")
    service = make_service(world.account)
    change = ask(service, make_plan(world, "40.00"), world.holder, at=instant("2027-01-01 10:00"))
    assert change.state == PlanChangeState.WAITING

    staff = make_staff()
    decided = decide_plan_change(
        change=change, agree=True, by=staff, why="", at=instant("2027-01-04 10:00")
    )

    assert decided.state == PlanChangeState.AGREED
    assert decided.takes_effect_on == date(2027, 2, 1)
    assert decided.decided_by == staff


def test_refusal_is_told_with_its_reason():
    world = make_world("greenlight")
    service = make_service(world.account)
    change = ask(service, make_plan(world, "40.00"), world.holder)

    decide_plan_change(
        change=change,
        agree=False,
        by=make_staff(),
        why="The line can't carry it.",
        at=AT,
    )

    told = Notice.objects.filter(title="We can't change your plan")
    assert "The line can't carry it." in told.first().text
    assert Entry.objects.get(action="plan_change_refuse").reason == "The line can't carry it."


def test_change_that_fails_is_noted_and_stops_no_other(world, client, monkeypatch):
    plan = make_plan(world, "40.00")
    poison = ask(make_service(world.account), plan, world.holder)
    other = ask(make_service(world.account), plan, world.holder)
    tell = plan_changes._tell

    def fail(row, *args):
        if row.pk == poison.pk:
            raise ZeroDivisionError("poison")
        tell(row, *args)

    monkeypatch.setattr(plan_changes, "_tell", fail)
    day = instant("2027-03-17 09:00")

    assert apply_plan_changes(at=day) == 1

    poison.refresh_from_db()
    other.refresh_from_db()
    assert other.state == PlanChangeState.APPLIED
    assert (poison.state, poison.problem) == (
        PlanChangeState.AGREED,
        "ZeroDivisionError: poison",
    )
    sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER), because_of=world.account)
    lists = {one["title"]: one for one in client.get("/admin/").context["worklists"]}
    found = lists["Plan changes that the portal could not handle by itself"]
    assert found["count"] == 1
    assert client.get(found["url"]).context["cl"].result_count == 1

    monkeypatch.undo()
    assert apply_plan_changes(at=day) == 1
    poison.refresh_from_db()
    assert poison.problem == ""
