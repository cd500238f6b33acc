"""The demo can be built at any moment: by night, on a Monday, on a holiday, in another year."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from billing.credit_management.models import SuspensionNotice
from parties.accounts.models import Account
from portal.demo.builder import Demo
from portal.demo.situations import in_office

MOMENTS = [
    "2026-11-28T21:45",
    "2026-11-30T08:30",
    "2026-12-28T20:30",
    "2027-01-01T00:10",
    "2027-01-31T23:50",
    "2027-03-29T10:00",
    "2027-04-04T02:30",
    "2028-02-29T07:00",
]


@pytest.mark.parametrize(
    ("latest", "found"),
    [
        pytest.param("2026-11-27T23:59", "2026-11-27T11:00", id="a Friday, whatever the hour"),
        pytest.param("2026-11-29T03:00", "2026-11-27T11:00", id="a Sunday night"),
        pytest.param("2027-03-29T10:00", "2027-03-25T11:00", id="Easter Monday"),
        pytest.param("2026-12-28T20:30", "2026-12-24T11:00", id="Boxing Day's Monday"),
    ],
)
def test_what_staff_did_was_done_in_office_hours(world, latest: str, found: str):
    sydney = ZoneInfo("Australia/Sydney")
    at = datetime.fromisoformat(latest).replace(tzinfo=sydney).astimezone(UTC)

    answer = in_office(world.account, at)

    assert answer == datetime.fromisoformat(found).replace(tzinfo=sydney)


@pytest.mark.long
@pytest.mark.parametrize("moment", MOMENTS)
def test_demo_is_built_at_any_moment(db, moment: str):
    at = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Australia/Sydney"))

    with time_machine.travel(at):
        Demo(seed=1901, at=at, tell=lambda said: None).build()

    assert Account.objects.count() > 60
    assert SuspensionNotice.objects.filter(given_at__lt=at).exists()
