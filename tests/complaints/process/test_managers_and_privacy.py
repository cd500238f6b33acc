"""A manager's clocks, and complaints about privacy, which are the privacy officer's."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from complaints.lodging.services import (
    Arrival,
    ComplaintDetails,
    LodgingRefused,
    lodge_for_customer,
)
from complaints.process.selectors import to_decide, workable
from complaints.process.services import StepRefused, acknowledge_sent
from complaints.tickets.models import Complaint, Event
from complaints.tickets.states import Duty, State
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.deadlines.models import Deadline
from records.notices.models import Notice
from records.notices.services import deliver_queued
from terms.calendar import Channel
from tests.complaints.story import Story, tell
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def begun(key: str = "vpnet", **facts) -> Story:
    story = tell(key, **facts)
    story.lodge("2027-02-01 10:00")
    story.sweep("2027-02-01 10:05")
    return story


def by_phone(**facts) -> Story:
    """A complaint of which the customer hears by phone alone."""
    story = tell("vpnet")
    story.take(
        "2027-02-01 10:00",
        received="2027-02-01 10:00",
        channel=Channel.PHONE,
        told_by=Channel.PHONE,
        told_at_once=True,
        **facts,
    )
    return story


# ── a manager's clocks ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("key", ["callpro", "comvergence", "vpnet", "blueshift", "greenlight"])
def test_an_email_explains_it_within_the_hours_and_a_manager_decides_in_five_days(key):
    story = begun(key)
    story.do("2027-02-03 14:00", "ask_for_manager", by=story.world.holder)
    explain = story.deadlines(Duty.EXPLAIN_ESCALATION).get()
    assert explain.due_at == story.when("2027-02-04 14:00")
    # 4, 5, 8, 9, 10 February.
    assert story.due(Duty.DECIDE_ESCALATION) == date(2027, 2, 10)
    assert "RF-CMP-09" in {one["id"] for one in explain.because}
    owners = Deadline.objects.filter(duty__in=[Duty.EXPLAIN_ESCALATION, Duty.DECIDE_ESCALATION])
    assert {one.owner_email for one in owners} == {story.manager.email}

    story.sweep("2027-02-03 14:05")

    assert story.status(Duty.EXPLAIN_ESCALATION) == "met"
    assert list(to_decide(Complaint.objects.all())) == [story.complaint]
    story.do(
        "2027-02-10 10:00", "decide_escalation", by=story.manager, takes_over=True, text="Mine."
    )
    assert story.status(Duty.DECIDE_ESCALATION) == "met"
    assert not to_decide(Complaint.objects.all()).exists()


def test_who_hears_by_phone_is_told_by_phone_in_time_or_it_is_missed():
    story = by_phone()
    story.hear("2027-02-03 14:00", "ask_for_manager")
    # Nobody has told them anything yet, of the ombudsman neither.
    assert story.status(Duty.EXPLAIN_ESCALATION) == "open"
    assert story.status(Duty.NAME_OMBUDSMAN) == "open"

    story.sweep("2027-02-04 13:59")
    assert story.missed() == []
    story.sweep("2027-02-04 14:00")
    assert story.missed() == [Duty.EXPLAIN_ESCALATION]

    said = {"channel": Channel.PHONE, "text": "A manager decides; the ombudsman is free."}
    story.do("2027-02-04 15:00", "explain_escalation", **said)
    assert story.status(Duty.EXPLAIN_ESCALATION) == "met_late"
    assert story.status(Duty.NAME_OMBUDSMAN) == "met"
    with pytest.raises(StepRefused, match="Nothing is left to explain"):
        story.do("2027-02-04 15:01", "explain_escalation", **said)


def test_no_such_clock_where_the_law_says_nothing():
    story = begun("greenlight", negotiated=True, spend="90000.00")
    story.do("2027-02-03 14:00", "ask_for_manager", by=story.world.holder)
    assert not story.deadlines(Duty.EXPLAIN_ESCALATION).exists()
    # A manager has it all the same.
    assert to_decide(Complaint.objects.all()).exists()


def test_what_missed_a_day_waits_for_a_manager_by_itself_until_they_decide():
    story = begun()
    story.sweep("2027-02-16 00:15")
    assert story.complaint.escalated_at is not None
    assert list(to_decide(Complaint.objects.all())) == [story.complaint]

    story.do(
        "2027-02-16 10:00", "decide_escalation", by=story.manager, takes_over=False, text="Soon."
    )
    assert not to_decide(Complaint.objects.all()).exists()


# ── about privacy ───────────────────────────────────────────────────────────────────────────


def private_matter() -> Story:
    story = tell("vpnet")
    story.officer = make_staff(StaffRole.PRIVACY)
    story.lodge("2027-02-01 10:00", topic="privacy", description="Somebody read my record.")
    story.sweep("2027-02-01 10:05")
    return story


def test_the_officer_works_it_from_end_to_end():
    story = private_matter()
    holder = story.world.holder
    story.do("2027-02-02 10:00", "start_investigation")
    story.do("2027-02-03 10:00", "ask_customer", text="When was it, do you know?")
    story.do("2027-02-04 10:00", "add_message", by=holder, text="In January.")
    story.do("2027-02-08 10:00", "propose_resolution", text="One look; we are sorry.")
    story.do("2027-02-09 10:00", "accept_proposal", by=holder)
    story.do("2027-02-10 10:00", "resolve_complaint", text="You have the list of looks.")
    story.do("2027-02-11 10:00", "agree_to_close", by=holder)
    assert story.complaint.state == State.CLOSED
    assert story.missed() == []


def test_its_officer_is_reminded_and_told_not_the_desk():
    story = private_matter()
    owners = set(Deadline.objects.values_list("owner_email", flat=True))
    assert owners == {story.officer.email}
    story.do("2027-02-02 10:00", "add_message", by=story.world.holder, text="And another thing.")
    assert Notice.objects.filter(kind="complaint_staff").latest("pk").to == story.officer.email


def test_the_desk_writes_down_what_it_hears_and_does_nothing_else():
    story = private_matter()
    desk = story.desk
    story.hear("2027-02-02 10:00", "add_message", text="It was in January.")
    story.do("2027-02-02 10:01", "add_note", by=desk, text="Sounded worried.")
    for name, facts in (
        ("start_investigation", {}),
        ("name_cause", {"cause": "privacy"}),
        ("assign_complaint", {"to": desk}),
    ):
        with pytest.raises(StepRefused, match="privacy officer"):
            story.do("2027-02-02 11:00", name, by=desk, **facts)
    with pytest.raises(StepRefused, match="does not work on complaints about privacy"):
        story.do("2027-02-02 11:00", "assign_complaint", to=desk)
    assert not workable(Complaint.objects.all(), desk).exists()


def test_a_manager_works_it_once_it_was_brought_to_one():
    story = private_matter()
    with pytest.raises(StepRefused, match="privacy officer"):
        story.do("2027-02-02 10:00", "start_investigation", by=story.manager)
    story.do("2027-02-02 10:01", "escalate_complaint", by=story.desk, text="He insists.")
    assert list(workable(Complaint.objects.all(), story.manager)) == [story.complaint]
    story.do("2027-02-02 10:02", "start_investigation", by=story.manager)
    assert story.complaint.assigned_to == story.manager


def test_the_officer_works_on_nothing_else():
    story = begun()
    officer = make_staff(StaffRole.PRIVACY)
    for name, facts in (("start_investigation", {}), ("add_note", {"text": "Hm."})):
        with pytest.raises(NotAuthorised):
            story.do("2027-02-02 10:00", name, by=officer, **facts)
    assert not workable(Complaint.objects.all(), officer).exists()
    client = Client()
    client.force_login(officer)
    page = f"/admin/complaints/complaint/{story.complaint.pk}/step/note/"
    assert client.post(page, {"text": "Hm."}).status_code in (200, 302, 403)
    assert not Event.objects.filter(act="note").exists()


def test_the_officer_takes_down_what_is_about_privacy_alone():
    story = tell("vpnet")
    officer = make_staff(StaffRole.PRIVACY)
    at = story.when("2027-02-01 10:00")
    how = {
        "account": story.world.account,
        "staff": officer,
        "arrival": Arrival(channel=Channel.POST, received_at=at, person=story.world.holder),
        "at": at,
    }
    with pytest.raises(LodgingRefused, match="about privacy"):
        lodge_for_customer(details=ComplaintDetails(topic="bill", description="Wrong."), **how)
    made = lodge_for_customer(
        details=ComplaintDetails(topic="privacy", description="Read."), **how
    )
    deliver_queued(at=at)
    acknowledge_sent(at=at)
    made.refresh_from_db()
    assert made.state == State.ACKNOWLEDGED


def test_lists_show_each_what_is_theirs(client):
    story = private_matter()
    other = Story(story.world, story.desk, story.manager)
    other.lodge("2027-02-01 11:00", description="The line is dead.")
    pages = {
        story.officer: ({story.reference}, {story.reference}),
        story.desk: ({other.reference}, {story.reference, other.reference}),
    }
    for user, (nobody, all_of_them) in pages.items():
        client.force_login(user)
        listed = client.get("/admin/complaints/complaint/?mine=nobody").content.decode()
        both = {story.reference, other.reference}
        assert {one for one in both if one in listed} == nobody
        every = client.get("/admin/complaints/complaint/").content.decode()
        assert {one for one in both if one in every} >= all_of_them
