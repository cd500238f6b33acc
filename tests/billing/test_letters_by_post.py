"""Notices on paper: when a letter counts as received, and the earliest day that follows.

seq-c-17: letters of all five providers, posted on Thu 22 April 2027 at 11:00, one on 29 July.
"""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from billing.credit_management.models import SuspensionNotice
from billing.credit_management.selectors import outlook
from billing.credit_management.selectors.outlook import (
    deemed_received,
    earliest_after,
    received,
    suspension_right,
)
from billing.credit_management.services import (
    CreditStepRefused,
    SuspensionRefused,
    give_suspension_notice,
    suspend_for_debt,
)
from billing.credit_management.states import NoticeState, Step
from parties.correspondence.models import Preference
from parties.correspondence.selectors import as_given, formal_notices
from parties.people.states import StaffRole
from parties.security.services import set_safe_contact
from records.audit.services import Actor
from records.documents.models import Document
from records.documents.services import render_waiting
from records.notices.models import Notice
from records.notices.paper import PostRefused, mark_posted, mark_returned, prove_receipt
from records.notices.services import deliver_queued, send_again
from records.notices.states import Status
from terms.calendar import Channel
from tests.billing.moneys import Story, day
from tests.billing.test_help_with_paying import owing, sweep
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
CLERK = Actor(name="Ruth Post")


def due_since(key: str, state: str, due: str = "2027-04-01", **facts) -> Story:
    issued = f"{due[:5]}{int(due[5:7]) - 1:02d}-01"
    one = owing(key, state, "200.00", issued, due, **facts)
    # The Saturday after Easter is no morning of the sweep; the first working day is.
    sweep(one, "2027-04-06" if due < "2027-05" else "2027-07-16")
    return one


def write(one: Story, on: str, *, pay_by: str | None = None, clock: str = "11:00"):
    return give_suspension_notice(
        account=one.account,
        by=make_staff(StaffRole.CREDIT),
        at=one.at(on, clock),
        pay_by=day(pay_by) if pay_by else None,
        by_post=True,
    )


def ready(one: Story) -> None:
    """Have the PDF made: the letter waits to be printed."""
    at = one.at("2027-04-22", "12:00")
    render_waiting(at=at)
    deliver_queued(at=at)


def post(one: Story, on: str, clock: str = "11:00") -> SuspensionNotice:
    """Have the PDF made, printed and posted."""
    at = one.at(on, clock)
    render_waiting(at=at)
    deliver_queued(at=at)
    row = Notice.objects.filter(status=Status.TO_POST).latest("pk")
    mark_posted(notices=[row], posted_at=at, by=CLERK, at=at)
    return SuspensionNotice.objects.latest("pk")


def prove(one: Story, on: str, clock: str = "10:00") -> SuspensionNotice:
    at = one.at(on, clock)
    row = Notice.objects.filter(kind="suspension_notice").latest("pk")
    prove_receipt(notice=row, received_at=at, proof="Signed for by M. Conti", by=CLERK, at=at)
    return SuspensionNotice.objects.latest("pk")


@pytest.mark.parametrize(
    ("key", "state", "due", "posted", "pay_by", "got", "earliest", "in_hardship"),
    [
        # 23 and 27 April: Mon 26 stands in for Anzac Day in NSW; 28-30 April, 3, 4 May.
        ("greenlight", "NSW", "2027-04-01", "2027-04-22", None, "04-27", "05-05", "05-12"),
        # 30 July, 3 August: the bank holiday of 2 August is none of Greenlight's Business Days.
        ("greenlight", "NSW", "2027-07-15", "2027-07-29", None, "08-03", "08-11", "08-18"),
        # 23 and 26 April at noon: an ordinary Monday in Victoria.
        ("blueshift", "VIC", "2027-04-01", "2027-04-22", "2027-05-03", "04-26", "05-04", "05-11"),
    ],
)
def test_a_letter_counts_from_its_deemed_receipt(
    key, state, due, posted, pay_by, got, earliest, in_hardship
):
    one = due_since(key, state, due)
    made = write(one, posted, pay_by=pay_by)
    assert made.printed_earliest == day(f"2027-{earliest}")
    # Nothing runs before it is posted.
    assert received(made).on is None
    assert outlook(one.account, day(posted), one.at(posted)).step == Step.WAIT

    made = post(one, posted)

    assert received(made).on == day(f"2027-{got}")
    right = earliest_after(made, day(posted))
    assert (right.allowed, right.earliest_on) == (True, day(f"2027-{earliest}"))
    made.in_hardship = True
    assert earliest_after(made, day(posted)).earliest_on == day(f"2027-{in_hardship}")
    staff = make_staff(StaffRole.CREDIT)
    eve = date.fromordinal(day(f"2027-{earliest}").toordinal() - 1)
    with pytest.raises(SuspensionRefused):
        suspend_for_debt(account=one.account, by=staff, at=one.at(eve.isoformat(), "23:00"))
    assert suspend_for_debt(account=one.account, by=staff, at=one.at(f"2027-{earliest}"))


def test_where_the_clause_wants_an_email_a_letter_starts_nothing():
    one = due_since("vpnet", "NSW")
    with pytest.raises(SuspensionRefused, match="a letter starts nothing"):
        write(one, "2027-04-22")
    for hardship in (False, True):
        right = suspension_right(
            one.account,
            due_date=day("2027-04-01"),
            received_on=day("2027-04-27"),
            pay_by=None,
            on=day("2027-04-22"),
            in_hardship=hardship,
            by=Channel.POST,
        )
        assert not right.allowed
        assert "VP-SUS-01" in {reason["id"] for reason in right.because}
    assert not SuspensionNotice.objects.exists()


def test_silent_terms_count_a_letter_from_its_proof_alone():
    """Comvergence, VIC: signed for on Wed 28 April; 7 days to 5 May, by law 29 April to 5 May."""
    one = due_since("comvergence", "VIC")
    made = write(one, "2027-04-22")
    # A rule of ours would deem it received on 26 April: no sooner day is printed.
    assert made.printed_earliest == day("2027-05-04")
    made = post(one, "2027-04-22")
    assert received(made).on is None
    assert earliest_after(made, day("2027-05-20")).earliest_on is None
    assert outlook(one.account, day("2027-05-20"), one.at("2027-05-20")).step == Step.WAIT
    with pytest.raises(SuspensionRefused):
        suspend_for_debt(
            account=one.account, by=make_staff(StaffRole.CREDIT), at=one.at("2027-05-20")
        )

    made = prove(one, "2027-04-28")

    assert received(made).on == day("2027-04-28")
    assert earliest_after(made, day("2027-04-28")).earliest_on == day("2027-05-06")
    made.in_hardship = True
    assert earliest_after(made, day("2027-04-28")).earliest_on == day("2027-05-13")


def test_a_document_without_the_right_gives_none_by_post_either():
    """CALLPRO: nothing printed; what the law alone would say stands beside it."""
    one = due_since("callpro", "NSW")
    with pytest.raises(SuspensionRefused):
        write(one, "2027-04-22")
    sent = one.at("2027-04-22", "11:00")
    assert deemed_received(one.account, sent, channel=Channel.POST).on is None
    facts = {"due_date": day("2027-04-01"), "received_on": day("2027-04-28"), "pay_by": None}
    for hardship, day_of_law in ((False, "2027-05-06"), (True, "2027-05-13")):
        right = suspension_right(
            one.account, **facts, on=day("2027-04-28"), in_hardship=hardship, by=Channel.POST
        )
        assert not right.allowed
        assert right.earliest_on == day(day_of_law)


def test_a_letter_is_a_page_with_its_day_of_issue_and_the_day_that_it_names():
    one = due_since("greenlight", "NSW")
    write(one, "2027-04-22")
    row, letter = Notice.objects.get(kind="suspension_notice"), Document.objects.get(kind="letter")
    assert row.channel == "post"
    words = letter.content["words"]
    assert "issued on Thu 22 Apr 2027" in words
    assert "Earliest suspension:      Wed 5 May 2027" in words
    # No link can be clicked on paper, and whoever opens the envelope logs in by nothing in it.
    assert "/go/" not in words
    assert letter.content["issued_on"] == "Thu 22 Apr 2027"
    assert letter.content["address"][-2:] == ["1 Test Street", "Testville NSW 2000"]
    assert any("10.3" in line or "TCP" in line or "Why" in line for line in words.splitlines())
    ready(one)
    letter.refresh_from_db()
    with letter.file.open("rb") as file:
        assert file.read(5) == b"%PDF-"


def test_who_asked_to_be_reached_by_post_gets_letters_where_they_count():
    for key, channel in (("greenlight", "post"), ("vpnet", "email")):
        one = due_since(key, "NSW")
        Preference.objects.create(
            account=one.account, kind="reach", value="post", chosen_at=one.at("2027-04-01")
        )
        give_suspension_notice(
            account=one.account, by=make_staff(StaffRole.CREDIT), at=one.at("2027-04-22")
        )
        made = Notice.objects.filter(account=one.account, kind="suspension_notice").get()
        assert made.channel == channel


def test_no_letter_goes_where_a_safe_contact_is_obeyed():
    one = due_since("greenlight", "NSW")
    write(one, "2027-04-22")
    ready(one)
    assert Notice.objects.get(kind="suspension_notice").status == Status.TO_POST

    set_safe_contact(
        account=one.account,
        user=one.world.holder,
        channel="email",
        address="safe@people.example",
        opens=None,
        closes=None,
        safety_threat=False,
        at=one.at("2027-04-22", "13:00"),
    )

    row = Notice.objects.get(kind="suspension_notice")
    assert (row.channel, row.to, row.status) == ("email", "safe@people.example", Status.QUEUED)
    other = due_since("greenlight", "NSW")
    set_safe_contact(
        account=other.account,
        user=other.world.holder,
        channel="email",
        address="safe2@people.example",
        opens=None,
        closes=None,
        safety_threat=False,
        at=other.at("2027-04-20", "12:00"),
    )
    with pytest.raises(CreditStepRefused, match="A letter can't go there"):
        write(other, "2027-04-22")


def test_what_came_back_was_not_received_and_waits_for_another_way():
    one = due_since("greenlight", "NSW")
    write(one, "2027-04-22")
    made = post(one, "2027-04-22")
    row = made.notice
    mark_returned(notice=row, why="Left this address", by=CLERK, at=one.at("2027-04-29"))
    made.refresh_from_db()
    assert received(made).on is None
    row.refresh_from_db()
    assert (row.status, row.error) == (Status.FAILED, "Came back: Left this address")

    send_again(notice=row, by=CLERK, at=one.at("2027-04-29"))
    deliver_queued(at=one.at("2027-04-29"))
    row.refresh_from_db()
    assert row.status == Status.TO_POST
    assert made.state == NoticeState.LIVE


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"posted_at": "2027-04-21 11:00"}, "was written after that"),
        ({"posted_at": "2027-04-23 11:00"}, "still to come"),
    ],
)
def test_what_can_not_be_is_refused_in_words(how, says):
    one = due_since("greenlight", "NSW")
    made = write(one, "2027-04-22")
    at = one.at("2027-04-22", "15:00")
    with pytest.raises(PostRefused, match="does not wait"):
        mark_posted(notices=[made.notice], posted_at=at, by=CLERK, at=at)
    render_waiting(at=at)
    deliver_queued(at=at)
    moment = one.at(*how["posted_at"].split())
    with pytest.raises(PostRefused, match=says):
        mark_posted(notices=[made.notice], posted_at=moment, by=CLERK, at=at)
    with pytest.raises(PostRefused, match="Choose"):
        mark_posted(notices=[], posted_at=at, by=CLERK, at=at)
    with pytest.raises(PostRefused, match="no letter that was posted"):
        prove_receipt(notice=made.notice, received_at=at, proof="x", by=CLERK, at=at)
    assert mark_posted(notices=[made.notice], posted_at=at, by=CLERK, at=at) == 1
    with pytest.raises(PostRefused, match="does not wait"):
        mark_posted(notices=[made.notice], posted_at=at, by=CLERK, at=at)
    late = one.at("2027-04-30")
    with pytest.raises(PostRefused, match="posted after that"):
        prove_receipt(
            notice=made.notice, received_at=one.at("2027-04-20"), proof="x", by=CLERK, at=late
        )
    with pytest.raises(PostRefused, match="still to come"):
        prove_receipt(
            notice=made.notice, received_at=one.at("2027-05-20"), proof="x", by=CLERK, at=late
        )
    with pytest.raises(PostRefused, match="what proves it"):
        prove_receipt(notice=made.notice, received_at=late, proof=" ", by=CLERK, at=late)


# ── pages ───────────────────────────────────────────────────────────────────────────────────


def test_staff_print_post_and_prove_on_their_pages(client):
    one = due_since("comvergence", "VIC")
    write(one, "2027-04-22")
    ready(one)
    row = Notice.objects.get(kind="suspension_notice")
    client.force_login(make_staff(StaffRole.CREDIT))
    page = "/admin/notices/notice/"
    assert row.title in client.get(f"{page}?status__exact=to_post").content.decode()
    printed = client.post(
        page, {"action": "print_letters", "_selected_action": [row.pk], "index": 0}
    )
    assert printed["Content-Type"] == "application/pdf"
    assert printed.content[:5] == b"%PDF-"
    asked = client.post(page, {"action": "note_posted", "_selected_action": [row.pk]})
    assert asked.url == f"{page}posted/?ids={row.pk}"
    assert row.title in client.get(asked.url).content.decode()
    refused = client.post(
        f"{page}posted/", {"ids": row.pk, "posted_at": "2099-01-01T10:00", "tracking": "R1"}
    )
    assert "still to come" in refused.content.decode()
    assert 'value="R1"' in refused.content.decode()


@pytest.mark.parametrize("role", [StaffRole.AUDITOR, StaffRole.BILLING])
def test_who_handles_no_letters_posts_none(role):
    one = due_since("greenlight", "NSW")
    write(one, "2027-04-22")
    ready(one)
    row = Notice.objects.get(kind="suspension_notice")
    client = Client()
    client.force_login(make_staff(role))
    assert client.get(f"/admin/notices/notice/posted/?ids={row.pk}").status_code == 403
    assert client.get(f"/admin/notices/notice/{row.pk}/received/").status_code == 403
    row.refresh_from_db()
    assert row.status == Status.TO_POST


def test_the_customer_finds_the_letter_with_its_receipt(client):
    one = due_since("greenlight", "NSW")
    write(one, "2027-04-22")
    post(one, "2027-04-22")
    row = formal_notices(one.account, one.world.holder, unseen=()).get(kind="suspension_notice")
    shown = as_given(one.account, row)
    assert (shown.how, shown.received_on) == ("Letter", day("2027-04-27"))
    assert "11(b)(i)" in {reason["clause"] for reason in shown.because}
    client.force_login(one.world.holder)
    page = client.get(f"/notices/{row.pk}/").content.decode()
    assert "Tue 27 Apr 2027" in page
    assert "1 Test Street" in page
    pdf = client.get(f"/notices/{row.pk}/letter.pdf")
    assert pdf.content[:5] == b"%PDF-"
    other = due_since("greenlight", "NSW")
    client.force_login(other.world.holder)
    assert client.get(f"/notices/{row.pk}/letter.pdf").status_code == 404
