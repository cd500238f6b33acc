"""What the outcome of a complaint does to the money that it contests."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.credit_management.services import advise_late_charge, assess_late_charges
from billing.ledger.models import OpenItem
from billing.payments.services import ask_money
from billing.payments.states import RequestKind
from complaints.lodging.services import ComplaintDetails, lodge_complaint
from complaints.process.services import (
    accept_proposal,
    acknowledge_sent,
    agree_to_close,
    close_complaint,
    propose_resolution,
    resolve_complaint,
    start_investigation,
)
from complaints.tickets.models import Complaint
from contracts.supply.services import agree_charge
from contracts.supply.states import ChargeableKind
from records.notices.services import deliver_queued
from tests.billing.moneys import Story, agrees, day, story, told
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def contest(one: Story, invoice, amount: str, on: str, clock: str = "10:00") -> Complaint:
    at = one.at(on, clock)
    made = lodge_complaint(
        account=one.account,
        by=one.world.holder,
        at=at,
        details=ComplaintDetails(
            topic="bill",
            description=f"I contest {amount}.",
            disputed_invoice=invoice,
            disputed_amount=Decimal(amount),
        ),
    )
    deliver_queued(at=at)
    acknowledge_sent(at=at)
    return made


def decide(one: Story, complaint: Complaint, on: str, *, upheld: bool, clock="15:00") -> None:
    """Staff and customer go through every step on one day."""
    at, staff, reference = one.at(on, clock), make_staff(), complaint.reference
    start_investigation(reference=reference, by=staff, at=at)
    propose_resolution(reference=reference, by=staff, text="This is what we found.", at=at)
    accept_proposal(reference=reference, by=one.world.holder, at=at)
    resolve_complaint(reference=reference, by=staff, text="Done.", at=at)
    agree_to_close(reference=reference, by=one.world.holder, at=at)
    close_complaint(reference=reference, by=staff, upheld=upheld, at=at)


def charge_late(one: Story, on: str) -> list[Decimal]:
    return [row.amount for row in assess_late_charges(one.account, on=day(on), at=one.at(on))]


def sums(one: Story, on: str) -> tuple[str, str, str]:
    """Owed, held and chasable."""
    return one.owing, one.held, one.overdue(on)


def vpnet_in_adelaide(*, tcp: bool, cost: str | None = None) -> tuple[Story, object]:
    one = story("vpnet", "SA", tcp=tcp)
    if cost is not None:
        one.world.provider.late_payment_cost = Decimal(cost)
        one.world.provider.save()
    one.service("Calls", "110.00", "2027-03-01")
    agree_charge(
        account=one.account,
        kind=ChargeableKind.ONE_OFF,
        source="number block",
        description="Number block",
        amount=Decimal("66.00"),
        incurred_on=day("2027-03-01"),
        at=one.at("2027-03-01", "05:00"),
    )
    first = one.run("2027-03-01")
    assert told(first)[1:] == ("2027-03-16", "170.00", "17.00", "187.00")
    one.pay("2027-03-16", "121.00")
    return one, first


def test_a_late_fee_on_what_was_not_owed_comes_back_with_the_outcome():
    one, first = vpnet_in_adelaide(tcp=False)
    advise_late_charge(invoice=first, advised_on=day("2027-03-17"))

    assert charge_late(one, "2027-03-30") == []
    assert charge_late(one, "2027-03-31") == [Decimal("27.50")]
    april = one.run("2027-04-01")
    assert told(april)[1:] == ("2027-04-16", "135.00", "13.50", "148.50")
    bill = contest(one, first, "66.00", "2027-04-06", "09:20")
    fee = contest(one, april, "27.50", "2027-04-06", "09:21")
    assert sums(one, "2027-04-06") == ("214.50", "93.50", "0.00")
    one.pay("2027-04-16", "121.00")
    assert sums(one, "2027-04-20") == ("93.50", "93.50", "0.00")
    decide(one, bill, "2027-04-20", upheld=True)
    decide(one, fee, "2027-04-20", upheld=True)

    notes = [(note.subtotal_ex, note.gst, note.total_inc) for note in one.notes()]
    assert notes == [
        (Decimal("60.00"), Decimal("6.00"), Decimal("66.00")),
        (Decimal("25.00"), Decimal("2.50"), Decimal("27.50")),
    ]
    assert sums(one, "2027-05-20") == ("0.00", "0.00", "0.00")
    assert charge_late(one, "2027-05-20") == []
    assert agrees()


@pytest.mark.parametrize(("cost", "advised"), [(None, True), ("9.30", False)])
def test_a_protected_customer_pays_no_late_fee_without_cost_or_warning(cost, advised):
    one, first = vpnet_in_adelaide(tcp=True, cost=cost)
    if advised:
        advise_late_charge(invoice=first, advised_on=day("2027-03-17"))

    assert charge_late(one, "2027-03-31") == []
    assert told(one.run("2027-04-01"))[4] == "121.00"


def test_a_protected_customer_who_was_told_pays_the_cost_and_gets_it_back():
    one, first = vpnet_in_adelaide(tcp=True, cost="9.30")
    advise_late_charge(invoice=first, advised_on=day("2027-03-17"))

    assert charge_late(one, "2027-03-31") == [Decimal("9.30")]
    april = one.run("2027-04-01")
    assert told(april)[4] == "130.30"
    bill = contest(one, first, "66.00", "2027-04-06", "09:20")
    one.pay("2027-04-16", "121.00", towards=april)
    decide(one, bill, "2027-04-20", upheld=True)

    assert [note.total_inc for note in one.notes()] == [Decimal("66.00"), Decimal("9.30")]
    assert one.owing == "0.00"


def test_the_loser_pays_within_the_new_days_and_simple_interest():
    one = story("greenlight", "NSW")
    one.service("Trunks", "1200.00", "2027-07-01")
    first = one.run("2027-07-01", "10:00")
    OpenItem.objects.filter(invoice=first).update(due_date=day("2027-07-15"))
    type(first).objects.filter(pk=first.pk).update(due_date=day("2027-07-15"))
    advise_late_charge(invoice=first, advised_on=day("2027-07-01"))
    made = contest(one, first, "440.00", "2027-07-08", "23:40")
    late = contest(one, first, "110.00", "2027-07-09", "09:05")
    assert one.held == "440.00", "late by one day: it stays payable"
    (said,) = late.events.filter(act="not_held")
    assert "stays payable" in said.text
    assert "Thu 8 Jul 2027" in said.text
    one.pay("2027-07-15", "880.00")
    assert sums(one, "2027-07-16") == ("440.00", "440.00", "0.00")
    assert charge_late(one, "2027-07-20") == []
    decide(one, made, "2027-07-26", upheld=False, clock="14:00")

    item = OpenItem.objects.get(invoice=first)
    assert item.due_date == day("2027-08-05")
    assert sums(one, "2027-08-05") == ("440.00", "0.00", "0.00")
    assert charge_late(one, "2027-08-05") == []
    one.pay("2027-08-05", "440.00")
    assert charge_late(one, "2027-08-06") == [Decimal("6.08")]
    assert charge_late(one, "2027-08-07") == []


def test_money_that_waited_as_credit_pays_what_is_contested_no_more():
    one, first = vpnet_in_adelaide(tcp=True)
    made = contest(one, first, "66.00", "2027-03-17")
    one.pay("2027-03-18", "66.00")
    assert (one.owing, one.credit) == ("66.00", "66.00")

    decide(one, made, "2027-03-24", upheld=False)

    assert (one.owing, one.credit) == ("0.00", "0.00")
    assert agrees()


def test_a_credit_by_staff_takes_the_late_fee_back_too():
    one, first = vpnet_in_adelaide(tcp=False)
    advise_late_charge(invoice=first, advised_on=day("2027-03-17"))
    assert charge_late(one, "2027-03-31") == [Decimal("27.50")]

    ask_money(
        kind=RequestKind.CREDIT_NOTE,
        invoice=first,
        amount=Decimal("66.00"),
        reason="Charged twice",
        by=make_staff(),
        at=one.at("2027-04-01", "05:00"),
    )

    assert told(one.run("2027-04-01"))[4] == "121.00"
    assert one.owing == "121.00"


def test_interest_counts_for_what_came_late_only():
    one = story("blueshift", "VIC", bill_day=11)
    provider = one.world.provider
    provider.penalty_rate_percent, provider.late_payment_elected = Decimal("10.00"), "interest"
    provider.save()
    one.service("S", "550.00", "2026-12-11")
    first = one.run("2026-12-11")
    advise_late_charge(invoice=first, advised_on=day("2026-12-26"))
    one.pay(str(first.due_date), "450.00")
    one.pay("2027-01-20", "100.00")

    # 100.00 × 12 % × 40 days / 365, not the whole 550.00.
    assert charge_late(one, "2027-01-21") == [Decimal("1.32")]
