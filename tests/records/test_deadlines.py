"""Deadlines: reminded before, on the day, flagged when missed; met late stays missed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from records.audit.models import Entry
from records.deadlines import services
from records.deadlines.models import Deadline, Reminder
from records.notices.models import Notice
from records.notices.services import Sender, queue_message
from tests.world import instant

pytestmark = pytest.mark.portable

SET_AT = instant("2026-12-01 10:00")
REASON = [
    {
        "id": "VP-CMP-09",
        "clause": "And Solve",
        "says": "…",
        "steps": [],
        "source": "terms",
        "document": "vpnet",
        "version": "undated-1",
    }
]


@pytest.fixture
def deadline(world) -> Deadline:
    return make(world)


def make(world, **facts) -> Deadline:
    given = {
        "account_id": world.account.pk,
        "subject": "C-TEST1234",
        "duty": "propose",
        "title": "Propose an answer",
        "due_on": date(2026, 12, 15),
        "remind_on": date(2026, 12, 14),
        "zone": "Australia/Perth",
        "at": SET_AT,
        "because": REASON,
        "owner_email": "desk@staff.example",
        "owner_path": "/admin/",
    } | facts
    return services.set_deadline(**given)


def stages() -> list[str]:
    return list(Reminder.objects.order_by("at").values_list("stage", flat=True))


def test_day_ends_on_the_customers_own_clock(deadline):
    # Midnight in Perth is three in the morning in Sydney's summer.
    assert deadline.due_at == instant("2026-12-16 03:00")


def test_owner_is_reminded_before_on_the_day_and_after(deadline):
    for moment in ("2026-12-14 11:00", "2026-12-14 12:05", "2026-12-15 12:05", "2026-12-16 03:05"):
        services.remind_and_flag(at=instant(moment))

    deadline.refresh_from_db()
    assert stages() == ["soon", "today", "missed"]
    assert deadline.status == "missed"
    assert Notice.objects.filter(kind="complaint_deadline_staff").count() == 3
    assert Entry.objects.filter(action="miss_deadline").count() == 1


def test_each_reminder_is_sent_once_however_often_beat_rings(deadline):
    for minute in range(0, 60, 5):
        services.remind_and_flag(at=instant("2026-12-14 12:00") + timedelta(minutes=minute))

    assert stages() == ["soon"]


def test_outage_over_the_deadline_sends_one_late_reminder_not_three(deadline):
    services.remind_and_flag(at=instant("2026-12-18 09:00"))

    deadline.refresh_from_db()
    assert stages() == ["missed"]
    assert deadline.status == "missed"


def test_duty_done_in_time_is_met_and_never_reminded(deadline):
    services.meet_deadline(subject="C-TEST1234", duty="propose", at=instant("2026-12-10 10:00"))
    services.remind_and_flag(at=instant("2026-12-20 10:00"))

    deadline.refresh_from_db()
    assert deadline.status == "met"
    assert not stages()


def test_duty_done_late_stays_marked_as_missed(deadline):
    services.meet_deadline(subject="C-TEST1234", duty="propose", at=instant("2026-12-16 03:00"))

    deadline.refresh_from_db()
    assert deadline.status == "met_late"


def test_last_minute_of_the_day_is_still_in_time(deadline):
    services.meet_deadline(subject="C-TEST1234", duty="propose", at=instant("2026-12-16 02:59"))

    deadline.refresh_from_db()
    assert deadline.status == "met"


def test_new_deadline_replaces_the_old_and_keeps_it(world, deadline):
    new = make(world, due_on=date(2026, 12, 22), remind_on=date(2026, 12, 21))

    deadline.refresh_from_db()
    assert deadline.status == "superseded"
    assert deadline.superseded_by == new
    assert Deadline.objects.filter(status="open").count() == 1


def test_duty_that_nobody_owes_is_no_error(world):
    assert services.meet_deadline(subject="C-NOTHING", duty="propose", at=SET_AT) is None


# What was missed stays missed, whatever ends it.

OVER = instant("2026-12-16 03:05")


def status() -> list[str]:
    return list(Deadline.objects.order_by("pk").values_list("status", flat=True))


def test_ending_within_minutes_of_the_miss_and_before_the_sweep_erases_nothing(deadline):
    services.drop_deadlines(subject="C-TEST1234", at=OVER)

    assert status() == ["missed"]
    assert Entry.objects.filter(action="miss_deadline").count() == 1


def test_ending_in_the_last_minute_is_no_miss(deadline):
    services.drop_deadlines(subject="C-TEST1234", at=instant("2026-12-16 02:59"))

    assert status() == ["superseded"]


@pytest.mark.parametrize("swept", [True, False])
def test_new_deadline_for_the_same_duty_erases_no_miss(world, deadline, swept):
    if swept:
        services.remind_and_flag(at=OVER)

    make(world, due_on=date(2026, 12, 22), remind_on=date(2026, 12, 21), at=OVER)

    assert status() == ["missed", "open"]


def test_sweep_that_comes_after_a_duty_was_met_in_time_finds_it_met(deadline):
    """Sent in the last second, marked as sent after the sweep had flagged it."""
    services.remind_and_flag(at=OVER)
    services.meet_deadline(subject="C-TEST1234", duty="propose", at=instant("2026-12-16 02:59"))

    assert status() == ["met"]


# A duty that its notice does.


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"status": "sent", "sent_at": instant("2026-12-16 02:59")}, "met"),
        ({"status": "told", "sent_at": instant("2026-12-16 02:59")}, "met"),
        ({"status": "told", "sent_at": instant("2026-12-16 03:00")}, "met_late"),
        ({"status": "failed"}, "missed"),
        ({"status": "by_hand"}, "missed"),
        ({"status": "queued"}, "missed"),
    ],
)
def test_notice_discharges_its_deadline_at_the_moment_it_is_given(deadline, given, expected):
    notice = queue_message(
        kind="generic",
        to="mia@people.example",
        sender=Sender(name="VPnet"),
        at=SET_AT,
        title="Hello",
        text="Words",
    )
    services.discharge_by(deadline=deadline, notice=notice)
    Notice.objects.filter(pk=notice.pk).update(**given)

    services.remind_and_flag(at=OVER)

    assert status() == [expected]


# One that fails stops no other.


def test_poisonous_deadline_is_noted_and_the_others_are_swept(world, deadline, monkeypatch):
    other = make(world, subject="C-OTHER123")
    look = services._look

    def fail(row, at):
        if row.pk == deadline.pk:
            raise ZeroDivisionError("poison")
        look(row, at)

    with monkeypatch.context() as patch:
        patch.setattr(services, "_look", fail)
        services.remind_and_flag(at=OVER)

    deadline.refresh_from_db()
    other.refresh_from_db()
    assert other.status == "missed"
    assert (deadline.status, deadline.problem) == ("open", "ZeroDivisionError: poison")
    assert deadline.problem_at == OVER

    services.remind_and_flag(at=OVER)
    deadline.refresh_from_db()
    assert (deadline.status, deadline.problem, deadline.problem_at) == ("missed", "", None)
