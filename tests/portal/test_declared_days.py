"""A day that a state proclaims: tried first, then followed by every open clock, once."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from complaints.lodging.services import lodge_complaint
from complaints.tickets.states import Duty
from parties.accounts.models import DeclaredDay
from parties.accounts.selectors import declared_days
from parties.people.states import StaffRole
from portal.composition.declared_days import apply_declared_days, clocks_that_would_move
from records.deadlines.models import Deadline
from terms.calendar import DeclaredDay as TermsDay
from terms.calendar import State
from tests.world import instant, make_staff

AT = instant("2026-12-24 12:00")
MOURNING = {"state": "NSW", "day": date(2026, 12, 29), "name": "Mourning", "source": "Gazette"}


@pytest.fixture
def complaint(world):
    return lodge_complaint(
        account=world.account,
        by=world.holder,
        at=instant("2026-12-24 10:20"),
        topic="fault",
        description="No dial tone.",
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

    would = clocks_that_would_move(day, at=AT)

    assert due(complaint, Duty.PROPOSE) == date(2027, 1, 12)
    assert declared_days() == ()
    DeclaredDay.objects.create(**MOURNING)
    assert apply_declared_days(at=AT) == would > 0


def test_day_in_another_state_moves_nothing(complaint):
    day = TermsDay(state=State.WA, day=date(2026, 12, 29), name="Elsewhere")

    assert clocks_that_would_move(day, at=AT) == 0


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
