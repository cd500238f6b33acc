"""A complaint that goes on contests again what did not come back, never more than is open."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from billing.disputes.models import Hold
from billing.ledger.models import OpenItem
from complaints.ombudsman.states import Level
from complaints.process.services import Offer
from complaints.tickets.models import Event
from complaints.tickets.states import Duty, State
from portal.staff.complaints_reach import SHORT
from tests.complaints.story import Story, bill, tell

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def contested(key: str = "vpnet", amount: str = "100.00", **facts) -> Story:
    """A bill of which an amount is contested, acknowledged and looked into."""
    story = tell(key, state="NSW", **facts.pop("world", {}))
    # 198.00 where prices are without GST; VPnet's hold it, so its bill comes to 180.00.
    invoice = bill(story, date(2027, 6, 1), "198.00")
    story.lodge(
        "2027-06-07 08:10",
        topic="bill",
        disputed_invoice=invoice,
        disputed_amount=Decimal(amount),
        **facts,
    )
    story.sweep("2027-06-07 08:11")
    story.do("2027-06-08 09:00", "start_investigation")
    return story


def offered_and_taken(story: Story, credit: str | None) -> None:
    """Something is offered, accepted and carried out, and the complaint closed with consent."""
    invoice = story.complaint.disputed_invoice
    offer = Offer(credit=Decimal(credit), invoice=invoice) if credit else Offer()
    holder = story.world.holder
    story.do("2027-06-10 10:00", "propose_resolution", text="This.", offer=offer)
    story.do("2027-06-11 10:00", "accept_proposal", by=holder)
    story.do("2027-06-11 11:00", "resolve_complaint", by=story.manager, text="Done.")


def sums() -> tuple[Decimal, Decimal, Decimal]:
    item = OpenItem.objects.get()
    return item.amount, item.held, item.held_shown


def money(*amounts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, amounts))


def test_closed_as_unreachable_and_reopened_it_holds_what_it_held():
    """seq-k-09 with a contested amount: five attempts, letter, close; reopened on 4 August."""
    story = contested()
    story.do("2027-06-17 10:00", "propose_resolution", text="We found nothing.")
    story.sweep("2027-06-17 10:01")
    for day in ("2027-06-21", "2027-06-23", "2027-06-25", "2027-06-28", "2027-06-30"):
        story.do(f"{day} 10:00", "record_attempt", channel="phone")
    story.do("2027-07-01 10:00", "send_closing_letter", text="Please answer.")
    story.do("2027-07-16 09:00", "close_complaint", upheld=False)
    # Told on Fri 16 July: 19-23, 26, 27 July are working days 1 to 7.
    assert story.complaint.no_court_before == date(2027, 7, 28)
    assert sums() == money("180.00", "0.00", "0.00")

    story.do("2027-08-04 14:00", "reopen_complaint", by=story.world.holder, text="I was ill.")

    assert sums() == money("180.00", "100.00", "100.00")
    assert story.complaint.no_court_before is None
    assert story.complaint.state == State.RECEIVED
    rows = Hold.objects.order_by("pk").values_list("status", "amount")
    assert list(rows) == [("dismissed", Decimal("100.00")), ("open", Decimal("100.00"))]

    # The new outcome bars court steps anew: 11, 12, 13, 16, 17, 18, 19 August.
    story.sweep("2027-08-04 14:05")
    story.do("2027-08-05 09:00", "start_investigation")
    story.do("2027-08-09 10:00", "propose_resolution", text="As before.")
    story.do("2027-08-10 10:00", "accept_proposal", by=story.world.holder)
    assert story.complaint.no_court_before == date(2027, 8, 20)
    story.do("2027-08-16 10:00", "resolve_complaint", text="Done.")
    story.do("2027-08-18 10:00", "agree_to_close", by=story.world.holder)
    story.do("2027-08-18 10:01", "close_complaint", upheld=False)
    assert sums() == money("180.00", "0.00", "0.00")


@pytest.mark.parametrize(
    ("credit", "paid", "held"),
    [
        # 100.00 contested, 60.00 came back: 40.00 is contested still.
        ("60.00", None, "40.00"),
        # 180.00 - 60.00 - 102.00 paid: 18.00 is open, and no more is held.
        ("60.00", "102.00", "18.00"),
        # All of it came back.
        ("100.00", None, "0.00"),
        # Nothing is open any longer.
        ("60.00", "120.00", "0.00"),
    ],
)
def test_it_holds_what_did_not_come_back_and_no_more_than_is_open(credit, paid, held):
    story = contested()
    offered_and_taken(story, credit)
    assert sums()[1] == Decimal("0.00")
    if paid:
        story.pay("2027-06-12 10:00", paid)

    story.do("2027-06-15 10:00", "reopen_complaint", by=story.world.holder, text="Still wrong.")

    assert OpenItem.objects.get().held == Decimal(held)


def test_what_somebody_else_contests_is_held_once():
    story = contested(amount="150.00")
    first = story.reference
    story.do("2027-06-08 10:00", "withdraw_complaint", by=story.world.holder)
    story.lodge(
        "2027-06-09 10:00",
        topic="bill",
        description="Another matter.",
        disputed_invoice=story.complaint.disputed_invoice,
        disputed_amount=Decimal("120.00"),
    )
    story.reference = first

    story.do("2027-06-10 10:00", "reopen_complaint", by=story.world.holder, text="After all.")

    # 180.00 - 120.00 leaves 60.00 of the 150.00.
    held = Hold.objects.get(complaint=first, status="open")
    assert (held.amount, OpenItem.objects.get().held) == money("60.00", "180.00")


def test_a_private_one_stays_private():
    story = contested(safety_threat=True)
    assert sums() == money("180.00", "100.00", "0.00")
    story.do("2027-06-09 10:00", "withdraw_complaint", by=story.world.holder)
    assert sums() == money("180.00", "0.00", "0.00")

    story.do("2027-06-10 10:00", "reopen_complaint", by=story.world.holder, text="Again.")

    assert sums() == money("180.00", "100.00", "0.00")
    assert Hold.objects.get(status="open").is_private
    assert not Event.objects.filter(act="not_held").exists()


def test_where_the_right_to_wait_ended_with_our_answer_it_stays_payable_and_says_so():
    """Greenlight, negotiated: the window of seven days is over; the law says nothing of it."""
    story = contested("greenlight", world={"negotiated": True, "spend": "90000.00"})
    assert sums() == money("198.00", "100.00", "100.00")
    story.do("2027-06-09 10:00", "withdraw_complaint", by=story.world.holder)

    story.do("2027-06-18 10:00", "reopen_complaint", by=story.world.holder, text="Again.")

    assert sums() == money("198.00", "0.00", "0.00")
    told = Event.objects.get(act="not_held")
    assert "$100.00 of invoice" in told.text
    assert "until Tue 8 Jun 2027" in told.text
    assert told.because


def test_the_ombudsman_brings_the_hold_back_too():
    story = contested()
    story.do("2027-06-09 10:00", "withdraw_complaint", by=story.world.holder)
    assert sums()[1] == Decimal("0.00")

    story.refer("2027-06-15 10:00", Level.REFERRED)

    assert sums() == money("180.00", "100.00", "100.00")


def test_every_duty_has_its_short_words_in_the_queue():
    assert set(SHORT) == set(Duty)
