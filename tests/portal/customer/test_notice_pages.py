"""The page of formal notices: each with how and when it was given, and when it was received."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parties.correspondence.services import tell, write
from records.notices.models import Notice
from records.notices.services import redirect_messages
from records.notices.states import Status
from terms.facts import Role
from tests.contracts.leaving.contracts import Agreement, agree
from tests.contracts.variations.changes import announce
from tests.parties.people import signed_in
from tests.portal.customer.test_what_people_see import read
from tests.world import appoint, make_user

pytestmark = pytest.mark.django_db
CITES = [
    {
        "document": "vpnet",
        "version": "undated-1",
        "reading": 2,
        "id": "VP-X",
        "clause": "X",
        "says": "So.",
        "steps": [],
        "source": "terms",
    }
]


@pytest.fixture
def one(monkeypatch) -> Agreement:
    made = agree("greenlight", "400.00", since="2026-02-01", months=36, kind="data")
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-03-20"))
    return made


def told(one: Agreement, headline: str, **how) -> Notice:
    given = {"to": one.world.account.billing_email, "because": CITES, "name": "Mia"} | how
    row = tell(
        one.world.account, headline=headline, body="So it is.", at=one.at("2027-03-02"), **given
    )
    Notice.objects.filter(pk=row.pk).update(
        status=Status.SENT, sent_at=one.at("2027-03-02", "23:30")
    )
    return row


def test_notice_before_midnight_counts_as_received_the_next_day(one):
    announce(one.service.plan, "440.00", "2027-04-01", one.at("2027-03-02", "23:30"))
    client = signed_in(one.world.holder)

    words = read(client, "/notices/")
    assert "A higher price for Office line" in words
    assert "Email Wed 3 Mar 2027, 12:30 am" in words
    row = Notice.objects.get(kind="price_change")
    words = read(client, f"/notices/{row.pk}/")
    assert "Sent Tue 2 Mar 2027, 11:30 pm" in words
    assert "GL-NOT" in words
    assert "Notice of a change of price" in words
    assert "Notices that we gave you" in read(client, "/contract/")


def test_what_waits_is_not_sent_yet_and_what_staff_told_may_have_gone_a_safe_way(one):
    Notice.objects.filter(pk=told(one, "By hand").pk).update(status=Status.TOLD)
    Notice.objects.filter(pk=told(one, "Waits").pk).update(status=Status.QUEUED, sent_at=None)

    words = read(signed_in(one.world.holder), "/notices/")
    assert "By hand" not in words
    assert "Waits Not yet Email Not sent yet" in words


def test_terms_that_say_nothing_of_receipt_are_not_cited_for_it(monkeypatch):
    callpro = agree("callpro", "180.00", since="2026-12-01", state="ACT")
    monkeypatch.setattr("django.utils.timezone.now", lambda: callpro.at("2027-03-20"))
    told(callpro, "A notice")

    words = read(signed_in(callpro.world.holder), "/notices/")
    assert "your terms don't say; this is a rule of ours" in words


def test_codes_news_bills_and_other_peoples_letters_are_not_there(one):
    told(one, "Binds")
    told(one, "Just a word", because=[])
    told(one, "For somebody else", to="else@people.example")
    Notice.objects.filter(pk=told(one, "A secret").pk).update(is_secret=True)
    Notice.objects.filter(pk=told(one, "An offer").pk).update(unsubscribe_url="https://x.example")
    Notice.objects.filter(pk=told(one, "A bill").pk).update(kind="invoice_issued")

    words = read(signed_in(one.world.holder), "/notices/")
    assert "Binds" in words
    for other in ("Just a word", "somebody else", "A secret", "An offer", "A bill"):
        assert other not in words


def test_what_went_a_safe_way_shows_nowhere(one):
    """Whoever looks over a shoulder, or acts for the holder, learns of no safe contact."""
    redirect_messages(
        addresses=[(one.world.account.pk, one.world.account.billing_email)],
        to="safe@people.example",
        by_hand=False,
        opens=None,
        closes=None,
        zone="Australia/Sydney",
        at=one.at("2027-03-01"),
    )
    row = told(one, "Elsewhere")
    client = signed_in(one.world.holder)

    page = client.get("/notices/").content.decode()
    assert "Elsewhere" not in page
    assert "safe@people.example" not in page
    assert client.get(f"/notices/{row.pk}/").status_code == 404


def test_representative_reads_their_own_letters_alone(one):
    person = make_user("Jordan Lee")
    appoint(one.world.account, person, Role.AUTHORISED_REP, ends_on=one.at("2028-01-01").date())
    mine = told(one, "For the rep", to=person.email)
    holders = told(one, "For the holder")
    client = signed_in(person)

    words = read(client, "/notices/")
    assert "For the rep" in words
    assert "For the holder" not in words
    assert client.get(f"/notices/{mine.pk}/").status_code == 200
    assert client.get(f"/notices/{holders.pk}/").status_code == 404


@pytest.mark.parametrize("pk", ["0", "999999", "9" * 30])
def test_number_of_no_notice_is_not_found(one, pk):
    assert signed_in(one.world.holder).get(f"/notices/{pk}/").status_code == 404


def test_stranger_finds_none(one):
    row = told(one, "Binds")
    stranger = agree("greenlight", "100.00", since="2026-09-15", kind="data")

    assert signed_in(stranger.world.holder).get(f"/notices/{row.pk}/").status_code == 404


def test_links_that_act_are_not_shown(one):
    row = write(
        "generic",
        account=one.world.account,
        to=one.world.account.billing_email,
        name="Mia",
        at=one.at("2027-03-02"),
        headline="Links",
        body="https://portal.example/undo/" + "a" * 50 + "/ is for you",
        because=CITES,
    )
    Notice.objects.filter(pk=row.pk).update(status=Status.SENT, sent_at=one.at("2027-03-02"))

    assert "a" * 50 not in read(signed_in(one.world.holder), f"/notices/{row.pk}/")


def test_pages_searching_the_file_and_the_empty_state(one):
    client = signed_in(one.world.holder)
    assert "No notices yet" in read(client, "/notices/")
    for number in range(21):
        told(one, f"Notice {number:02}")

    first = read(client, "/notices/")
    assert "Notice 20" in first
    assert "Notice 00" not in first
    assert "Notice 00" in read(client, "/notices/?page=2")
    assert "Notice 07" in read(client, "/notices/?q=notice+07")
    assert "Nothing found" in read(client, "/notices/?q=zebra")
    lines = b"".join(client.get("/notices/?format=csv").streaming_content).decode().splitlines()
    assert len(lines) == 22


def test_list_takes_no_more_queries_with_more_notices(one):
    client = signed_in(one.world.holder)
    told(one, "First")
    client.get("/notices/")

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get("/notices/")
        return len(found)

    few = queries()
    for number in range(5):
        told(one, f"Notice {number}")
    assert queries() == few
