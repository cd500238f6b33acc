"""A sweep, a step and two clicks at the same moment: no circle, no row that says otherwise."""

from __future__ import annotations

from threading import Event

import pytest
from django.db import connection, transaction

from complaints.keeping.models import Certificate
from complaints.keeping.services import erase_records
from complaints.process.selectors import first_owed
from complaints.process.services import StepRefused
from complaints.process.services.steps import locked
from complaints.tickets.models import Complaint
from complaints.tickets.states import Duty
from parties.people.states import StaffRole
from records.deadlines.models import Deadline
from records.deadlines.services import meet_deadline
from tests.complaints.story import tell
from tests.parties.security.test_attacks_at_once import at_once
from tests.world import make_staff

pytestmark = pytest.mark.django_db(transaction=True)
BOUND = 20

if connection.vendor == "postgresql":

    def test_sweep_and_step_wait_for_each_other_in_no_circle():
        """The step holds the complaint and wants the deadline; the sweep holds that one."""
        story = tell()
        story.lodge("2027-02-01 09:00")
        at = story.when("2027-02-01 10:00")
        held, taken = Event(), Event()

        def step():
            with transaction.atomic():
                locked(story.reference)
                held.set()
                assert taken.wait(BOUND)
                meet_deadline(subject=story.reference, duty=Duty.ACKNOWLEDGE, at=at)

        def sweep():
            assert held.wait(BOUND)
            with transaction.atomic():
                rows = Deadline.objects.select_for_update()
                row = rows.get(subject=story.reference, duty=Duty.ACKNOWLEDGE)
                taken.set()
                row.status, row.done_at, row.next_look_at = "met", at, None
                row.save(update_fields=["status", "done_at", "next_look_at"])

        assert [one for one in at_once([step, sweep]) if isinstance(one, Exception)] == []

        owed, complaint = first_owed(story.reference), story.complaint
        assert owed.duty == complaint.first_duty == Duty.PROPOSE
        assert complaint.first_due_at == owed.due_at

    def test_records_are_erased_once_by_two_at_the_same_moment():
        story = tell()
        story.lodge("2027-02-01 09:00")
        story.do("2027-02-01 10:00", "withdraw_complaint", by=story.world.holder)
        boss, at = make_staff(StaffRole.ADMINISTRATOR), story.when("2029-03-01 09:00")

        def erase():
            return erase_records(
                provider=story.world.provider, references=[story.reference], by=boss, at=at
            )

        results = at_once([erase, erase])

        assert [type(one) for one in results if isinstance(one, Exception)] == [StepRefused]
        assert Certificate.objects.count() == 1
        assert not Complaint.objects.exists()
