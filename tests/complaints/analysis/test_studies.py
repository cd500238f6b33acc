"""The three-monthly study: owed once the quarter is over, kept as it was."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from complaints.analysis import selectors as analysis
from complaints.analysis.models import Study
from complaints.analysis.services import study_complaints
from complaints.process.services import StepRefused
from complaints.tickets.models import Complaint
from complaints.tickets.states import Cause
from parties.accounts.models import Provider
from parties.people.states import StaffRole
from terms.calendar import State
from tests.complaints.story import Story, tell
from tests.world import make_staff

pytestmark = pytest.mark.django_db
NOW = "2027-04-01 09:00"


@pytest.fixture
def story() -> Story:
    story = tell()
    story.lodge("2027-03-31 23:59")
    story.do("2027-03-31 23:59", "withdraw_complaint", by=story.world.holder)
    story.do("2027-03-31 23:59", "name_cause", cause=Cause.DELAY)
    return story


def study(story: Story, moment: str = NOW, by=None) -> Study:
    period = analysis.quarter_of(date(2027, 2, 1), State.NSW)
    return study_complaints(
        provider=story.world.provider,
        period=period,
        found="Ports fail.",
        changes="New ports by May: Kim.",
        by=by or story.manager,
        at=story.when(moment),
    )


def owed(story: Story, moment: str) -> bool:
    rows = Provider.objects.filter(pk=story.world.provider.pk)
    return analysis.owe_study(rows, story.when(moment)).exists()


def test_owed_once_the_quarter_is_over_and_kept_as_it_was(story):
    assert not owed(story, "2027-03-31 23:59")
    assert owed(story, "2027-04-01 00:00")
    with pytest.raises(StepRefused, match="goes on"):
        study(story, "2027-03-31 23:59")

    row = study(story)

    assert (row.first, row.last) == (date(2027, 1, 1), date(2027, 3, 31))
    assert ["All", "received", 1] in row.figures
    assert ["Cause", Cause.DELAY.label, 1] in row.figures
    assert "RF-CMP-16" in str(row.because)
    assert not owed(story, NOW)
    with pytest.raises(StepRefused, match="studied already"):
        study(story)
    Complaint.objects.filter(reference=story.reference).update(cause=Cause.OTHER)
    assert Study.objects.get().figures == row.figures


def test_a_quarter_without_complaints_needs_none_and_private_ones_are_no_part(story):
    assert not owed(story, "2027-07-01 09:00")
    Complaint.objects.update(safety_threat=True)
    assert not owed(story, NOW)
    assert ["All", "received", 0] in study(story).figures


def test_causes_are_named_first(story):
    Complaint.objects.update(cause="")
    with pytest.raises(StepRefused, match="1 complaints that ended"):
        study(story)


def test_managers_of_the_provider_alone(story):
    other = tell("callpro").world.provider
    for who in (
        story.desk,
        make_staff(StaffRole.PRIVACY),
        make_staff(StaffRole.AUDITOR),
        make_staff(StaffRole.TEAM_MANAGER, other),
    ):
        with pytest.raises(StepRefused):
            study(story, by=who)


def test_page_shows_the_figures_and_keeps_what_was_typed(story, time_machine):
    time_machine.move_to(story.when(NOW), tick=False)
    client = Client()
    client.force_login(make_staff(StaffRole.TEAM_MANAGER))
    page = "/admin/complaints/study/add/"
    assert "Provider" in client.get(page).content.decode()
    assert client.post(page, {"provider": "vpnet"})["Location"] == f"{page}?provider=vpnet"
    page += "?provider=vpnet"
    assert "1 came, 0 urgent" in client.get(page).content.decode()
    Complaint.objects.update(cause="")
    typed = {"found": "Ports fail.", "changes": "Kim, by May."}
    assert "Kim, by May." in client.post(page, typed).content.decode()
    Complaint.objects.update(cause=Cause.DELAY)
    assert "required" in client.post(page, {"found": " ", "changes": ""}).content.decode()

    answer = client.post(page, typed)

    row = Study.objects.get()
    shown = client.get(answer["Location"]).content.decode()
    assert "Ports fail." in shown
    assert "RF-CMP-16" in shown
    file = b"".join(client.get(f"/admin/complaints/study/{row.pk}/file/").streaming_content)
    assert "All,received,1" in file.decode()
    client.force_login(make_staff(StaffRole.FRONT_LINE))
    for address in (page, f"/admin/complaints/study/{row.pk}/change/", "/admin/complaints/study/"):
        assert client.get(address).status_code == 403
