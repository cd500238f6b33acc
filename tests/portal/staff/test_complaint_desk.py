"""The complaints desk: staff write down, acknowledge, answer and end complaints by their pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.lodging.services import ComplaintDetails, lodge_complaint
from complaints.process import services as process
from complaints.tickets.models import Complaint
from complaints.tickets.states import State
from parties.people.states import StaffRole
from records.deadlines.models import Deadline
from records.deadlines.services import remind_and_flag
from records.notices.models import Notice
from records.notices.services import deliver_queued
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = pytest.mark.django_db
LIST = "admin:complaints_complaint_changelist"


@pytest.fixture
def desk(client, world):
    """A signed-in member of the front line who has said why they open the account."""
    staff = make_staff(StaffRole.FRONT_LINE)
    sign_in_staff(client, staff, because_of=world.account)
    client.staff = staff
    return client


def lodge(world, **facts) -> Complaint:
    given = {"topic": "fault", "description": "No dial tone."} | facts
    return lodge_complaint(
        account=world.account,
        by=world.holder,
        at=timezone.now() - timedelta(minutes=5),
        details=ComplaintDetails(**given),
    )


def acknowledged(world, **facts) -> Complaint:
    complaint = lodge(world, **facts)
    at = timezone.now() - timedelta(minutes=4)
    deliver_queued(at=at)
    process.acknowledge_sent(at=at)
    complaint.refresh_from_db()
    return complaint


def step(desk, complaint, slug, **typed):
    """Take a step on its page and return the answer."""
    url = reverse("admin:complaints_complaint_step", args=[complaint.pk, slug])
    page = desk.get(url)
    assert page.status_code == 200, page
    answer = desk.post(url, typed)
    complaint.refresh_from_db()
    return answer


def heard(desk, complaint, said, **typed):
    given = {"said": said, "person": complaint.lodged_by_id, "channel": "phone", "checked": "on"}
    return step(desk, complaint, "heard", **(given | typed))


def errors(answer) -> str:
    return " ".join(str(line) for line in answer.context["form"].errors.values())


def test_desk_takes_a_complaint_from_the_phone_to_its_end(desk, world):
    """Nothing of it needs the customer's log-in."""
    page = reverse("admin:complaints_complaint_add") + f"?account={world.account.number}"
    assert "Write down a complaint" in desk.get(page).content.decode()
    now = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    typed = {
        "channel": "phone",
        "received_at": now,
        "person": world.holder.pk,
        "told_by": "phone",
        "topic": "fault",
        "description": "The line hums.",
        "told_at_once": "on",
    }
    first, second = desk.post(page, typed), desk.post(page, typed)
    complaint = Complaint.objects.get()
    assert (
        first.url
        == second.url
        == reverse("admin:complaints_complaint_change", args=[complaint.pk])
    )
    assert (complaint.state, complaint.taken_by) == (State.ACKNOWLEDGED, desk.staff)

    assert step(desk, complaint, "investigate").status_code == 302
    step(desk, complaint, "note", text="The exchange is old.")
    step(desk, complaint, "ask_customer", text="Which handset do you use?", told_by="phone")
    assert complaint.state == State.WAITING_FOR_CUSTOMER
    heard(desk, complaint, "message", text="The old one.")
    assert complaint.state == State.INVESTIGATING
    step(desk, complaint, "propose", text="We replace the whole port.", told_by="phone")
    heard(desk, complaint, "accept")
    assert complaint.state == State.IMPLEMENTING
    step(
        desk,
        complaint,
        "resolve",
        text="The port is replaced now.",
        confirms="yes",
        told_by="phone",
    )
    assert complaint.state == State.RESOLVED
    heard(desk, complaint, "consent")
    assert complaint.state == State.CLOSED
    assert not Deadline.objects.filter(status="open").exists()
    assert not Notice.objects.filter(kind="complaint_letter").exists()

    shown = desk.get(first.url).content.decode()
    assert "Mia Conti" in shown
    assert "The exchange is old." in shown


def test_customer_never_sees_what_is_noted_among_staff(desk, world, client):
    complaint = acknowledged(world)
    step(desk, complaint, "note", text="A difficult one, I think.")
    customer = type(desk)()
    customer.force_login(world.holder)

    page = customer.get(f"/complaints/{complaint.reference}/").content.decode()
    history = customer.get("/people/history/").content.decode()

    assert "difficult" not in page
    assert "Noted" not in history
    assert "Lodged a complaint" in history


def test_acknowledgement_that_was_given_up_is_on_a_worklist_with_another_way(desk, world):
    complaint = lodge(world)
    Notice.objects.update(status="failed")
    lists = {one["title"]: one for one in desk.get("/admin/").context["worklists"]}
    tile = next(one for title, one in lists.items() if "did not arrive" in title)
    assert tile["count"] == 1
    rows = desk.get(tile["url"]).context["cl"].result_count
    assert rows == 1

    now = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    step(desk, complaint, "acknowledge", channel="phone", told_at=now, names_ombudsman="on")

    assert complaint.state == State.ACKNOWLEDGED
    assert desk.get(tile["url"]).context["cl"].result_count == 0


def test_second_of_two_people_keeps_the_typed_proposal(desk, world):
    complaint = acknowledged(world)
    process.start_investigation(reference=complaint.reference, by=desk.staff, at=timezone.now())
    url = reverse("admin:complaints_complaint_step", args=[complaint.pk, "propose"])
    typed = {"text": "A long and careful answer of mine.", "told_by": "email"}
    desk.post(url, typed)

    answer = desk.post(url, typed)

    assert answer.status_code == 200
    assert "proposed by now" in errors(answer)
    assert "A long and careful answer of mine." in answer.content.decode()
    assert complaint.proposals.count() == 1


def test_one_word_proposal_is_asked_about_once(desk, world):
    complaint = acknowledged(world)
    process.start_investigation(reference=complaint.reference, by=desk.staff, at=timezone.now())
    answer = step(desk, complaint, "propose", text="ok", told_by="email")
    assert "very short" in errors(answer)

    step(desk, complaint, "propose", text="ok", told_by="email", sure="on")

    assert complaint.state == State.PROPOSED


@pytest.mark.parametrize(
    ("slug", "typed", "words"),
    [
        ("close", {"upheld": "no", "told_by": "email"}, "customer&#x27;s consent"),
        (
            "delay",
            {"text": "We wait for a part.", "new_day": "2026-01-05", "told_by": "email"},
            "later than",
        ),
        (
            "refuse",
            {"text": "It is the same again.", "vexatious": "on", "told_by": "email"},
            "careful thought",
        ),
        (
            "delay",
            {"text": "We wait for a part.", "new_day": "2199-01-05", "told_by": "email"},
            "check the year",
        ),
        (
            "refer",
            {"level": "2", "kind": "answer_ombudsman", "received_at": "2199-01-05T10:00"},
            "in the future",
        ),
        ("urgent", {"text": "x"}, "Tick what makes it urgent"),
    ],
)
def test_refusals_say_what_to_do_and_change_nothing(desk, world, slug, typed, words):
    complaint = acknowledged(world)

    answer = step(desk, complaint, slug, **typed)

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert complaint.state == State.ACKNOWLEDGED


def test_person_who_may_not_decide_is_not_written_down_as_deciding(desk, world):
    complaint = acknowledged(world)
    at = timezone.now()
    process.start_investigation(reference=complaint.reference, by=desk.staff, at=at)
    process.propose_resolution(reference=complaint.reference, by=desk.staff, text="x", at=at)

    answer = heard(desk, complaint, "accept", person=desk.staff.pk)

    assert answer.status_code == 200
    assert complaint.state == State.PROPOSED


def test_due_today_is_the_customers_day(desk, world):
    """At nine in the morning in Sydney the day in UTC is still the one before."""
    lodge(world)
    today = timezone.localtime().date()
    Deadline.objects.filter(duty="propose").update(due_on=today)

    assert desk.get(reverse(LIST) + "?clock=today").context["cl"].result_count == 1


def test_miss_of_a_closed_complaint_is_on_no_worklist(desk, world):
    complaint = lodge(world)
    late = timezone.now() + timedelta(days=60)
    remind_and_flag(at=late)
    missed = reverse(LIST) + "?clock=missed"
    assert desk.get(missed).context["cl"].result_count == 1

    process.withdraw_complaint(reference=complaint.reference, by=world.holder, at=late)

    assert desk.get(missed).context["cl"].result_count == 0
    titles = {one["title"]: one["count"] for one in desk.get("/admin/").context["worklists"]}
    assert titles["Complaints with a missed duty"] == 0


def test_a_long_queue_is_counted_only_so_far_and_says_so(desk, world, monkeypatch):
    monkeypatch.setattr("portal.staff.counting.UpTo.most", 2)
    for number in range(2):
        lodge(world, description=f"Hum {number}")
    assert "2 complaints" in desk.get(reverse(LIST)).content.decode()
    lodge(world, description="Hum 3")
    page = desk.get(reverse(LIST)).content.decode()
    assert "The first 2 of more: search or filter" in " ".join(page.split())


def test_chosen_complaints_are_taken_in_hand_together(desk, world):
    rows = [lodge(world, description=f"Hum {n}") for n in range(3)]

    desk.post(reverse(LIST), {"action": "take", "_selected_action": [one.pk for one in rows]})

    assert Complaint.objects.filter(assigned_to=desk.staff).count() == 3


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"received_at": "2199-01-05T10:00"}, "in the future"),
        ({"received_at": "2003-01-05T10:00"}, "did not exist on that day"),
        ({"received_at": "soon"}, "valid date"),
        ({"person": "else"}, "Write down their name"),
        ({"person": "else", "caller_name": "Kim"}, "how they want to be told"),
        ({"channel": "post", "told_at_once": "on"}, "Only who is there"),
        ({"disputed_amount": "5.00"}, "Choose the bill"),
        ({"description": ""}, "required"),
    ],
)
def test_what_cannot_be_so_is_not_written_down(desk, world, changed, words):
    page = reverse("admin:complaints_complaint_add") + f"?account={world.account.number}"
    typed = {
        "channel": "phone",
        "received_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "person": world.holder.pk,
        "told_by": "email",
        "topic": "fault",
        "description": "The line hums.",
    }

    answer = desk.post(page, typed | changed)

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Complaint.objects.exists()


def test_ombudsman_is_noted_answered_and_ended_by_pages(desk, world):
    complaint = acknowledged(world)
    now = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    typed = {"level": "1", "kind": "answer_ombudsman", "received_at": now}
    step(desk, complaint, "refer", **typed)
    assert complaint.with_ombudsman_since is not None
    assert desk.get(reverse(LIST) + "?needs=ombudsman").context["cl"].result_count == 1
    assert (
        "The ombudsman has had it since"
        in desk.get(
            reverse("admin:complaints_complaint_change", args=[complaint.pk])
        ).content.decode()
    )

    step(desk, complaint, "answer_ombudsman", text="Our file.")
    answer = step(desk, complaint, "outcome", outcome="nothing", text="As it is.", credit="5.00")
    assert "only with something that is to be done" in errors(answer)
    step(desk, complaint, "outcome", outcome="nothing", text="Nothing more is asked for.")

    assert (complaint.state, complaint.ending) == (State.CLOSED, "ombudsman")


def test_auditor_finds_no_private_complaint(client, world):
    hidden = lodge(world, safety_threat=True)
    auditor = make_staff(StaffRole.AUDITOR)
    sign_in_staff(client, auditor, because_of=world.account)

    listed = client.get(reverse(LIST)).content.decode()
    opened = client.get(reverse("admin:complaints_complaint_change", args=[hidden.pk]))
    tab = reverse("admin:parties_account_change", args=[world.account.pk]) + "?tab=complaints"

    assert hidden.reference not in listed
    assert opened.status_code == 302
    assert hidden.reference not in client.get(tab).content.decode()


def test_queue_asks_as_much_for_twenty_as_for_two(desk, world, django_assert_max_num_queries):
    for n in range(2):
        lodge(world, description=f"Hum {n}")
    with django_assert_max_num_queries(15) as few:
        desk.get(reverse(LIST))
    for n in range(18):
        lodge(world, description=f"Click {n}")

    with django_assert_max_num_queries(len(few.captured_queries)):
        desk.get(reverse(LIST))
