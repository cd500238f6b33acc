"""A credit for all whom an outage hit: to the cent, by two people, once, told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from billing.invoices.models import Invoice
from billing.runs.services import run_provider_bills
from contracts.requests.models import OutageCredit, OutageCreditShare
from contracts.requests.services import (
    OutageRefused,
    ask_outage_credit,
    decide_outage_credit,
    end_outage,
    give_outage_credits,
    outage_credit_shares,
)
from contracts.supply.models import Chargeable
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.notices.models import Notice
from terms.lifecycle import IllegalStep
from tests.parties.staff import sign_in_staff
from tests.portal.customer.test_what_people_see import read
from tests.world import instant, make_service, make_staff

from .outages import customer, declare

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
LATER = instant("2026-11-21 11:00")


@pytest.fixture
def over():
    """Two days in Geelong, over; one customer with two services, another with one."""
    here, _ = customer()
    make_service(here.account, fee="60.00")
    there, _ = customer()
    outage = declare(here, make_staff())
    ended = instant("2026-11-21 10:00")
    end_outage(outage=outage, ended_at=ended, words="All mended.", by=make_staff(), at=LATER)
    outage.refresh_from_db()
    return here, there, outage


def ask(outage, each=None, by=None) -> OutageCredit:
    return ask_outage_credit(
        outage=outage,
        amount_each=each,
        reason="Two days without service",
        by=by or make_staff(StaffRole.BILLING),
        at=LATER,
    )


def decide(credit, approve=True, by=None) -> OutageCredit:
    return decide_outage_credit(
        credit=credit, approve=approve, by=by or make_staff(StaffRole.BILLING), at=LATER
    )


def test_fee_of_the_days_is_shared_out_to_the_cent(over):
    _, _, outage = over

    # 24.95 × 12 ÷ 365 × 2 = 1.6405…; 60.00 × 12 ÷ 365 × 2 = 3.9452…
    amounts = sorted(amount for _, amount in outage_credit_shares(outage, None))
    assert amounts == [Decimal("1.64"), Decimal("1.64"), Decimal("3.95")]


def test_second_person_approves_and_each_account_is_given_its_shares_and_told_once(over):
    here, there, outage = over
    clerk = make_staff(StaffRole.BILLING)
    credit = ask(outage, by=clerk)
    assert (credit.amount, credit.services) == (Decimal("7.23"), 3)
    assert ask(outage, Decimal("9.00")) == credit
    assert give_outage_credits(at=LATER) == 0
    with pytest.raises(OutageRefused, match="another person"):
        decide(credit, by=clerk)

    decide(credit)
    assert [give_outage_credits(at=LATER) for _ in range(2)] == [2, 0]

    given = Chargeable.objects.filter(kind="discount")
    assert sorted(row.amount for row in given) == [Decimal("-3.95"), *[Decimal("-1.64")] * 2]
    titles = {row.account_id: row.title for row in Notice.objects.filter(title__contains="off")}
    assert titles == {
        here.account.pk: "$5.59 off your next bill for the outage",
        there.account.pk: "$1.64 off your next bill for the outage",
    }
    with pytest.raises(IllegalStep):
        decide(credit, approve=False)


def test_credit_stands_on_the_next_bill(over):
    here, _, outage = over
    decide(ask(outage, Decimal("10.00")))
    give_outage_credits(at=LATER)

    at = instant("2026-12-01 06:00")
    run_provider_bills(here.provider, issue_on=date(2026, 12, 1), at=at, on_demand=True)

    lines = Invoice.objects.get(account=here.account).lines.filter(kind="discount")
    assert sorted(line.amount_inc for line in lines) == [Decimal("-10.00")] * 2


def test_refused_credit_gives_nothing_and_another_can_be_asked_for(over):
    _, _, outage = over
    decide(ask(outage), approve=False)

    assert give_outage_credits(at=LATER) == 0
    again = ask(outage, Decimal("5.00"))
    assert again.amount == Decimal("15.00")
    assert OutageCreditShare.objects.filter(chargeable__isnull=False).count() == 0


def test_no_credit_before_it_is_over_or_by_whoever_does_not_bill(over):
    here, _, outage = over
    running = declare(here, make_staff(), at=LATER, what="Another one")

    with pytest.raises(OutageRefused, match="works again"):
        ask(running)
    for role in (StaffRole.FRONT_LINE, StaffRole.TEAM_MANAGER, StaffRole.AUDITOR):
        with pytest.raises(NotAuthorised):
            ask(outage, by=make_staff(role))


def test_closed_account_gets_nothing(over):
    here, _, outage = over
    here.account.status = "closed"
    here.account.save()

    assert len(list(outage_credit_shares(outage, Decimal("5.00")))) == 1


def test_staff_see_what_it_comes_to_ask_and_another_decides(client, over, monkeypatch):
    _, _, outage = over
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)
    desk = sign_in_staff(client, make_staff(StaffRole.BILLING))
    step = f"/admin/contracts/outagecredit/for/{outage.pk}/"
    assert step in desk.get(f"/admin/contracts/outage/{outage.pk}/change/").content.decode()

    given = {"each": "10", "reason": "Two days without service"}
    text = desk.post(step, given).content.decode()
    assert "3 services get $30.00 together" in text
    assert "each" in text
    seen = text.partition('name="seen" value="')[2].partition('"')[0]
    desk.post(step, given | {"seen": seen})
    credit = OutageCredit.objects.get()
    for bad in ("-1", "99,999,999,999.99", "lots"):
        assert desk.post(step, given | {"each": bad}).status_code == 200

    client.logout()
    desk = sign_in_staff(client, make_staff(StaffRole.BILLING))
    assert "Credits for outages that wait for a second person" in read(desk, "/admin/")
    desk.post(f"/admin/contracts/outagecredit/{credit.pk}/decide/", {"approve": "yes"})
    credit.refresh_from_db()
    assert credit.state == "given"
