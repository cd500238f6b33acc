"""Who of the staff may work on complaints, whichever way the step is taken."""

from __future__ import annotations

import pytest

from complaints.lodging.services import ComplaintDetails, lodge_complaint
from complaints.process.services import acknowledge_sent, start_investigation
from complaints.tickets.models import Complaint
from complaints.tickets.states import State
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.audit.models import Entry
from records.notices.services import deliver_queued
from tests.world import instant, make_provider, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
AT = instant("2026-11-20 10:00")
WORKS = {StaffRole.FRONT_LINE, StaffRole.TEAM_MANAGER, StaffRole.ADMINISTRATOR}


@pytest.fixture
def reference(world) -> str:
    found = lodge_complaint(
        account=world.account,
        by=world.holder,
        at=AT,
        details=ComplaintDetails(topic="bill", description="Too high."),
    )
    deliver_queued(at=AT)
    acknowledge_sent(at=AT)
    return str(found.reference)


@pytest.mark.parametrize("role", list(StaffRole))
def test_only_some_roles_take_a_complaint_in_hand(reference, role):
    somebody = make_staff(role)

    if role in WORKS:
        start_investigation(reference=reference, by=somebody, at=AT)
        entry = Entry.objects.get(action="complaint_investigate")
        assert role.label in entry.acted_as
        return

    with pytest.raises(NotAuthorised):
        start_investigation(reference=reference, by=somebody, at=AT)
    assert Complaint.objects.get().state == State.ACKNOWLEDGED
    assert Complaint.objects.get().assigned_to is None


def test_staff_of_another_provider_and_customers_take_none(world, reference):
    elsewhere = make_staff(StaffRole.TEAM_MANAGER, provider=make_provider("callpro"))

    for somebody in (elsewhere, world.holder):
        with pytest.raises(NotAuthorised):
            start_investigation(reference=reference, by=somebody, at=AT)

    assert Complaint.objects.get().state == State.ACKNOWLEDGED
