"""Two of the staff at the same moment: what was agreed on is given once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from billing.invoices.models import CreditNote
from complaints.process.services import (
    StepRefused,
    Wanted,
    carry_out_part,
    merge_complaints,
    resolve_complaint,
)
from complaints.tickets.models import Event, Remedy
from complaints.tickets.states import Happening, RemedyKind, State
from contracts.requests.models import Fault
from records.notices.models import Notice
from terms.lifecycle import IllegalStep
from tests.complaints.process.test_remedies import agreed, late, looked_into
from tests.complaints.process.test_together import lodged
from tests.complaints.story import tell
from tests.parties.security.test_attacks_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

if connection.vendor == "postgresql":

    def test_a_late_charge_and_an_apology_are_given_once_by_two_at_the_same_moment():
        story = looked_into("vpnet")
        charge = late(story)
        sorry = Wanted(kind=RemedyKind.APOLOGY, text="We are sorry.")
        agreed(story, Wanted(kind=RemedyKind.LATE_CHARGE, charge=charge), sorry)
        at = story.when("2027-06-15 10:00")

        def resolve():
            return resolve_complaint(
                reference=story.reference, by=story.manager, text="All of it is done.", at=at
            )

        results = at_once([resolve, resolve, resolve])

        refused = [one for one in results if isinstance(one, Exception)]
        assert len(refused) == 2
        assert all(isinstance(one, IllegalStep) for one in refused), refused
        assert story.complaint.state == State.RESOLVED
        assert Notice.objects.filter(title__contains="We are sorry").count() == 1
        assert Remedy.objects.filter(done_at__isnull=False).count() == 2
        assert CreditNote.objects.count() <= 1
        assert story.complaint.events.filter(act="resolve").count() == 1

    def test_one_technician_is_ordered_by_two_at_the_same_moment():
        story = looked_into()
        agreed(story, Wanted(kind=RemedyKind.VISIT, service=story.service))
        remedy = Remedy.objects.get()
        at = story.when("2027-06-14 10:00")

        def order():
            return carry_out_part(reference=story.reference, remedy=remedy, by=story.desk, at=at)

        results = at_once([order, order])

        assert [type(one) for one in results if isinstance(one, Exception)] == [StepRefused]
        assert Fault.objects.count() == 1
        assert Event.objects.filter(act=Happening.CARRY_OUT).count() == 1
        remedy.refresh_from_db()
        assert remedy.fault == Fault.objects.get()

    def test_carrying_out_and_answering_anew_at_the_same_moment_leave_one_story():
        """The customer opens it again while it is called carried out: both, in one order."""
        story = looked_into()
        agreed(story, Wanted(kind=RemedyKind.APOLOGY, text="We are sorry."))
        at = story.when("2027-06-15 10:00")

        def resolve():
            return story.do(
                "2027-06-15 10:00", "resolve_complaint", by=story.manager, text="Done."
            )

        def reopen():
            return story.do(
                "2027-06-15 10:00", "reopen_complaint", by=story.world.holder, text="Not yet."
            )

        results = at_once([resolve, reopen])

        failed = [one for one in results if isinstance(one, Exception)]
        assert all(isinstance(one, IllegalStep) for one in failed), failed
        assert story.complaint.state == (State.RESOLVED if failed else State.INVESTIGATING)
        assert (
            Notice.objects.filter(
                title__contains="We are sorry", given_at__lt=at + timedelta(1)
            ).count()
            == 1
        )

    def test_two_are_merged_once_whoever_names_which_first_at_the_same_moment():
        story = tell("vpnet", state="NSW")
        first = lodged(story, "2027-06-07 09:00")
        second = lodged(story, "2027-06-09 09:00")
        at = story.when("2027-06-10 10:00")

        def merge(one, two):
            return lambda: merge_complaints(
                reference=one.reference, other=two, by=story.desk, at=at
            )

        results = at_once([merge(first, second), merge(second, first), merge(first, second)])

        assert results == [first, first, first]
        second.refresh_from_db()
        assert (second.state, second.merged_into) == (State.MERGED, first)
        assert Event.objects.filter(act="merge").count() == 1
        assert Event.objects.filter(act=Happening.JOIN).count() == 1
