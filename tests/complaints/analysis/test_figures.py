"""Figures of complaints: counted to the day, flat in queries, private ones for few."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from complaints.analysis import selectors as analysis
from complaints.analysis.selectors import Bar, Period
from complaints.process import services as process
from complaints.tickets.models import Complaint
from complaints.tickets.states import Cause
from parties.people.states import StaffRole
from terms.calendar import State
from tests.complaints.story import Story, tell
from tests.world import make_service, make_staff

pytestmark = pytest.mark.django_db

QUARTER = Period(first=date(2027, 1, 1), last=date(2027, 3, 31), region=State.NSW)


@pytest.fixture
def story() -> Story:
    return tell()


def lodged(story: Story, moment: str, **facts) -> Complaint:
    words = f"Words of {moment}"
    return story.lodge(moment, **({"description": words} | facts))


def ended(story: Story, received: str, closed: str, **facts) -> Complaint:
    """One that was withdrawn at its end."""
    row = lodged(story, received, **facts)
    story.do(closed, "withdraw_complaint", by=story.world.holder)
    return row


def figures(story: Story, period: Period = QUARTER) -> analysis.Figures:
    return analysis.figures(Complaint.objects.all(), period, story.when("2027-04-01 09:00"))


def test_period_is_whole_days_on_the_desks_clock(story):
    lodged(story, "2026-12-31 23:59")
    lodged(story, "2027-01-01 00:00")
    lodged(story, "2027-03-31 23:59")
    lodged(story, "2027-04-01 00:00")

    found = figures(story)

    assert found.received == 2
    assert found.still_open == 4
    months = {one.label: one.count for one in found.by_month}
    assert len(months) == 12
    assert (months["Jan 2027"], months["Mar 2027"], months["Dec 2026"]) == (1, 1, 1)


def test_ages_of_what_is_open_add_up(story):
    for moment in ("2027-03-25 09:00", "2027-03-10 09:00", "2027-02-10 09:00", "2026-12-01 09:00"):
        lodged(story, moment)

    ages = {one.label: one.count for one in figures(story).ages}

    assert list(ages.values()) == [1, 1, 1, 1]


def test_mean_and_eighty_per_cent_count_from_receipt_to_the_end(story):
    for day in ("2027-01-08", "2027-01-07", "2027-01-06", "2027-01-05", "2026-10-01"):
        ended(story, f"{day} 10:00", "2027-01-09 10:00")

    found = figures(story).durations

    # 1, 2, 3 and 4 days, and 100 less the hour that daylight saving took.
    assert (found.closed, f"{found.mean:.1f}", found.eighty) == (5, "22.0", 4)


def test_nothing_that_ended_has_no_mean_and_no_zero(story):
    found = figures(story).durations

    assert (found.closed, found.mean, found.eighty) == (0, None, None)


def test_clocks_kept_late_and_missed_are_counted_by_duty(story):
    lodged(story, "2027-02-01 09:00")
    story.sweep("2027-02-01 09:05")
    lodged(story, "2027-02-01 10:00", description="Not sent")
    missed = Complaint.objects.latest("pk")
    story.sweep("2027-03-01 09:00")

    kept = {one.label: one for one in figures(story).kept}

    assert missed.reference
    answer = kept["Our answer"]
    assert (answer.met, answer.late, answer.missed) == (0, 0, 2)
    assert answer.share == 0
    sent = kept["Our confirmation that we have it"]
    assert sent.met + sent.late + sent.missed + sent.open == 2


def test_groups_say_what_where_and_why(story):
    service = make_service(story.world.account)
    row = ended(story, "2027-02-01 09:00", "2027-02-02 09:00", topic="bill", service=service)
    process.name_cause(
        reference=row.reference,
        by=story.desk,
        cause=Cause.BILLING,
        at=story.when("2027-02-03 09:00"),
    )
    lodged(story, "2027-02-05 09:00", topic="fault")

    groups = figures(story).groups

    assert Bar(label="A bill or a charge", count=1) in groups["About"]
    assert Bar(label="A wrong bill or charge", count=1) in groups["Cause"]
    assert Bar(label="Not named yet", count=1) in groups["Cause"]
    assert Bar(label=str(service.plan.name), count=1) in groups["Service"]
    assert groups["State or territory"] == [Bar(label="NSW", count=2)]


def test_regulator_is_owed_a_report_from_so_many_services_on(story, monkeypatch):
    make_service(story.world.account)
    for moment in ("2027-02-01 09:00", "2027-02-02 09:00"):
        lodged(story, moment, topic="bill")
    lodged(story, "2027-02-03 09:00", topic="fault")
    rows = Complaint.objects.all()

    small = analysis.report(story.world.provider, QUARTER, rows)
    assert (small.services, small.services_min, small.is_owed) == (1, 30000, False)
    # RF-CMP-17: thirty days after the quarter.
    assert small.due_on == date(2027, 4, 30)
    assert [one.label for one in small.top] == ["A bill or a charge", "A fault or an outage"]
    assert "RF-CMP-17" in {one["id"] for one in small.because}


def test_cause_is_named_once_on_record_and_hidden_from_the_customer(story):
    row = ended(story, "2027-02-01 09:00", "2027-02-02 09:00")
    assert analysis.lacks_cause(Complaint.objects.all()).get() == row
    for _ in range(2):
        story.do("2027-02-03 09:00", "name_cause", cause=Cause.OUTAGE, text="A cable was cut.")

    event = row.events.get(act="name_cause")
    assert event.for_staff_only
    assert not analysis.lacks_cause(Complaint.objects.all()).exists()
    review = analysis.cause_review(
        Complaint.objects.all(), analysis.month_of(date(2027, 2, 9), State.NSW)
    )
    assert review == [Bar(label="A network outage", count=1)]


def client_of(role: StaffRole, provider=None) -> Client:
    client = Client()
    client.force_login(make_staff(role, provider))
    return client


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/admin/complaint-figures/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


SPAN = "first=2027-01-01&last=2027-03-31"


def test_page_costs_no_more_queries_for_many(story):
    client = client_of(StaffRole.TEAM_MANAGER, story.world.provider)
    lodged(story, "2027-02-01 09:00")
    ended(story, "2027-02-02 09:00", "2027-02-02 10:00")
    page(client, f"?{SPAN}")
    with CaptureQueriesContext(
        connection,
    ) as few:
        page(client, f"?{SPAN}")
    for day in range(10, 22):
        ended(story, f"2027-02-{day} 09:00", f"2027-02-{day} 10:00", topic="bill")
        lodged(story, f"2027-02-{day} 11:00", topic="move")
    with CaptureQueriesContext(connection) as many:
        page(client, f"?{SPAN}")

    assert len(many) <= len(few)


SEE_COMPLAINTS = (
    StaffRole.FRONT_LINE,
    StaffRole.TEAM_MANAGER,
    StaffRole.CREDIT,
    StaffRole.AUDITOR,
    StaffRole.ADMINISTRATOR,
)


def test_private_complaints_are_counted_only_for_who_may_know_of_them(story):
    lodged(story, "2027-02-01 09:00", safety_threat=True)
    lodged(story, "2027-02-02 09:00")

    def received(role: StaffRole) -> str:
        data = client_of(role).get(f"/admin/complaint-figures/?{SPAN}&format=csv").getvalue()
        rows = list(csv.reader(io.StringIO(data.decode())))
        return next(row[2] for row in rows if row[:2] == ["All", "received"])

    assert received(StaffRole.PRIVACY) == "2"
    assert {received(role) for role in SEE_COMPLAINTS} == {"1"}


def test_staff_of_one_provider_count_nothing_of_another(story):
    lodged(story, "2027-02-01 09:00")
    other = tell("callpro")
    lodged(other, "2027-02-01 09:00")
    theirs = client_of(StaffRole.TEAM_MANAGER, other.world.provider)

    data = theirs.get(f"/admin/complaint-figures/?{SPAN}&provider=vpnet&format=csv").getvalue()

    assert b"All,received,1" in data


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("first=2027-03-31&last=2027-01-01", "before the first"),
        ("first=2020-01-01&last=2027-01-01", "more than three years"),
        ("first=2027-01-01", "Choose both days"),
        ("first=x&last=2027-01-01", "Enter a valid date"),
        ("first=9999-12-31&last=9999-12-31", "Choose a year"),
        ("first=2001-01-01&last=2001-02-01&provider=vpnet", "1 Jan 2001"),
        ("first=2100-12-01&last=2100-12-31&provider=vpnet", "31 Dec 2100"),
        ("provider=nobody", "Select a valid choice"),
    ],
)
def test_days_that_can_not_be_are_said_in_words(story, query, says):
    assert says in page(client_of(StaffRole.TEAM_MANAGER), f"?{query}")


def test_chart_and_table_say_the_same_and_the_page_is_for_who_sees_complaints(story):
    lodged(story, "2027-02-01 09:00", topic="bill")
    manager = page(client_of(StaffRole.TEAM_MANAGER, story.world.provider), f"?{SPAN}")
    officer = page(client_of(StaffRole.PRIVACY, story.world.provider), f"?{SPAN}")

    assert manager.count("A bill or a charge") >= 2
    assert "<svg" in manager
    # What the regulator is told counts every complaint.
    assert "Reporting begins at 30000" in officer
    assert "Reporting begins at" not in manager
    assert client_of(StaffRole.BILLING).get("/admin/complaint-figures/").status_code == 403
