"""A billing dispute whose terms name its form and its stages: who answers by when."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from billing.disputes.models import Hold
from complaints.tickets.states import Duty
from terms.calendar import Channel
from tests.complaints.story import bill, tell

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def contested(story, amount: str) -> dict:
    invoice = bill(story, date(2027, 7, 1), "1320.00")
    return {"topic": "bill", "disputed_invoice": invoice, "disputed_amount": Decimal(amount)}


def test_the_account_manager_answers_first_then_the_group_managers():
    """seq-c-01: contested on 8 July at 23:40; until 22 July, then whoever wants escalates."""
    story = tell("greenlight", state="NSW", negotiated=True)
    story.lodge("2027-07-08 23:40", **contested(story, "440.00"))
    assert str(Hold.objects.get().amount) == "440.00"
    # 9, 12 to 16, 19 to 22 July.
    assert story.due(Duty.SETTLE_DISPUTE) == date(2027, 7, 22)
    story.sweep("2027-07-09 09:00")
    story.sweep("2027-07-22 23:50")
    assert story.complaint.escalated_at is None
    story.hear("2027-07-22 23:55", "ask_for_manager")
    # From 23 July: 23, 26 to 30 July, 3 to 6 August; 2 August is a bank holiday.
    assert story.due(Duty.SETTLE_IN_GROUP) == date(2027, 8, 6)


def test_an_answer_settles_the_stage_and_a_missed_one_goes_to_a_manager_by_itself():
    story = tell("greenlight", state="NSW", negotiated=True)
    story.lodge("2027-07-08 10:00", **contested(story, "440.00"))
    story.sweep("2027-07-08 10:05")
    story.sweep("2027-07-23 00:10")
    assert Duty.SETTLE_DISPUTE in story.missed()
    assert story.complaint.escalated_at is not None
    assert story.due(Duty.SETTLE_IN_GROUP) == date(2027, 8, 9)
    story.do("2027-07-26 14:00", "start_investigation")
    story.do("2027-07-26 14:05", "propose_resolution", text="The calls were made.")
    story.sweep("2027-07-26 14:10")
    assert story.status(Duty.SETTLE_IN_GROUP) == "met"
    assert story.status(Duty.SETTLE_DISPUTE) == "met_late"


@pytest.mark.parametrize("provider", ["vpnet", "blueshift", "comvergence", "callpro"])
def test_where_the_terms_name_no_stages_there_is_no_such_day(provider):
    story = tell(provider, state="NSW")
    story.lodge("2027-07-05 10:00", **contested(story, "44.00"))
    assert not story.deadlines(Duty.SETTLE_DISPUTE).exists()


def test_no_stage_for_what_is_no_billing_dispute():
    story = tell("greenlight", state="NSW")
    story.lodge("2027-07-08 10:00")
    assert not story.deadlines(Duty.SETTLE_DISPUTE).exists()


@pytest.mark.parametrize(
    ("channel", "negotiated", "held"),
    [
        (Channel.PHONE, True, False),  # 9.2(a): in writing
        (Channel.VOICEMAIL, True, False),
        (Channel.EMAIL, True, True),
        (Channel.POST, True, True),
        (Channel.PHONE, False, True),  # the law asks for no form (RF-TCP-18)
    ],
)
def test_terms_that_want_writing_hold_what_was_written(channel, negotiated, held):
    story = tell("greenlight", state="NSW", negotiated=negotiated)
    story.take(
        "2027-07-06 11:00",
        received="2027-07-06 10:00",
        channel=channel,
        facts=contested(story, "440.00"),
    )
    assert Hold.objects.exists() is held
    said = story.complaint.events.filter(act="not_held").first()
    assert (said is None) is held
    if said is not None:
        assert "contested in writing, in the portal or by email" in said.text
        assert "GL-DISP-05" in [reason["id"] for reason in said.because]
