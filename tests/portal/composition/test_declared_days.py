"""A day that a state proclaims: tried first, then followed by every open clock, once."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from complaints.lodging.services import ComplaintDetails, lodge_complaint
from complaints.tickets.states import Duty
from parties.accounts.models import DeclaredDay
from parties.accounts.selectors import declared_days
from parties.people.states import StaffRole
from portal.composition.declared_days import apply_declared_days, clocks_that_would_move
from records.deadlines.models import Deadline
from records.deadlines.services import meet_deadline, remind_and_flag
from terms.calendar import DeclaredDay as TermsDay
from terms.calendar import State
from tests.world import instant, make_staff, make_world

pytestmark = pytest.mark.portable

AT = instant("2026-12-24 12:00")
MOURNING = {"state": "NSW", "day": date(2026, 12, 29), "name": "Mourning", "source": "Gazette"}


@pytest.fixture
def complaint(world):
    return lodge_complaint(
        account=world.account,
        by=world.holder,
        at=instant("2026-12-24 10:20"),
        details=ComplaintDetails(topic="fault", description="No dial tone."),
    )


def due(complaint, duty: Duty) -> date:
    return Deadline.objects.get(subject=complaint.reference, duty=duty, status="open").due_on


def test_sweep_moves_open_clocks_and_notes_that_it_did(complaint):
    row = DeclaredDay.objects.create(**MOURNING)

    moved = apply_declared_days(at=AT)

    row.refresh_from_db()
    assert moved >= 2
    assert row.applied_at == AT
    assert due(complaint, Duty.PROPOSE) == date(2027, 1, 13)


def test_sweep_does_nothing_twice(complaint):
    DeclaredDay.objects.create(**MOURNING)
    apply_declared_days(at=AT)
    before = Deadline.objects.count()

    assert apply_declared_days(at=AT) == 0
    assert Deadline.objects.count() == before


def test_trying_a_day_counts_and_leaves_everything_as_it_was(complaint):
    day = TermsDay(state=State.NSW, day=date(2026, 12, 29), name="Mourning")

    would = clocks_that_would_move(day)

    assert due(complaint, Duty.PROPOSE) == date(2027, 1, 12)
    assert declared_days() == ()
    DeclaredDay.objects.create(**MOURNING)
    assert apply_declared_days(at=AT) == would > 0


def test_day_in_another_state_moves_nothing(complaint):
    day = TermsDay(state=State.WA, day=date(2026, 12, 29), name="Elsewhere")

    assert clocks_that_would_move(day) == 0


def test_staff_try_a_day_before_they_declare_it(client, complaint):
    client.force_login(make_staff(StaffRole.ADMINISTRATOR))
    url = reverse("admin:parties_declaredday_add")
    filled = {**MOURNING, "day": "2026-12-29"}

    tried = client.post(url, {**filled, "_preview": "1"}, follow=True)

    page = tried.content.decode()
    assert "open clocks would move" in page
    assert 'value="Mourning"' in page
    assert not DeclaredDay.objects.exists()

    client.post(url, filled)
    assert DeclaredDay.objects.get().applied_at is None


def test_corrected_day_is_swept_again(client, complaint):
    client.force_login(make_staff(StaffRole.ADMINISTRATOR))
    row = DeclaredDay.objects.create(**MOURNING, applied_at=AT)

    client.post(
        reverse("admin:parties_declaredday_change", args=[row.pk]),
        {**MOURNING, "day": "2026-12-30"},
    )

    row.refresh_from_db()
    assert (row.day, row.applied_at) == (date(2026, 12, 30), None)


def test_staff_without_the_right_cannot_try_a_day(client, complaint):
    client.force_login(make_staff(StaffRole.AUDITOR))

    answer = client.post(reverse("admin:parties_declaredday_add"), {**MOURNING, "_preview": "1"})

    assert answer.status_code == 403


def test_trying_a_day_only_reads(complaint):
    day = TermsDay(state=State.NSW, day=date(2026, 12, 29), name="Mourning")

    with CaptureQueriesContext(connection) as asked:
        assert clocks_that_would_move(day) > 0

    assert {query["sql"].split()[0] for query in asked} == {"SELECT"}
    assert not any("FOR UPDATE" in query["sql"] for query in asked)


# A day that reaches us late.

PROPOSED_BY = date(2027, 1, 12)
DAY_AFTER = instant("2027-01-13 09:00")


def status(complaint, duty: Duty) -> list[str]:
    rows = Deadline.objects.filter(subject=complaint.reference, duty=duty)
    return list(rows.order_by("pk").values_list("status", flat=True))


def test_day_declared_after_a_clock_was_flagged_at_midnight_opens_it_again(complaint):
    remind_and_flag(at=instant("2027-01-13 00:10"))
    assert status(complaint, Duty.PROPOSE) == ["missed"]
    DeclaredDay.objects.create(**MOURNING)

    apply_declared_days(at=DAY_AFTER)

    assert status(complaint, Duty.PROPOSE) == ["superseded", "open"]
    assert due(complaint, Duty.PROPOSE) == date(2027, 1, 13)
    remind_and_flag(at=instant("2027-01-14 00:10"))
    assert status(complaint, Duty.PROPOSE) == ["superseded", "missed"]


def test_day_declared_after_a_late_answer_makes_it_one_in_time(complaint):
    remind_and_flag(at=instant("2027-01-13 00:10"))
    meet_deadline(subject=complaint.reference, duty=Duty.PROPOSE, at=instant("2027-01-13 08:00"))
    assert status(complaint, Duty.PROPOSE) == ["met_late"]
    DeclaredDay.objects.create(**MOURNING)

    apply_declared_days(at=DAY_AFTER)

    assert status(complaint, Duty.PROPOSE) == ["superseded", "met"]


def test_clock_that_was_missed_by_more_than_the_declared_day_stays_missed(complaint):
    remind_and_flag(at=instant("2027-01-13 00:10"))
    DeclaredDay.objects.create(**MOURNING)

    apply_declared_days(at=instant("2027-01-20 09:00"))

    assert status(complaint, Duty.PROPOSE) == ["superseded", "missed"]


def test_what_was_done_in_time_is_not_touched_by_a_day_that_is_withdrawn(complaint):
    row = DeclaredDay.objects.create(**MOURNING)
    apply_declared_days(at=AT)
    meet_deadline(subject=complaint.reference, duty=Duty.PROPOSE, at=instant("2027-01-13 10:00"))
    row.withdrawn, row.applied_at = True, None
    row.save()

    apply_declared_days(at=instant("2027-01-13 11:00"))

    assert status(complaint, Duty.PROPOSE) == ["superseded", "met"]


def test_declared_day_is_withdrawn_and_corrected_by_staff(client, complaint):
    client.force_login(make_staff(StaffRole.ADMINISTRATOR))
    row = DeclaredDay.objects.create(**MOURNING)
    apply_declared_days(at=AT)
    page = reverse("admin:parties_declaredday_change", args=[row.pk])

    client.post(page, {**MOURNING, "day": "2026-12-29", "withdrawn": "on"})
    apply_declared_days(at=AT)
    assert due(complaint, Duty.PROPOSE) == date(2027, 1, 12)

    client.post(page, {**MOURNING, "day": "2026-12-30"})
    apply_declared_days(at=AT)
    assert due(complaint, Duty.PROPOSE) == date(2027, 1, 13)
    assert (
        client.post(reverse("admin:parties_declaredday_delete", args=[row.pk])).status_code == 403
    )


# A day that is only expected: the Friday before the Grand Final, by guess 24 September 2027.

GUESS = {"state": "VIC", "day": date(2027, 9, 24), "name": "Grand Final Eve", "source": "Gazette"}


@pytest.fixture(params=["blueshift", "comvergence"])
def victorian(request, db):
    world = make_world(request.param, state="VIC")
    return lodge_complaint(
        account=world.account,
        by=world.holder,
        at=instant("2027-09-10 10:00"),
        details=ComplaintDetails(topic="fault", description="No dial tone."),
    )


def by_when(complaint) -> date:
    apply_declared_days(at=instant("2027-09-10 11:00"))
    return due(complaint, Duty.PROPOSE)


def test_expected_day_counts_the_kinder_way_until_it_is_confirmed(victorian):
    """Ten working days from Friday 10 September end on Friday 24, were that a working day."""
    assert by_when(victorian) == date(2027, 9, 24)

    row = DeclaredDay.objects.create(**GUESS)
    assert by_when(victorian) == date(2027, 9, 27)

    row.withdrawn, row.applied_at = True, None
    row.save()
    assert by_when(victorian) == date(2027, 9, 24)


def test_expected_day_that_is_gazetted_for_another_date_never_counted(victorian):
    DeclaredDay.objects.create(**GUESS | {"day": date(2027, 10, 1)})

    assert by_when(victorian) == date(2027, 9, 24)
    reasons = Deadline.objects.get(subject=victorian.reference, duty=Duty.PROPOSE).because
    assert "Grand Final" not in str(reasons)
