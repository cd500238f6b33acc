"""Faults of other desks (clocks A03–A06): no dead end while it waits, and nobody unheard."""

from __future__ import annotations

import pytest

from complaints.tickets.states import Duty, State
from parties.people.states import StaffRole
from portal.staff.complaint_steps import Situation, steps_now
from records.notices.models import Notice
from tests.complaints.story import Story, tell
from tests.world import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    """A complaint of Mon 1 Feb 2027 that is looked into; its answer is due Mon 15 Feb."""
    story = tell()
    story.lodge("2027-02-01 09:00")
    story.sweep("2027-02-01 09:05")
    story.do("2027-02-01 10:00", "start_investigation")
    return story


def offered(story: Story, moment: str) -> set[str]:
    now = Situation(story.complaint, story.desk, story.when(moment))
    return {step.slug for step in steps_now(now)}


def told(story: Story, moment: str) -> list[str]:
    """What the desk was told at exactly this moment."""
    rows = Notice.objects.filter(kind="complaint_staff", given_at=story.when(moment))
    return [one.text for one in rows]


def test_a03_while_it_waits_for_an_answer_staff_can_still_propose_in_time(story):
    story.do("2027-02-02 10:00", "ask_customer", text="Which lights show?")

    assert {"propose", "heard", "attempt", "delay"} <= offered(story, "2027-02-03 10:00")
    assert story.status(Duty.FOLLOW_UP) == "open"
    story.do("2027-02-04 10:00", "propose_resolution", text="We replace it.")
    story.sweep("2027-02-04 10:01")
    assert story.status(Duty.PROPOSE) == "met"


def test_a03_a_proposal_that_nobody_answers_has_a_duty_steps_and_an_end(story):
    story.do("2027-02-04 10:00", "propose_resolution", text="We replace it.")
    story.sweep("2027-02-04 10:01")

    assert {"heard", "amend", "attempt"} <= offered(story, "2027-02-05 10:00")
    assert story.complaint.first_duty == Duty.FOLLOW_UP
    for day in ("08", "09", "10", "11", "12"):
        story.do(f"2027-02-{day} 10:00", "record_attempt", channel="phone")
    story.do("2027-02-12 11:00", "send_closing_letter", text="Please answer.")
    story.do("2027-03-01 10:00", "close_complaint", upheld=False)
    assert (story.complaint.state, story.complaint.ending) == (State.CLOSED, "unreachable")


def test_a04_a_declined_answer_stands_in_the_queue_with_a_new_day(story):
    story.do("2027-02-04 10:00", "propose_resolution", text="We replace it.")
    story.do("2027-02-05 10:00", "decline_proposal", by=story.world.holder, text="No.")

    complaint = story.complaint
    assert complaint.state == State.INVESTIGATING
    # Ten working days from the decline: 8–12, 15–19 February.
    assert (complaint.first_duty, str(complaint.first_due_on)) == (Duty.PROPOSE, "2027-02-19")


def test_a05_explaining_a_delay_meets_its_duty_and_nothing_is_missed(story):
    story.do(
        "2027-02-10 10:00",
        "explain_delay",
        text="The part comes late.",
        new_day=story.when("2027-02-24 00:00").date(),
        names_ombudsman=True,
    )
    story.sweep("2027-02-10 10:01")
    story.sweep("2027-02-17 00:10")

    assert story.status(Duty.EXPLAIN_DELAY) == "met"
    assert story.missed() == []


@pytest.mark.parametrize("what", ["answers", "declines", "accepts", "manager", "urgent"])
def test_a06_every_word_of_a_customer_reaches_the_desk_at_once(story, what):
    moment, by = "2027-02-05 10:00", story.world.holder
    if what == "answers":
        story.do("2027-02-04 10:00", "ask_customer", text="Which lights show?")
        story.do(moment, "add_message", by=by, text="The red one.")
    elif what in ("declines", "accepts"):
        story.do("2027-02-04 10:00", "propose_resolution", text="We replace it.")
        text = {"text": "No."} if what == "declines" else {}
        story.do(moment, f"{what.removesuffix('s')}_proposal", by=by, **text)
    elif what == "manager":
        make_staff(StaffRole.TEAM_MANAGER)
        story.do(moment, "ask_for_manager", by=by)
    else:
        story.lodge(moment, description="Cut off.", disconnection_without_process=True)

    assert told(story, moment)
