"""The public status pages: what does not work, for everybody, and nothing about anybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.requests.selectors import Area
from contracts.requests.services import end_outage, update_outage
from tests.contracts.requests.outages import NOW, customer, declare
from tests.portal.customer.test_what_people_see import read
from tests.world import make_staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=7)


@pytest.fixture(autouse=True)
def _today(monkeypatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)


def test_everybody_reads_what_does_not_work_and_what_was_said_when(client):
    here, service = customer()
    outage = declare(here, make_staff(), area=Area(postcodes=("3220",), suburbs=("Geelong",)))
    update_outage(
        outage=outage, words="Half of it is mended.", expected_at=None, by=make_staff(), at=LATER
    )

    assert "VPnet" in read(client, "/status/")
    words = read(client, "/status/vpnet/")
    assert "Internet in Geelong Not working" in words
    assert "Where: Geelong, 3220" in words
    page = read(client, f"/status/outage/{outage.reference.lower()}/")
    assert "A fibre was cut" in page
    assert "Half of it is mended." in page
    assert "later than it was owed, by Fri 20 Nov 2026, 2:30 pm" in page
    for secret in (here.customer.name, service.identifier, here.account.number):
        assert secret not in words + page


def test_what_is_over_stays_for_thirty_days(client, monkeypatch):
    here, _ = customer()
    outage = declare(here, make_staff())
    end_outage(outage=outage, ended_at=LATER, words="All mended.", by=make_staff(), at=LATER)

    assert "Over in the last 30 days Internet in Geelong Over" in read(client, "/status/vpnet/")
    month = LATER + timedelta(days=31)
    monkeypatch.setattr("django.utils.timezone.now", lambda: month)
    assert "Internet in Geelong" not in read(client, "/status/vpnet/")


@pytest.mark.parametrize(
    "path",
    ["/status/nobody/", "/status/nobody/complaints/", "/status/outage/O-NOTHERE/",
     f"/status/outage/{'x' * 300}/"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(client, path):
    customer()

    assert client.get(path).status_code == 404


def test_process_for_complaints_about_outages_is_written_down(client):
    customer()

    words = read(client, "/status/vpnet/complaints/")

    assert "By law also without saying so" in words
    assert "1300 936 450" in words


def test_status_page_asks_no_more_with_more_outages(client):
    here, _ = customer()
    counts = []
    for number in range(3):
        declare(here, make_staff(), what=f"Outage number {number}")
        with CaptureQueriesContext(connection) as asked:
            client.get("/status/vpnet/")
        counts.append(len(asked))
    assert counts[0] == counts[2]
