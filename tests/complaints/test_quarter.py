"""Months of complaints on the real tasks: every duty is met or flagged, each letter goes once."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from django.db.models import F

from complaints.process import services as process
from complaints.tickets.models import Complaint, Event
from complaints.tickets.states import OVER, Happening, State
from records.deadlines.models import Deadline
from records.notices.models import Notice
from terms.calendar import Channel
from terms.calendar import State as Region
from terms.lifecycle import IllegalStep
from tests.clockwork import Clockwork, Outage
from tests.complaints.story import Story, tell
from tests.world import instant

pytestmark = pytest.mark.django_db

PROVIDERS = ("vpnet", "comvergence", "callpro", "greenlight", "blueshift")
STATES = ("NSW", "QLD", "WA", "VIC", "SA", "TAS")
# The worker stands still over the first working days after Christmas.
OUTAGE = Outage(instant("2026-12-29 00:00"), instant("2027-01-01 00:00"))
HOURS = frozenset({1, 6})
# How many working days the desk lets pass before it answers; the last is never in time.
PATIENCE = (2, 4, 8, 13)


class Months:
    """Complaints that come every so many days, and a desk that works them."""

    def __init__(self, complaints: int, begins: date, every: int) -> None:
        self.stories = [
            tell(PROVIDERS[at % 5], state=STATES[at % 6], opened_on=date(2026, 10, 1))
            for at in range(min(complaints, 10))
        ]
        self.count, self.begins, self.every = complaints, begins, every
        self.lodged: dict[str, tuple[int, Story]] = {}
        self.clock = Clockwork(instant(f"{begins} 00:00"), outages=(OUTAGE,), hours=HOURS)

    def live(self, until: date) -> None:
        """Go on day by day: the desk works at eleven, customers write in the evening."""
        day = self.begins
        while day <= until:
            eleven, evening = instant(f"{day} 11:30"), instant(f"{day} 21:40")
            self.clock.run_until(eleven)
            if day.weekday() < 5 and not OUTAGE.covers(eleven):
                for reference, (at, story) in self.lodged.items():
                    self.work(reference, at, story, eleven)
            self.clock.run_until(evening)
            for reference, (at, story) in self.lodged.items():
                self.answer(reference, at, story, evening)
            self.lodge(day, evening)
            self.check(day)
            day += timedelta(days=1)

    def lodge(self, day: date, at: datetime) -> None:
        number = len(self.lodged)
        if number >= self.count or (day - self.begins).days < number * self.every:
            return
        story = self.stories[number % len(self.stories)]
        local = at.astimezone(Region(story.world.account.state).zone)
        made = story.lodge(f"{local:%Y-%m-%d %H:%M}", description=f"Matter {number}.")
        self.lodged[made.reference] = (number, story)

    def work(self, reference: str, at: int, story: Story, now: datetime) -> None:
        """The desk's next step, once it comes to it."""
        row = Complaint.objects.get(reference=reference)
        step = {"reference": reference, "by": story.desk, "at": now}
        waited = (now.date() - row.received_at.date()).days
        if row.state in OVER or waited < PATIENCE[at % 4]:
            return
        try:
            if row.state == State.RECEIVED:
                process.acknowledge_by_hand(**step, channel=Channel.PHONE)
            elif row.state == State.ACKNOWLEDGED:
                process.start_investigation(**step)
            elif row.state == State.INVESTIGATING:
                process.propose_resolution(**step, text="We replace the part.")
            elif row.state == State.PROPOSED and at % 3 == 2:
                self.try_to_reach(row, step, now)
            elif row.state == State.IMPLEMENTING:
                process.resolve_complaint(**step, text="The part is replaced.")
        except (process.StepRefused, IllegalStep):
            return

    def try_to_reach(self, row: Complaint, step: dict, now: datetime) -> None:
        """Attempts on five days, the letter, its time, the end."""
        tried = Event.objects.filter(complaint=row, act=Happening.ATTEMPT).count()
        if tried < 5:
            process.record_attempt(**step, channel=Channel.PHONE)
        elif row.answer_until is None:
            process.send_closing_letter(**step, text="We tried five times.")
        else:
            process.close_complaint(**step, upheld=False)

    def answer(self, reference: str, at: int, story: Story, now: datetime) -> None:
        """What customers do: accept, decline once, or keep silent."""
        row = Complaint.objects.get(reference=reference)
        step = {"reference": reference, "by": story.world.holder, "at": now}
        if row.state == State.PROPOSED and at % 3 == 0:
            process.accept_proposal(**step)
        elif row.state == State.PROPOSED and at % 3 == 1:
            declined = Event.objects.filter(complaint=row, act="decline").exists()
            if declined:
                process.accept_proposal(**step)
            else:
                process.decline_proposal(**step, text="That is not enough.")
        elif row.state == State.RESOLVED:
            process.agree_to_close(**step)

    def check(self, day: date) -> None:
        """Nobody's day went by unnoticed, and whatever is open is owed by somebody."""
        if OUTAGE.since.date() <= day <= OUTAGE.until.date():
            return
        forgotten = Deadline.objects.filter(status="open", due_on__lt=day - timedelta(days=1))
        assert not forgotten.exists(), list(forgotten.values_list("subject", "duty", "due_on"))
        for row in Complaint.objects.exclude(state__in=OVER):
            owed = Deadline.objects.filter(subject=row.reference, status__in=["open", "missed"])
            assert owed.exists(), (row.reference, row.state)


def check_the_end(months: Months, over: int) -> None:
    rows = Complaint.objects.all()
    assert rows.count() == months.count
    assert rows.filter(state__in=OVER).count() >= over
    # A breach is told to a manager once, and whoever answered in time has none.
    late = Deadline.objects.filter(status__in=["missed", "met_late"], duty="propose")
    assert {months.lodged[one.subject][0] % 4 for one in late} <= {2, 3}
    assert late.exists()
    told = Counter(
        Notice.objects.filter(kind="complaint_received").values_list("subject_ref", flat=True)
    )
    assert set(told) == set(months.lodged)
    assert max(told.values()) == 1
    assert not Deadline.objects.filter(done_at__lt=F("set_at")).exists()


@pytest.mark.slow
def test_twelve_complaints_over_christmas_with_an_outage():
    months = Months(12, date(2026, 12, 7), 3)
    months.live(date(2027, 2, 5))
    check_the_end(months, over=6)


@pytest.mark.long
def test_five_hundred_complaints_over_easter_and_the_end_of_summer_time():
    months = Months(500, date(2026, 12, 7), 0)
    months.live(date(2027, 4, 23))
    check_the_end(months, over=300)
