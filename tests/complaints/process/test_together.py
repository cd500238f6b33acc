"""Two complaints about one matter get one answer: no day, no word, no cent and no secret lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from billing.disputes.models import Hold
from complaints.lodging import services as lodging
from complaints.process import services as process
from complaints.process.services import StepRefused, Urgency
from complaints.tickets.models import Complaint, Event
from complaints.tickets.states import Ending, State
from parties.people.states import StaffRole
from records.deadlines.models import Deadline
from records.notices.models import Notice
from terms.facts import Role
from terms.lifecycle import IllegalStep
from tests.complaints.story import Story, bill, tell
from tests.parties.people import signed_in
from tests.parties.staff import sign_in_staff
from tests.world import appoint, make_staff, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def lodged(story: Story, text: str, by=None, **facts) -> Complaint:
    """A complaint that was acknowledged by email a minute after it came."""
    given = {"topic": "fault", "description": f"It does not work since {text}."} | facts
    made = lodging.lodge_complaint(
        account=story.world.account,
        by=by or story.world.holder,
        at=story.when(text),
        details=lodging.ComplaintDetails(**given),
    )
    story.sweep(text.replace(":00", ":01"))
    made.refresh_from_db()
    return made


def another_person(story: Story):
    person = make_user("Ren Abe")
    appoint(story.world.account, person, role=Role.AUTHORISED_REP, ends_on=date(2099, 12, 31))
    return person


def merge(story: Story, one: Complaint, two: Complaint, moment: str, **how) -> Complaint:
    kept = process.merge_complaints(
        reference=one.reference, other=two, by=story.desk, at=story.when(moment), **how
    )
    story.reference = kept.reference
    one.refresh_from_db()
    two.refresh_from_db()
    return kept


def owed(complaint: Complaint) -> dict[str, date]:
    rows = Deadline.objects.filter(subject=complaint.reference, status="open")
    return dict(rows.values_list("duty", "due_on"))


def letters_to(address: str) -> list[Notice]:
    return list(Notice.objects.filter(kind="complaint_letter", to=address).order_by("pk"))


@pytest.fixture
def story() -> Story:
    return tell("vpnet", state="NSW")


def test_the_earlier_day_counts_whichever_was_named_first_and_both_persons_are_told(story):
    """VPnet, NSW: Mon 7 and Wed 9 June 2027; ten working days, the King's Birthday left out."""
    ren = another_person(story)
    first = lodged(story, "2027-06-07 09:00")
    second = lodged(story, "2027-06-09 09:00", by=ren)
    assert (owed(first)["propose"], owed(second)["propose"]) == (
        date(2027, 6, 22),
        date(2027, 6, 24),
    )

    kept = merge(story, second, first, "2027-06-10 10:00", text="Both are about the same mast.")

    assert kept == first
    assert (second.state, second.merged_into) == (State.MERGED, first)
    assert owed(first)["propose"] == date(2027, 6, 22)
    assert owed(second) == {}
    for address, complaint in ((first.lodged_by.email, first), (ren.email, second)):
        letter = letters_to(address)[-1]
        assert "Tue 22 Jun 2027" in letter.text
        assert "Both are about the same mast." in letter.text
        assert letter.subject_ref == complaint.reference
    # Neither letter names the other complaint: it could be private one day.
    assert first.reference not in letters_to(ren.email)[-1].text
    # Again, from either side, is the same.
    many = Event.objects.count()
    assert merge(story, first, second, "2027-06-10 10:01") == first
    assert merge(story, second, first, "2027-06-10 10:01") == first
    assert Event.objects.count() == many


def test_what_is_told_of_the_one_is_told_to_who_made_the_other_until_both_end(story):
    ren = another_person(story)
    first = lodged(story, "2027-06-07 09:00")
    second = lodged(story, "2027-06-09 09:00", by=ren)
    merge(story, first, second, "2027-06-10 10:00")
    # Words about the other are words about the one.
    process.add_message(
        reference=second.reference,
        by=ren,
        text="It is worse today.",
        at=story.when("2027-06-10 11:00"),
    )
    assert first.events.filter(text="It is worse today.").exists()
    story.do("2027-06-11 09:00", "start_investigation")
    story.do("2027-06-15 10:00", "propose_resolution", text="We replace the mast.")
    assert "Our proposed answer" in letters_to(ren.email)[-1].title
    assert "We replace the mast." in letters_to(ren.email)[-1].text
    story.do("2027-06-16 10:00", "accept_proposal", by=ren)
    story.do("2027-06-17 10:00", "resolve_complaint", text="It stands.")
    story.sweep("2027-06-17 10:05")
    story.do("2027-06-18 10:00", "agree_to_close", by=ren)

    second.refresh_from_db()
    assert (second.state, second.ending) == (State.CLOSED, Ending.CONSENT)
    assert not Deadline.objects.filter(status="open").exists()
    # Who is not content has it opened again, by itself.
    process.reopen_complaint(
        reference=second.reference, by=ren, text="Dead again.", at=story.when("2027-06-21 10:00")
    )
    second.refresh_from_db()
    assert second.state == State.RECEIVED
    assert story.complaint.state == State.CLOSED


def test_urgency_a_manager_and_a_promised_day_go_with_it(story):
    first = lodged(story, "2027-06-07 09:00")
    story.reference = first.reference
    story.do(
        "2027-06-08 09:00",
        "explain_delay",
        text="The supplier is late.",
        new_day=date(2027, 6, 25),
        names_ombudsman=True,
    )
    second = lodged(story, "2027-06-09 09:00", hardship_related=True)
    assert second.is_urgent
    process.escalate_complaint(
        reference=second.reference, by=story.desk, text="Look.", at=story.when("2027-06-09 10:00")
    )

    merge(story, first, second, "2027-06-09 11:00")

    # Two working days from Mon 7 June, and not later than the other's own day.
    assert owed(first)["propose"] == date(2027, 6, 9)
    assert first.is_urgent
    assert first.hardship_related
    assert first.escalated_at == story.when("2027-06-09 10:00")


def test_undone_its_days_are_those_it_had_and_nothing_kept_towards_both_counts_as_missed(story):
    first = lodged(story, "2027-06-07 09:00")
    second = lodged(story, "2027-06-09 09:00")
    before = owed(second)
    merge(story, first, second, "2027-06-10 10:00")
    gone = {"reference": second.reference, "by": story.desk}

    process.split_complaint(at=story.when("2027-06-11 10:00"), **gone)

    second.refresh_from_db()
    assert (second.state, second.merged_into) == (State.INVESTIGATING, None)
    assert owed(second) == before
    with pytest.raises(IllegalStep):
        process.split_complaint(at=story.when("2027-06-11 10:01"), **gone)
    merge(story, second, first, "2027-06-15 10:00")
    story.do("2027-06-16 09:00", "start_investigation")
    story.do("2027-06-16 10:00", "propose_resolution", text="We replace the mast.")
    story.sweep("2027-06-16 10:05")
    process.split_complaint(at=story.when("2027-06-28 10:00"), **gone)
    # Our answer reached both in time: it is owed anew by the next working day.
    assert owed(second)["propose"] == date(2027, 6, 29)


def test_money_of_each_stays_held_exactly_and_is_decided_once(story):
    invoice = bill(story, date(2027, 6, 1), "220.00")
    contested = {"topic": "bill", "disputed_invoice": invoice}
    first = lodged(story, "2027-06-07 09:00", disputed_amount=Decimal("100.10"), **contested)
    second = lodged(story, "2027-06-08 09:00", disputed_amount=Decimal("7.83"), **contested)
    merge(story, first, second, "2027-06-09 10:00")
    assert sum(Hold.objects.filter(status="open").values_list("amount", flat=True)) == Decimal(
        "107.93"
    )
    # Consent alone decides no money of the other.
    story.do("2027-06-10 10:00", "agree_to_close", by=story.world.holder)
    assert story.complaint.state != State.CLOSED
    story.do("2027-06-10 11:00", "close_complaint", upheld=False)

    second.refresh_from_db()
    assert second.state == State.CLOSED
    assert not Hold.objects.filter(status="open").exists()


@pytest.mark.parametrize("act", ["withdrawn", "private"])
def test_the_other_goes_on_by_itself_where_the_one_is_withdrawn_or_becomes_private(story, act):
    ren = another_person(story)
    first = lodged(story, "2027-06-07 09:00")
    second = lodged(story, "2027-06-09 09:00", by=ren)
    merge(story, first, second, "2027-06-10 10:00")
    third = lodged(story, "2027-06-10 11:00")
    process.link_complaints(
        reference=first.reference, other=third, by=story.desk, at=story.when("2027-06-10 12:00")
    )
    if act == "withdrawn":
        story.do("2027-06-11 10:00", "withdraw_complaint", by=story.world.holder)
    else:
        grounds = Urgency(safety_threat=True)
        story.do("2027-06-11 10:00", "learn_urgency", by=story.desk, grounds=grounds, text="Told.")

    second.refresh_from_db()
    assert (second.state, second.merged_into) == (State.INVESTIGATING, None)
    assert owed(second)["propose"] == date(2027, 6, 24)
    if act == "private":
        assert not third.related.exists()
        said = " ".join(Event.objects.exclude(complaint=first).values_list("text", flat=True))
        said += " ".join(one.text for one in letters_to(ren.email))
        assert first.reference not in said


def test_what_cannot_go_together_is_refused_with_what_to_do(story):
    officer = make_staff(StaffRole.PRIVACY)
    first = lodged(story, "2027-06-07 09:00")
    private = lodged(story, "2027-06-07 10:00", safety_threat=True)
    about_privacy = lodged(story, "2027-06-07 11:00", topic="privacy")
    received = lodging.lodge_complaint(
        account=story.world.account,
        by=story.world.holder,
        at=story.when("2027-06-07 12:00"),
        details=lodging.ComplaintDetails(topic="fault", description="Not acknowledged yet."),
    )
    story.take(
        "2027-06-07 13:00",
        received="2027-06-07 12:30",
        channel="phone",
        person=None,
        caller_name="A neighbour",
        told_by="phone",
        told_at_once=True,
    )
    elsewhere = tell("vpnet", state="NSW")
    other = lodged(elsewhere, "2027-06-07 09:00")
    for two, words in (
        (first, "itself"),
        (private, "safety"),
        (about_privacy, "privacy"),
        (received, "acknowledged"),
        (story.complaint, "email"),
        (other, "another account"),
    ):
        with pytest.raises(StepRefused, match=words):
            merge(story, first, two, "2027-06-08 10:00")
        assert first.state != State.MERGED
    at = story.when("2027-06-08 10:00")
    for one, two, by in (
        (first, first, story.desk),
        (first, other, story.desk),
        (first, private, story.desk),
        (private, first, officer),
    ):
        with pytest.raises(StepRefused):
            process.link_complaints(reference=one.reference, other=two, by=by, at=at)
    assert not Complaint.related.through.objects.exists()


def test_desk_answers_two_together_after_a_preview_and_undoes_it_by_its_pages(client, story):
    first = lodged(story, "2027-06-07 09:00")
    second = lodged(story, "2027-06-09 09:00")
    private = lodged(story, "2027-06-09 10:00", safety_threat=True)
    sign_in_staff(client, story.desk, because_of=story.world.account)

    def page(row: Complaint, slug: str, **typed):
        url = reverse("admin:complaints_complaint_step", args=[row.pk, slug])
        answer = client.post(url, typed) if typed else client.get(url)
        row.refresh_from_db()
        return answer

    assert private.reference not in page(second, "merge").content.decode()
    assert page(second, "merge", other=private.pk).context["form"].errors["other"]
    asked = page(second, "merge", other=first.pk)
    assert second.state != State.MERGED
    words = asked.content.decode()
    assert f"{first} came first and is answered by Tue 22 Jun 2027" in words
    page(second, "merge", other=first.pk, sure="on")
    assert second.state == State.MERGED
    staff_page = client.get(reverse("admin:complaints_complaint_change", args=[second.pk]))
    assert {step.slug for step, _ in staff_page.context["acts"]} <= {
        *("split", "link", "unlink", "files", "note"),
    }
    assert "answered together with <a href" in staff_page.content.decode()
    page(first, "link", other=second.pk)
    other_page = client.get(reverse("admin:complaints_complaint_change", args=[first.pk]))
    assert "See also" in other_page.content.decode()
    page(first, "unlink", other=second.pk)
    assert not first.related.exists()
    page(second, "split", go="on")
    assert second.state == State.INVESTIGATING


def test_customer_reads_where_it_goes_on_and_writes_there(story):
    ren = another_person(story)
    first = lodged(story, "2027-06-07 09:00")
    second = lodged(story, "2027-06-09 09:00", by=ren)
    merge(story, first, second, "2027-06-10 10:00")
    client = signed_in(ren)

    text = client.get(reverse("complaint", args=[second.reference])).content.decode()
    assert f"Go to {first.reference}" in text
    assert "Open it again" not in text
    answered = client.get(reverse("complaint", args=[first.reference])).content.decode()
    assert f">{second.reference}</a>" in answered
    client.post(reverse("add_message", args=[second.reference]), {"text": "Still dead."})
    assert first.events.filter(text="Still dead.").exists()
