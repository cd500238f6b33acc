"""Beyond suspension on the pages: staff steps with clauses, worklists, the customer's page."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from billing.credit_management.models import DebtNotice, Handover
from billing.credit_management.services import mind_handovers
from billing.credit_management.states import HandoverState, NoticeState
from contracts.supply.models import Service
from parties.accounts.services import block_chasing
from parties.accounts.states import BlockKind
from parties.people.states import StaffRole
from portal.composition.worklists import worklists
from records.notices.services import deliver_queued
from tests.billing.moneys import Story
from tests.billing.test_beyond_suspension import unpaid
from tests.billing.test_help_with_paying import owing, sweep
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def now(monkeypatch):
    """Set what time it is on the pages, by the account's own clock."""

    def at(one: Story, on: str, clock: str = "10:00"):
        monkeypatch.setattr("django.utils.timezone.now", lambda: one.at(on, clock))
        return one.at(on, clock)

    return at


def desk(client, one: Story):
    return sign_in_staff(client, make_staff(StaffRole.CREDIT), because_of=one.account)


def step(one: Story, slug: str) -> str:
    return reverse(f"admin:billing_pursuit_{slug}_step", args=[one.account.pk])


def change(one: Story) -> str:
    return reverse("admin:billing_pursuit_change", args=[one.account.pk])


def counts(at) -> dict[str, int]:
    found = worklists(make_staff(StaffRole.CREDIT), at)
    return {one["title"]: one["count"] for one in found if one["count"]}


def test_from_the_notice_of_an_end_to_the_end_itself(client, now):
    one = unpaid("greenlight", "NSW", tcp=True)
    at = now(one, "2027-03-02")
    staff = desk(client, one)
    page = staff.get(change(one)).content.decode()
    assert step(one, "end_notice") in page
    assert step(one, "end") not in page
    seen = staff.get(step(one, "end_notice")).content.decode()
    assert "$300.00 is overdue and not contested." in seen
    assert "10.2(b)(i)" in seen
    staff.post(step(one, "end_notice"), {"pay_by": ""})
    deliver_queued(at=at)
    early = staff.post(step(one, "end"), {}).content.decode()
    assert "not before Wed 10 Mar 2027" in early
    at = now(one, "2027-03-10")
    staff = desk(client, one)
    sweep(one, "2027-03-10")
    assert counts(at)["Overdue so long that services can be ended"] == 1
    assert step(one, "end") in staff.get(change(one)).content.decode()
    preview = staff.get(step(one, "end")).content.decode()
    assert "S (id-S) ends for good" in preview
    assert "A final bill follows" in preview
    done = staff.post(step(one, "end"), {}, follow=True).content.decode()
    assert "1 ended, and the customer is told." in done
    assert Service.objects.get().ended_on == at.date()
    again = staff.post(step(one, "end"), {}).content.decode()
    assert "be ended now" in again


@pytest.mark.parametrize("pay_by", ["2027-03-01", "yesterday", "2027-02-31"])
def test_a_last_day_that_cannot_be_is_said(client, now, pay_by):
    one = unpaid("greenlight", "NSW", tcp=True)
    now(one, "2027-03-02")
    page = desk(client, one).post(step(one, "end_notice"), {"pay_by": pay_by})
    assert page.status_code == 200
    assert page.context["form"].errors
    assert not DebtNotice.objects.exists()


def test_a_debt_goes_out_and_comes_back_and_they_are_told(client, now):
    one = unpaid("vpnet", "NSW", tcp=True)
    at = now(one, "2027-04-19")
    staff = desk(client, one)
    sweep(one, "2027-04-19")
    assert counts(at)["Overdue so long that a collector can come in"] == 1
    shown = staff.get(step(one, "collect")).content.decode()
    assert "only if the customer is told of it first" in shown
    for to_whom in ("", " ", "x" * 101):
        assert staff.post(step(one, "collect"), {"to_whom": to_whom}).context["form"].errors
    staff.post(step(one, "collect"), {"to_whom": "Recover Pty Ltd"})
    assert "Overdue so long that a collector can come in" not in counts(at)
    one.pay("2027-04-20", "300.00")
    at = now(one, "2027-04-20", "12:00")
    assert mind_handovers(at=at) == 1
    told = "Debts taken back: tell the collector or the credit reporting body"
    assert counts(at)[told] == 1
    row = Handover.objects.get()
    staff = desk(client, one)
    close = reverse("admin:billing_handover_close_step", args=[row.pk])
    assert (
        close
        in staff.get(reverse("admin:billing_handover_change", args=[row.pk])).content.decode()
    )
    staff.post(close, {"how": "Email, 20 April"})
    row.refresh_from_db()
    assert row.state == HandoverState.CLOSED
    assert staff.post(close, {"how": "Again"}).status_code == 404
    assert told not in counts(at)


def test_two_notices_then_the_report_with_the_check_that_it_is_not_too_old(client, now):
    one = owing("blueshift", "VIC", "150.00", "2027-01-04", "2027-01-18", tcp=True)
    sweep(one, "2027-01-19")
    for on, words in (
        ("2027-02-15", "Overdue: please pay"),
        ("2027-03-17", "We intend to report"),
    ):
        at = now(one, on)
        staff = desk(client, one)
        assert words in staff.get(step(one, "default_notice")).content.decode()
        staff.post(step(one, "default_notice"), {"pay_by": ""})
        deliver_queued(at=at)
    now(one, "2027-03-31")
    staff = desk(client, one)
    unchecked = staff.post(step(one, "report"), {"to_whom": "Equifax"})
    assert "young_enough" in unchecked.context["form"].errors
    staff.post(step(one, "report"), {"to_whom": "Equifax", "young_enough": "on"})
    row = Handover.objects.get()
    now(one, "2027-04-01")
    wrong = reverse("admin:billing_handover_put_right_step", args=[row.pk])
    desk(client, one).post(wrong, {"text": "It should not have been reported."})
    row.refresh_from_db()
    assert (row.state, row.tell_by.isoformat()) == (HandoverState.RECALLED, "2027-04-02")


def test_the_customer_reads_what_may_follow_in_plain_words(client, now):
    one = unpaid("greenlight", "NSW", tcp=True)
    at = now(one, "2027-03-02")
    desk(client, one).post(step(one, "end_notice"), {"pay_by": ""})
    deliver_queued(at=at)
    client.force_login(one.world.holder)
    notice = DebtNotice.objects.get()
    page = client.get(reverse("unpaid")).content.decode()
    assert "your services can be ended for good from" in page
    assert reverse("debt_notice", args=[notice.public_id]) in page
    opened = client.get(reverse("debt_notice", args=[notice.public_id])).content.decode()
    assert "We will end your services" in opened
    assert "Wed 10 Mar 2027" in opened
    notice.refresh_from_db()
    assert notice.opened_at is not None
    go = client.get(reverse("go_to", args=["debt-notice", str(notice.public_id)]))
    assert go.url == reverse("debt_notice", args=[notice.public_id])


def test_a_bill_that_is_due_early_says_why(client, now):
    one = owing("blueshift", "SA", "220.00", "2027-02-01", "2027-02-15", tcp=True)
    sweep(one, "2027-02-16")
    bill = one.run("2027-03-01")
    assert bill is not None
    now(one, "2027-03-02")
    client.force_login(one.world.holder)
    page = client.get(reverse("unpaid")).content.decode()
    assert "Due now: $440.00" in page
    assert "because another bill is overdue" in page


def test_a_private_reason_leaves_no_trace_on_any_page(client, now):
    one = unpaid("greenlight", "NSW", tcp=True)
    at = now(one, "2027-03-02")
    desk(client, one).post(step(one, "end_notice"), {"pay_by": ""})
    deliver_queued(at=at)
    block_chasing(account=one.account, kind=BlockKind.SAFETY, subject="x", at=at, is_private=True)
    at = now(one, "2027-03-10")
    sweep(one, "2027-03-10")
    staff = desk(client, one)
    page = staff.get(change(one)).content.decode()
    assert step(one, "end") not in page
    assert "safety" not in page.lower()
    refused = staff.post(step(one, "end"), {}).content.decode()
    assert "No step is planned here" in refused
    assert "safety" not in refused.lower()
    client.force_login(one.world.holder)
    shown = client.get(reverse("unpaid")).content.decode()
    assert "ended for good" not in shown
    assert "safety" not in shown.lower()
    assert not counts(at)


def test_another_customer_and_other_staff_see_nothing_of_it(client, now):
    one, other = unpaid("greenlight", "NSW", tcp=True), unpaid("greenlight", "NSW", tcp=True)
    now(one, "2027-03-02")
    desk(client, one).post(step(one, "end_notice"), {"pay_by": ""})
    notice = DebtNotice.objects.get()
    client.force_login(other.world.holder)
    assert client.get(reverse("debt_notice", args=[notice.public_id])).status_code == 404
    for role in (StaffRole.FRONT_LINE, StaffRole.BILLING, StaffRole.AUDITOR):
        staff = sign_in_staff(client, make_staff(role), because_of=one.account)
        assert staff.post(step(one, "end"), {}).status_code == 403
        withdraw = reverse("admin:billing_debtnotice_withdraw_step", args=[notice.pk])
        assert staff.post(withdraw, {"text": "By mistake, sorry"}).status_code == 403
    notice.refresh_from_db()
    assert notice.state == NoticeState.LIVE
    assert notice.amount == Decimal("300.00")
