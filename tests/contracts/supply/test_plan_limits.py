"""Plan changes within their limits: once a month, nothing overdue, enough lines."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.payments.selectors import balance, is_overdue
from billing.payments.services import record_payment
from billing.runs.services import run_provider_bills
from contracts.catalogue.models import Plan
from contracts.supply.models import PlanChange
from contracts.supply.selectors import plan_offer
from contracts.supply.services import (
    PlanChangeRefused,
    apply_plan_changes,
    decide_plan_change,
    request_plan_change,
)
from contracts.supply.states import PlanChangeState
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.parties.people import signed_in
from tests.portal.customer.test_what_people_see import read

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


@pytest.fixture
def one() -> Agreement:
    """Starter with four lines in Queensland, issued on the 10th: 84.70 on Wed 10 Mar 2027."""
    made = agree("vpnet", "21.175", since="2026-09-10", state="QLD", bill_day=10)
    made.service.quantity = 4
    made.service.billed_through = day("2027-03-09")
    made.service.save()
    made.service.periods.update(quantity=4)
    return made


def plan(one: Agreement, code: str, fee: str) -> Plan:
    return Plan.objects.create(
        provider=one.world.provider,
        code=code,
        name=code,
        kind="sip_trunk",
        monthly_fee=Decimal(fee),
    )


def ask(one: Agreement, wanted: Plan, on: str, clock: str = "11:00") -> PlanChange:
    one.service.refresh_from_db()
    return request_plan_change(
        service=one.service,
        plan=wanted,
        by=one.world.holder,
        overdue=is_overdue(one.world.account, day(on)),
        at=one.at(on, clock),
    )


def test_sequence_of_changes_to_the_day(one):
    saver, platinum = plan(one, "sip-saver", "24.95"), plan(one, "sip-platinum", "33.00")
    starter = one.service.plan

    first = ask(one, saver, "2027-03-05")
    # Seven days: by Fri 12 Mar.
    assert (first.state, first.takes_effect_on) == (PlanChangeState.AGREED, day("2027-03-12"))
    run_provider_bills(
        one.world.provider, issue_on=day("2027-03-10"), at=one.at("2027-03-10"), on_demand=True
    )
    assert str(balance(one.world.account, day("2027-03-24")).owing) == "84.70"
    assert not is_overdue(one.world.account, day("2027-03-25"))
    apply_plan_changes(at=one.at("2027-03-12"))

    with pytest.raises(PlanChangeRefused):
        ask(one, platinum, "2027-03-20")
    offer = plan_offer(one.service, platinum, day("2027-03-20"), overdue=False)
    assert offer.possible_on == day("2027-04-01")

    with pytest.raises(PlanChangeRefused) as refusal:
        ask(one, platinum, "2027-04-01")
    assert refusal.value.because[0]["id"] == "VP-CON-07"

    record_payment(
        account=one.world.account,
        amount=Decimal("84.70"),
        received_on=day("2027-04-03"),
        method="eft",
        reference="R1",
        at=one.at("2027-04-03", "12:00"),
    )
    third = ask(one, platinum, "2027-04-03", "12:10")
    assert third.takes_effect_on == day("2027-04-10")
    apply_plan_changes(at=one.at("2027-04-10"))

    with pytest.raises(PlanChangeRefused):
        ask(one, starter, "2027-04-30")
    offer = plan_offer(one.service, starter, day("2027-04-30"), overdue=False)
    assert offer.possible_on == day("2027-05-01")


def test_refusal_says_what_to_pay_first(one, monkeypatch):
    wanted = plan(one, "sip-platinum", "33.00")
    run_provider_bills(
        one.world.provider, issue_on=day("2027-03-10"), at=one.at("2027-03-10"), on_demand=True
    )
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-04-01"))
    client = signed_in(one.world.holder)

    words = read(client, f"/services/{one.service.public_id}/plan/{wanted.code}/")

    assert "Your terms don't allow this change now. Pay $84.70 first" in words


@pytest.mark.parametrize(
    ("lines", "verdict"), [(3, PlanChangeState.REFUSED), (4, PlanChangeState.AGREED)]
)
def test_plan_with_fewest_lines_is_refused_below_them(one, lines, verdict):
    one.service.quantity = lines

    offer = plan_offer(
        one.service, plan(one, "sip-saver", "24.95"), day("2027-03-05"), overdue=False
    )

    assert offer.verdict == verdict
    assert ("VP-CON-01" in {reason["id"] for reason in offer.because}) is (lines == 3)


def test_house_default_refuses_nothing_and_the_provider_is_asked():
    one = agree("callpro", "50.00", since="2026-09-10", state="QLD")
    wanted = plan(one, "other", "60.00")

    change = request_plan_change(
        service=one.service,
        plan=wanted,
        by=one.world.holder,
        overdue=True,
        at=one.at("2027-03-05"),
    )

    assert change.state == PlanChangeState.WAITING
    decided = decide_plan_change(
        change=change, agree=True, by=one.staff, why="", at=one.at("2027-03-06")
    )
    assert decided.state == PlanChangeState.AGREED
    assert decided.takes_effect_on == day("2027-03-12")


def test_change_is_offered_only_where_another_plan_is(one, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-05"))
    client = signed_in(one.world.holder)
    page = f"/services/{one.service.public_id}/"

    assert "Change the plan" not in read(client, page)
    plan(one, "sip-saver", "24.95")
    assert "Change the plan" in read(client, page)
