"""A complaint from the portal: reference, clocks with their clauses, notice, hold."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.disputes.models import Hold
from billing.payments.selectors import balance
from complaints.clocks import services as clocks_services
from complaints.lodging import services as lodging
from complaints.process import services as process
from complaints.process import services as process_services
from complaints.process.services import steps
from complaints.tickets.models import Complaint
from complaints.tickets.states import Duty, State
from parties.accounts.models import DeclaredDay
from parties.authority.selectors import NotAuthorised
from records.audit.models import Entry
from records.audit.services import Actor
from records.deadlines.models import Deadline
from records.deadlines.services import remind_and_flag
from records.notices.models import Notice
from records.notices.services import deliver_queued, mark_told
from terms.facts import Role
from tests.parties.people import signed_in
from tests.world import appoint, instant, make_staff, make_user, make_world

pytestmark = pytest.mark.portable

CHRISTMAS_EVE = instant("2026-12-24 10:20")


def lodge(world, at=CHRISTMAS_EVE, **facts):
    given = {"topic": "fault", "description": "No dial tone."} | facts
    return lodging.lodge_complaint(
        account=world.account, by=world.holder, at=at, details=lodging.ComplaintDetails(**given)
    )


def clocks(complaint: Complaint) -> dict[str, date]:
    rows = Deadline.objects.filter(subject=complaint.reference)
    return dict(rows.values_list("duty", "due_on"))


@pytest.mark.parametrize(
    ("key", "acknowledge_by", "propose_by", "cited"),
    [
        # 28 Dec stands in for Boxing Day: 29=1, 30=2 … 12 Jan = 10 in New South Wales.
        ("vpnet", date(2026, 12, 30), date(2027, 1, 12), {"VP-CMP-06", "VP-CMP-09"}),
        ("callpro", date(2026, 12, 30), date(2027, 1, 12), {"RF-CMP-02", "RF-CMP-03"}),
        ("comvergence", date(2026, 12, 30), date(2027, 1, 12), {"RF-CMP-02", "RF-CMP-03"}),
        ("blueshift", date(2026, 12, 30), date(2027, 1, 12), {"RF-CMP-02", "RF-CMP-03"}),
        ("greenlight", date(2026, 12, 30), date(2027, 1, 12), {"RF-CMP-02", "RF-CMP-03"}),
    ],
)
@pytest.mark.django_db
def test_web_complaint_on_christmas_eve_starts_the_clocks(key, acknowledge_by, propose_by, cited):
    world = make_world(key)

    complaint = lodge(world)

    found = clocks(complaint)
    assert found[Duty.ACKNOWLEDGE] == acknowledge_by
    assert found[Duty.PROPOSE] == propose_by
    because = Deadline.objects.get(subject=complaint.reference, duty=Duty.PROPOSE).because
    assert cited <= {reason["id"] for reason in because}
    assert any(reason["steps"] for reason in because)


def test_reference_is_unique_and_cannot_be_guessed(world):
    references = {lodge(world, description=f"Hum {n}").reference for n in range(20)}

    assert len(references) == 20
    assert all(len(reference) == 10 and reference.startswith("C-") for reference in references)


def test_acknowledgement_goes_out_with_reference_and_dates(world, mailoutbox):
    complaint = lodge(world)

    deliver_queued(at=CHRISTMAS_EVE)

    (mail,) = mailoutbox
    assert complaint.reference in mail.subject
    assert "Wed 30 Dec 2026" in mail.body
    assert "Tue 12 Jan 2027" in mail.body
    assert mail.to == [world.holder.email]


def test_complaint_is_acknowledged_only_once_the_email_has_gone_out(world):
    complaint = lodge(world)

    assert process_services.acknowledge_sent(at=CHRISTMAS_EVE) == 0
    deliver_queued(at=instant("2026-12-24 10:25"))
    assert process_services.acknowledge_sent(at=instant("2026-12-24 10:30")) == 1

    complaint.refresh_from_db()
    deadline = Deadline.objects.get(subject=complaint.reference, duty=Duty.ACKNOWLEDGE)
    assert complaint.state == State.ACKNOWLEDGED
    assert deadline.status == "met"
    assert deadline.done_at == instant("2026-12-24 10:25")


def told(notice: Notice, at: str) -> None:
    mark_told(notice=notice, by=Actor(), at=instant(at))


@pytest.mark.parametrize("why", ["by_hand", "failed"])
def test_acknowledgement_told_by_hand_or_letter_counts_like_one_that_was_sent(world, why):
    complaint = lodge(world)
    Notice.objects.update(status=why)
    told(complaint.acknowledgement, "2026-12-30 16:00")

    assert process_services.acknowledge_sent(at=instant("2026-12-30 16:01")) == 1

    complaint.refresh_from_db()
    deadline = Deadline.objects.get(subject=complaint.reference, duty=Duty.ACKNOWLEDGE)
    assert complaint.state == State.ACKNOWLEDGED
    assert (deadline.status, deadline.done_at) == ("met", instant("2026-12-30 16:00"))


def test_acknowledgement_sent_in_the_last_second_is_in_time_though_flagged_first(world):
    """The last good day is Wednesday 30 December; the mark comes after midnight's sweep."""
    complaint = lodge(world)
    notice = Notice.objects.filter(pk=complaint.acknowledgement_id)
    remind_and_flag(at=instant("2026-12-31 00:00"))
    notice.update(status="sent", sent_at=instant("2026-12-30 23:59"))

    remind_and_flag(at=instant("2026-12-31 00:15"))

    deadline = Deadline.objects.get(subject=complaint.reference, duty=Duty.ACKNOWLEDGE)
    assert deadline.status == "met"


def test_complaint_whose_step_fails_is_noted_and_the_next_is_acknowledged(world, monkeypatch):
    poison, other = lodge(world), lodge(world, description="And a hum.")
    deliver_queued(at=CHRISTMAS_EVE)
    step = steps.step

    def fail(complaint, *args, **kwargs):
        if complaint.pk == poison.pk:
            raise ZeroDivisionError("poison")
        step(complaint, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(steps, "step", fail)
        assert process_services.acknowledge_sent(at=CHRISTMAS_EVE) == 1

    poison.refresh_from_db()
    other.refresh_from_db()
    assert (poison.state, poison.problem) == (State.RECEIVED, "ZeroDivisionError: poison")
    assert other.state == State.ACKNOWLEDGED


def test_acknowledging_asks_as_much_whatever_was_sent_before(world, django_assert_num_queries):
    for _ in range(5):
        lodge(world)
    deliver_queued(at=CHRISTMAS_EVE)
    process_services.acknowledge_sent(at=CHRISTMAS_EVE)

    with django_assert_num_queries(1):
        process_services.acknowledge_sent(at=CHRISTMAS_EVE)


def test_ending_after_a_missed_day_leaves_the_miss_on_record(world):
    """Withdrawn at noon after the worker slept over the last day to propose, 12 January."""
    complaint = lodge(world)
    process_services.withdraw_complaint(
        reference=complaint.reference, by=world.holder, at=instant("2027-01-13 12:00")
    )

    found = dict(Deadline.objects.values_list("duty", "status"))
    assert found[Duty.PROPOSE] == "missed"
    assert found[Duty.ACKNOWLEDGE] == "missed"


def test_urgent_complaint_is_answered_in_two_working_days(world):
    complaint = lodge(world, disconnection_without_process=True)

    assert complaint.is_urgent
    assert complaint.urgent_because[0]["id"] == "VP-CMP-16"
    assert clocks(complaint)[Duty.PROPOSE] == date(2026, 12, 30)


def test_threat_to_safety_makes_it_urgent_by_law(world):
    complaint = lodge(world, safety_threat=True)

    assert complaint.is_urgent
    assert "RF-CMP-06" in {reason["id"] for reason in complaint.urgent_because}


def test_disputed_amount_is_held_and_not_overdue(world, invoice):
    lodge(world, disputed_invoice=invoice, disputed_amount=Decimal("10.00"))

    owed = balance(world.account, date(2027, 6, 1))
    assert Hold.objects.get().amount == Decimal("10.00")
    assert owed.overdue == invoice.total_inc - Decimal("10.00")
    assert owed.disputed == Decimal("10.00")


def test_stranger_cannot_complain_about_the_account(world):
    stranger = make_user("A Stranger")

    with pytest.raises(NotAuthorised):
        lodging.lodge_complaint(
            account=world.account,
            by=stranger,
            at=CHRISTMAS_EVE,
            details=lodging.ComplaintDetails(topic="bill", description="x"),
        )

    assert not Complaint.objects.exists()
    assert not Notice.objects.exists()


def test_advocate_may_complain_for_the_customer(world):
    advocate = make_user("Kim Abbott")
    appoint(world.account, advocate, Role.ADVOCATE)

    complaint = lodging.lodge_complaint(
        account=world.account,
        by=advocate,
        at=CHRISTMAS_EVE,
        details=lodging.ComplaintDetails(topic="bill", description="x"),
    )

    assert complaint.role == Role.ADVOCATE
    entry = Entry.objects.get(action="lodge_complaint")
    assert entry.actor_name == "Kim Abbott"
    assert entry.authority


def test_failure_half_way_leaves_nothing_behind(world, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("complaints.lodging.services.receiving.write", fail)

    with pytest.raises(RuntimeError):
        lodge(world)

    assert not Complaint.objects.exists()
    assert not Deadline.objects.exists()


def test_declared_day_moves_open_clocks(world):
    complaint = lodge(world)
    DeclaredDay.objects.create(state="NSW", day=date(2026, 12, 29), name="Mourning", source="x")

    moved = clocks_services.recompute_open_deadlines(at=instant("2026-12-24 12:00"))

    assert moved >= 2
    found = dict(
        Deadline.objects.filter(subject=complaint.reference, status="open").values_list(
            "duty", "due_on"
        )
    )
    assert found[Duty.ACKNOWLEDGE] == date(2026, 12, 31)
    assert found[Duty.PROPOSE] == date(2027, 1, 13)
    assert Deadline.objects.filter(subject=complaint.reference, status="superseded").exists()


def test_declared_day_moves_the_clock_of_what_was_agreed(world):
    complaint = lodge(world, instant("2027-02-08 10:00"))
    desk, step = make_staff(), {"reference": complaint.reference}
    deliver_queued(at=instant("2027-02-08 10:05"))
    process_services.acknowledge_sent(at=instant("2027-02-08 10:06"))
    process_services.start_investigation(by=desk, at=instant("2027-02-09 10:00"), **step)
    process_services.propose_resolution(
        by=desk, text="A credit.", at=instant("2027-02-15 10:00"), **step
    )
    process_services.accept_proposal(by=world.holder, at=instant("2027-02-17 10:00"), **step)
    # Five working days from acceptance (RF-CMP-04): 18, 19, 22, 23, 24 February.
    assert clocks(complaint)[Duty.IMPLEMENT] == date(2027, 2, 24)
    DeclaredDay.objects.create(state="NSW", day=date(2027, 2, 19), name="Mourning", source="x")

    assert clocks_services.recompute_open_deadlines(at=instant("2027-02-18 12:00")) == 1

    open_one = Deadline.objects.get(subject=complaint.reference, status="open")
    assert (open_one.duty, open_one.due_on) == (Duty.IMPLEMENT, date(2027, 2, 25))


def test_double_click_makes_one_complaint(world):
    client = signed_in(world.holder)
    draft = client.post("/complaints/new/", {"topic": "fault"})["Location"].rpartition("urgent/")[
        0
    ]
    client.post(f"{draft}urgent/")
    client.post(f"{draft}words/", {"description": "No dial tone.", "wanted": "A technician"})

    first, second = client.post(f"{draft}check/"), client.post(f"{draft}check/")

    complaint = Complaint.objects.get()
    assert first["Location"] == second["Location"] == f"/complaints/{complaint.reference}/"
    assert Notice.objects.filter(kind="complaint_received").count() == 1
    assert Entry.objects.filter(action="lodge_complaint").count() == 1


def test_amount_is_held_once_however_often_it_is_clicked(world, invoice):
    disputed = {"disputed_invoice": invoice, "disputed_amount": Decimal("9.00")}

    first, second = lodge(world, **disputed), lodge(world, **disputed)

    assert first == second
    assert Hold.objects.count() == 1


@pytest.mark.parametrize(
    ("minutes", "facts", "count"),
    [
        (10, {}, 1),
        (11, {}, 2),
        (1, {"description": "No dial tone. Again."}, 2),
        (1, {"topic": "bill"}, 2),
        (1, {"wanted": "A technician"}, 2),
        (1, {"safety_threat": True}, 2),
    ],
)
def test_other_words_or_a_later_time_are_another_complaint(world, minutes, facts, count):
    lodge(world)

    lodge(world, at=CHRISTMAS_EVE + timedelta(minutes=minutes), **facts)

    assert Complaint.objects.count() == count


def test_same_words_of_another_person_or_after_withdrawing_are_another_complaint(world):
    first = lodge(world)
    process.withdraw_complaint(reference=first.reference, by=world.holder, at=CHRISTMAS_EVE)
    friend = make_user("Jordan Lee")
    appoint(world.account, friend, Role.AUTHORISED_REP, ends_on=date(2027, 12, 31))

    details = lodging.ComplaintDetails(topic="fault", description="No dial tone.")
    lodging.lodge_complaint(account=world.account, by=friend, at=CHRISTMAS_EVE, details=details)
    lodge(world)

    assert Complaint.objects.count() == 3
