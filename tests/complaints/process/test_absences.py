"""While somebody is away, who stands in has their queue and reminders; nothing is unowned."""

from __future__ import annotations

from datetime import date

import pytest

from complaints.process.selectors import in_hand_of
from complaints.process.services import mind_absences
from complaints.tickets.models import Complaint, Event
from parties.people.models import Absence
from parties.people.selectors import stand_in
from parties.people.services import AbsenceRefused, end_absence, note_absence
from parties.people.states import StaffRole
from records.deadlines.models import Deadline
from records.notices.models import Notice
from tests.complaints.story import Story, tell
from tests.world import make_provider, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


@pytest.fixture
def story() -> Story:
    """A complaint in the hand of the desk."""
    story = tell("vpnet")
    story.lodge("2027-02-01 10:00")
    story.sweep("2027-02-01 10:05")
    story.do("2027-02-01 11:00", "start_investigation")
    return story


def away(story: Story, first: str, last: str, who=None, to=None, at="2027-02-01 12:00") -> Absence:
    return note_absence(
        user=who or story.desk,
        substitute=to or story.manager,
        starts_on=date.fromisoformat(first),
        ends_on=date.fromisoformat(last),
        by=story.manager,
        at=story.when(at),
    )


def reminded() -> set[str]:
    return set(Deadline.objects.filter(status="open").values_list("owner_email", flat=True))


def queue(story: Story, user, moment: str) -> list[Complaint]:
    return list(in_hand_of(Complaint.objects.all(), user, story.when(moment)))


def test_queue_and_reminders_go_to_who_stands_in_on_those_days_alone(story):
    away(story, "2027-02-03", "2027-02-05")
    mind_absences(at=story.when("2027-02-02 23:45"))
    assert reminded() == {story.desk.email}
    assert queue(story, story.manager, "2027-02-02 23:45") == []

    assert mind_absences(at=story.when("2027-02-03 00:15")) == 1
    assert mind_absences(at=story.when("2027-02-03 00:30")) == 0
    assert reminded() == {story.manager.email}
    assert queue(story, story.manager, "2027-02-03 09:00") == [story.complaint]
    story.do("2027-02-04 10:00", "add_message", by=story.world.holder, text="And?")
    assert Notice.objects.filter(kind="complaint_staff").latest("pk").to == story.manager.email
    # It stays whose it is.
    assert story.complaint.assigned_to == story.desk

    assert mind_absences(at=story.when("2027-02-06 00:15")) == 1
    assert reminded() == {story.desk.email}
    assert queue(story, story.manager, "2027-02-06 09:00") == []
    words = list(Event.objects.filter(act="assign").values_list("text", flat=True))
    assert len(words) == 2
    assert "stands in" in words[0]
    assert "is back" in words[1]
    assert all(Event.objects.filter(act="assign").values_list("for_staff_only", flat=True))


def test_what_is_handed_to_somebody_away_is_reminded_of_elsewhere(story):
    away(story, "2027-02-01", "2027-02-05")
    other = tell("vpnet")
    other.lodge("2027-02-02 10:00")
    other.sweep("2027-02-02 10:05")
    other.do("2027-02-02 11:00", "assign_complaint", to=story.desk)
    owners = Deadline.objects.filter(subject=other.reference, status="open")
    assert set(owners.values_list("owner_email", flat=True)) == {story.manager.email}


def test_who_stands_in_may_be_stood_in_for_and_round_no_circle(story):
    third = make_staff(StaffRole.FRONT_LINE)
    away(story, "2027-02-03", "2027-02-10")
    away(story, "2027-02-05", "2027-02-06", who=story.manager, to=third)
    with pytest.raises(AbsenceRefused, match="away then, too"):
        away(story, "2027-02-06", "2027-02-07", who=third, to=story.desk)

    assert stand_in(story.desk, story.when("2027-02-04 10:00")) == story.manager
    assert stand_in(story.desk, story.when("2027-02-05 10:00")) == third
    assert stand_in(story.desk, story.when("2027-02-07 10:00")) == story.manager


def test_back_early(story):
    row = away(story, "2027-02-03", "2027-02-10")
    mind_absences(at=story.when("2027-02-03 00:15"))
    end_absence(absence=row, at=story.when("2027-02-04 09:00"))
    end_absence(absence=row, at=story.when("2027-02-04 09:01"))
    assert mind_absences(at=story.when("2027-02-04 09:15")) == 1
    assert reminded() == {story.desk.email}


def test_after_an_outage_it_begins_late_and_ends_all_the_same(story):
    away(story, "2027-02-03", "2027-02-05")
    # Nobody heard of it in time: nothing is handed over any more.
    assert mind_absences(at=story.when("2027-02-08 09:00")) == 1
    assert reminded() == {story.desk.email}
    assert not Event.objects.filter(act="assign").exists()


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        ("2027-02-05", "2027-02-03", "before the first"),
        ("2027-01-20", "2027-01-25", "are over"),
        ("2027-02-05", "2029-02-05", "longer than a year"),
        ("2027-02-09", "2027-02-12", "is away on some of these days already"),
    ],
)
def test_days_that_can_not_be_are_refused_in_words(story, first, last, says):
    away(story, "2027-02-08", "2027-02-10")
    with pytest.raises(AbsenceRefused, match=says):
        away(story, first, last)


def test_a_substitute_has_to_be_able_to_do_it(story):
    elsewhere = make_staff(StaffRole.FRONT_LINE, make_provider("callpro"))
    for to, says in (
        (story.desk, "Somebody else"),
        (story.world.holder, "does not work here"),
        (elsewhere, "another provider"),
    ):
        with pytest.raises(AbsenceRefused, match=says):
            away(story, "2027-02-08", "2027-02-10", to=to)


def test_same_again_is_the_same(story):
    assert away(story, "2027-02-08", "2027-02-10") == away(story, "2027-02-08", "2027-02-10")
    assert Absence.objects.count() == 1


def test_pages_note_it_and_say_what_is_wrong(story, client):
    client.force_login(story.desk)
    page = "/admin/parties/absence/add/"
    assert "Who stands in" in client.get(page).content.decode()
    given = {"user": story.desk.pk, "starts_on": "2099-02-03", "ends_on": "2099-02-01"}
    wrong = client.post(page, given | {"substitute": story.manager.pk}).content.decode()
    assert "before the first" in wrong
    # The desk notes their own alone; a manager anybody's.
    other = make_staff(StaffRole.FRONT_LINE)
    given = {"starts_on": "2099-02-03", "ends_on": "2099-02-05", "substitute": story.manager.pk}
    client.post(page, given | {"user": other.pk})
    assert not Absence.objects.exists()
    client.force_login(story.manager)
    client.post(page, given | {"user": other.pk, "substitute": story.desk.pk})
    row = Absence.objects.get()
    client.force_login(story.desk)
    assert client.post(f"/admin/parties/absence/{row.pk}/back/").status_code == 404
    client.force_login(other)
    client.post(f"/admin/parties/absence/{row.pk}/back/")
    row.refresh_from_db()
    assert row.cancelled_at is not None
