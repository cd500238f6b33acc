"""Deposits: held apart, drawn for what is overdue and not contested, settled at the end."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.db import connection, connections
from django.urls import reverse

from billing.credit_management.models import Deposit
from billing.credit_management.selectors import held, may_deliver
from billing.credit_management.services import (
    CreditStepRefused,
    ask_deposit,
    draw_deposit,
    drop_deposit,
    end_for_debt,
    give_debt_notice,
    receive_deposit,
    settle_deposit,
)
from billing.credit_management.states import DebtNoticeKind, DepositState, NoticeState
from billing.disputes.services import end_hold
from billing.ledger.models import OpenItem
from billing.payments.models import Payment
from billing.payments.services import issue_credit_note, reverse_payment
from contracts.supply.models import Service
from contracts.supply.services import change_supply, close_ended
from parties.accounts.services import block_chasing
from parties.accounts.states import BlockKind
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from portal.composition.worklists import worklists
from records.notices.models import Notice
from records.notices.services import deliver_queued
from terms.lifecycle import IllegalStep
from tests.billing.moneys import Story, agrees, day
from tests.billing.test_beyond_suspension import contest, unpaid
from tests.billing.test_help_with_paying import owing, sweep
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


@pytest.fixture
def staff():
    return make_staff(StaffRole.CREDIT)


def secured(one: Story, staff, amount: str, on: str) -> Deposit:
    at = one.at(on)
    row = ask_deposit(
        account=one.account,
        amount=Decimal(amount),
        reason="After a credit assessment",
        by=staff,
        at=at,
        assessed=True,
    )
    return receive_deposit(
        deposit=row,
        amount=Decimal(amount),
        received_on=day(on),
        reference="EFT 1",
        by=staff,
        at=at,
    )


def warn(one: Story, staff, on: str, clock: str = "10:00"):
    at = one.at(on, clock)
    row = give_debt_notice(account=one.account, kind=DebtNoticeKind.DRAW, by=staff, at=at)
    deliver_queued(at=at)
    return row


def test_the_deposit_pays_what_is_overdue_less_what_is_contested_after_its_notice(staff):
    """seq-c-24: told on 2 March, drawn on 11 March, 170.00 of 300.00; 130.00 stays."""
    one = owing("blueshift", "SA", "220.00", "2027-02-01", "2027-02-15", tcp=True)
    secured(one, staff, "300.00", "2027-02-01")
    assert one.owing == "220.00"
    sweep(one, "2027-02-16")
    contest(one, "50.00", "2027-02-26")
    change_supply(
        service=Service.objects.get(),
        on=day("2027-03-01"),
        unit_fee=Decimal("86.363636"),
        at=one.at("2027-02-27"),
    )
    assert str(one.run("2027-03-01").total_inc) == "95.00"
    with pytest.raises(CreditStepRefused, match="told first"):
        draw_deposit(account=one.account, by=staff, at=one.at("2027-03-02", "09:00"))
    notice = warn(one, staff, "2027-03-02")
    # 3, 4, 5, 9, 10 March: Adelaide Cup on the 8th.
    assert (notice.pay_by, notice.printed_earliest) == (day("2027-03-10"), day("2027-03-11"))
    assert str(notice.amount) == "170.00"
    words = Notice.objects.get(kind="draw_notice").words
    assert "no notice of a suspension" in words
    one.pay("2027-03-03", "95.00", towards=one.invoices()[1])
    for on in ("2027-03-09", "2027-03-10"):
        with pytest.raises(CreditStepRefused, match="not before Thu 11 Mar 2027"):
            draw_deposit(account=one.account, by=staff, at=one.at(on, "23:00"))
    drawn = draw_deposit(account=one.account, by=staff, at=one.at("2027-03-11", "09:00"))
    assert (str(drawn), str(held(one.account))) == ("170.00", "130.00")
    assert (one.owing, one.held) == ("50.00", "50.00")
    told = Notice.objects.order_by("pk").last()
    assert "Your deposit paid $170.00" in told.title
    assert "$130.00 of the deposit is left" in told.words
    notice.refresh_from_db()
    assert notice.state == NoticeState.ACTED
    with pytest.raises(CreditStepRefused, match="Nothing can be drawn"):
        draw_deposit(account=one.account, by=staff, at=one.at("2027-03-11", "09:01"))
    end_hold(complaint="C-1", upheld=True, at=one.at("2027-03-15", "12:00"))
    issue_credit_note(
        invoice=one.invoices()[0],
        amount=Decimal("50.00"),
        reason="Upheld",
        at=one.at("2027-03-15", "12:00"),
    )
    assert (one.owing, str(held(one.account))) == ("0.00", "130.00")
    note = one.notes()[0]
    assert (str(note.subtotal_ex), str(note.gst)) == ("45.45", "4.55")
    assert one.ledger()["deposits"] == "-130.00"
    assert agrees()


def test_what_is_contested_is_never_drawn(staff):
    """seq-c-01: of a deposit of 600.00 nothing goes to the 440.00 that are contested."""
    one = owing("greenlight", "NSW", "1320.00", "2027-07-01", "2027-07-15", tcp=False)
    secured(one, staff, "600.00", "2027-07-01")
    contest(one, "440.00", "2027-07-08")
    one.pay("2027-07-15", "880.00")
    sweep(one, "2027-07-16")
    with pytest.raises(CreditStepRefused, match="Nothing can be drawn"):
        draw_deposit(account=one.account, by=staff, at=one.at("2027-07-16"))
    assert (one.owing, str(held(one.account))) == ("440.00", "600.00")


@pytest.mark.parametrize("provider", ["comvergence", "callpro"])
def test_where_the_terms_give_no_right_nothing_is_drawn(provider, staff):
    one = unpaid(provider, "NSW", tcp=True)
    secured(one, staff, "100.00", "2027-02-01")
    with pytest.raises(CreditStepRefused, match="no right"):
        draw_deposit(account=one.account, by=staff, at=one.at("2027-03-01"))
    with pytest.raises(CreditStepRefused, match="no right"):
        warn(one, staff, "2027-03-01")


def test_at_the_end_it_is_set_off_and_the_rest_stays_owed(staff):
    """seq-c-21: VPnet holds 250.00, 300.00 is owed at the end: 50.00 stays, nothing comes back."""
    one = unpaid("vpnet", "NSW", tcp=False)
    secured(one, staff, "250.00", "2027-02-01")
    with pytest.raises(CreditStepRefused, match="A service goes on"):
        settle_deposit(account=one.account, by=staff, at=one.at("2027-04-17"))
    end_for_debt(account=one.account, by=staff, at=one.at("2027-04-18"))
    row = settle_deposit(account=one.account, by=staff, at=one.at("2027-04-19"))
    assert (str(row.applied), str(row.given_back)) == ("250.00", "0.00")
    assert (one.owing, one.credit, str(held(one.account))) == ("50.00", "0.00", "0.00")
    assert "VP-SUS-17" in [reason["id"] for reason in row.because]
    with pytest.raises(CreditStepRefused, match="No deposit is held"):
        settle_deposit(account=one.account, by=staff, at=one.at("2027-04-19"))
    assert agrees()


def test_what_is_left_at_the_end_becomes_credit_that_is_paid_back_by_its_own_step(staff):
    one = unpaid("vpnet", "NSW", tcp=False)
    secured(one, staff, "400.00", "2027-02-01")
    end_for_debt(account=one.account, by=staff, at=one.at("2027-04-18"))
    row = settle_deposit(account=one.account, by=staff, at=one.at("2027-04-19"))
    assert (str(row.applied), str(row.given_back)) == ("300.00", "100.00")
    assert (one.owing, one.credit, str(held(one.account))) == ("0.00", "100.00", "0.00")
    assert row.state == DepositState.SETTLED
    assert agrees()


def test_a_drawn_payment_that_is_undone_goes_back_to_the_deposit(staff):
    one = unpaid("vpnet", "NSW", tcp=False)
    secured(one, staff, "250.00", "2027-02-01")
    draw_deposit(account=one.account, by=staff, at=one.at("2027-03-01"))
    assert one.owing == "50.00"
    reverse_payment(
        payment=Payment.objects.get(),
        on=day("2027-03-02"),
        why="By mistake",
        at=one.at("2027-03-02"),
    )
    assert (one.owing, str(held(one.account))) == ("300.00", "250.00")
    assert one.ledger()["clearing"] == "250.00"
    assert agrees()


def test_a_deposit_is_asked_for_once_and_kept_apart_from_bills(staff):
    one = owing("comvergence", "VIC", "220.00", "2027-02-01", "2027-02-15", tcp=True)
    at = one.at("2027-02-01")
    ask = {"account": one.account, "reason": "New customer", "by": staff, "at": at}
    for amount, words in (
        ("0.00", "above"),
        ("-1.00", "above"),
        ("1.005", "two decimals"),
        ("99999999999.99", "below"),
    ):
        with pytest.raises(CreditStepRefused, match=words):
            ask_deposit(amount=Decimal(amount), **ask, assessed=True)
    with pytest.raises(CreditStepRefused, match="credit assessment"):
        ask_deposit(amount=Decimal("100.00"), **ask)
    row = ask_deposit(amount=Decimal("100.00"), **ask, assessed=True)
    with pytest.raises(CreditStepRefused, match="already"):
        ask_deposit(amount=Decimal("100.00"), **ask, assessed=True)
    # CV-CON-07: delivery may wait until all of it is paid.
    assert may_deliver(one.account, day("2027-02-01"))[0] is False
    got = {"deposit": row, "received_on": day("2027-02-01"), "by": staff, "at": at}
    receive_deposit(amount=Decimal("60.00"), reference="A", **got)
    receive_deposit(amount=Decimal("40.00"), reference="B", **got)
    with pytest.raises(CreditStepRefused, match=r"\$0.00 of it is still to come"):
        receive_deposit(amount=Decimal("0.01"), reference="C", **got)
    assert may_deliver(one.account, day("2027-02-01"))[0] is True
    assert (one.owing, one.credit, str(held(one.account))) == ("220.00", "0.00", "100.00")
    with pytest.raises(IllegalStep):
        drop_deposit(deposit=row, by=staff, at=at)


def test_a_private_reason_stops_a_draw_and_is_not_named(staff):
    one = unpaid("vpnet", "NSW", tcp=False)
    secured(one, staff, "250.00", "2027-02-01")
    at = one.at("2027-03-01")
    block_chasing(account=one.account, kind=BlockKind.SAFETY, subject="x", at=at, is_private=True)
    with pytest.raises(CreditStepRefused, match="No step is planned here"):
        draw_deposit(account=one.account, by=staff, at=at)


@pytest.mark.parametrize("role", [StaffRole.FRONT_LINE, StaffRole.AUDITOR])
def test_others_neither_ask_for_nor_draw_deposits(role, staff):
    one, other = unpaid("vpnet", "NSW", tcp=False), make_staff(role)
    secured(one, staff, "250.00", "2027-02-01")
    with pytest.raises(NotAuthorised):
        draw_deposit(account=one.account, by=other, at=one.at("2027-03-01"))
    assert OpenItem.objects.get().amount == Decimal("300.00")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="two connections see the rows")
def test_two_draws_at_the_same_moment_are_one(staff):
    one = unpaid("vpnet", "NSW", tcp=False)
    secured(one, staff, "600.00", "2027-02-01")
    barrier, refused = threading.Barrier(2), []

    def draw() -> None:
        try:
            barrier.wait(10)
            draw_deposit(account=one.account, by=staff, at=one.at("2027-03-01"))
        except CreditStepRefused as refusal:
            refused.append(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=draw) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    assert len(refused) == 1
    assert (one.owing, str(held(one.account))) == ("0.00", "300.00")


def test_from_asking_to_the_draw_on_the_pages(client, monkeypatch):
    one = owing("blueshift", "SA", "220.00", "2027-02-01", "2027-02-15", tcp=True)

    def on(text: str):
        monkeypatch.setattr("django.utils.timezone.now", lambda: one.at(text))
        return sign_in_staff(client, make_staff(StaffRole.CREDIT), because_of=one.account)

    def url(name: str, *args) -> str:
        return reverse(f"admin:billing_{name}", args=args)

    desk = on("2027-02-01")
    add = f"{url('deposit_add')}?account={one.account.number}"
    asked = {"amount": "300", "reason": "New customer"}
    for wrong in ({"amount": "0"}, {"amount": "-1"}, {"amount": "x"}, {"reason": ""}, {}):
        assert desk.post(add, asked | wrong).context["form"].errors
    desk.post(add, asked | {"assessed": "on"})
    row = Deposit.objects.get()
    came = {"amount": "300", "received_on": "2027-02-01", "reference": "EFT 7"}
    early = desk.post(url("deposit_receive_step", row.pk), came | {"received_on": "2027-02-02"})
    assert "still to come" in early.content.decode()
    desk.post(url("deposit_receive_step", row.pk), came)
    assert "$300.00" in desk.get(url("deposit_change", row.pk)).content.decode()
    sweep(one, "2027-02-16")
    desk = on("2027-03-02")
    page = desk.get(url("pursuit_change", one.account.pk)).content.decode()
    assert url("pursuit_draw_notice_step", one.account.pk) in page
    assert url("pursuit_draw_step", one.account.pk) not in page
    seen = desk.get(url("pursuit_draw_notice_step", one.account.pk)).content.decode()
    assert "59(c)" in seen
    desk.post(url("pursuit_draw_notice_step", one.account.pk), {"pay_by": ""})
    deliver_queued(at=one.at("2027-03-02"))
    desk = on("2027-03-11")
    page = desk.get(url("pursuit_change", one.account.pk)).content.decode()
    assert url("pursuit_draw_step", one.account.pk) in page
    desk.post(url("pursuit_draw_step", one.account.pk), {})
    assert (one.owing, str(held(one.account))) == ("0.00", "80.00")
    settle = desk.post(url("deposit_settle_step", row.pk), {}).content.decode()
    assert "A service goes on" in settle
    client.force_login(one.world.holder)
    assert "$80.00 is held" in client.get(reverse("unpaid")).content.decode()


def test_a_deposit_that_outlives_its_services_stands_on_a_worklist(staff):
    one = unpaid("vpnet", "NSW", tcp=False)
    secured(one, staff, "250.00", "2027-02-01")
    title = "Deposits to settle: every service has ended"

    def waiting() -> int:
        found = worklists(staff, one.at("2027-04-20"))
        return {each["title"]: each["count"] for each in found}[title]

    assert waiting() == 0
    end_for_debt(account=one.account, by=staff, at=one.at("2027-04-18"))
    close_ended(at=one.at("2027-04-19"))
    assert waiting() == 1
    settle_deposit(account=one.account, by=staff, at=one.at("2027-04-19"))
    assert waiting() == 0
