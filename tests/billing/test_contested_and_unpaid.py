"""Sequences of unpaid money that cross the rooms: ombudsman, death, our own mistake."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from billing.credit_management.models import SuspensionNotice
from billing.credit_management.selectors import outlook
from billing.credit_management.services import (
    CreditStepRefused,
    end_for_debt,
    give_suspension_notice,
    pursue,
    restore_paid,
    suspend_for_debt,
)
from billing.credit_management.states import Step
from billing.ledger.models import OpenItem
from billing.ledger.services import keep_balance
from complaints.ombudsman import services as ombudsman
from complaints.ombudsman.states import Level, Outcome
from complaints.tickets.states import Duty
from contracts.supply.models import Chargeable, Service
from contracts.supply.states import ServiceStatus
from parties.accounts.services import block_chasing
from parties.accounts.states import BlockKind
from parties.appointments.services import HolderChange, record_holder_event
from parties.authority.states import HolderEventKind
from parties.people.states import StaffRole
from records.notices.models import Notice
from records.notices.services import deliver_queued
from tests.billing.moneys import agrees, day
from tests.billing.moneys import story as account_of
from tests.billing.test_help_with_paying import owing, sweep
from tests.complaints.story import bill, tell
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def owed(account) -> list[str]:
    """What is owed, held and can be asked for."""
    items = list(OpenItem.objects.filter(account=account))
    amount = sum((one.amount for one in items), Decimal(0))
    held = sum((one.held for one in items), Decimal(0))
    return [f"{amount:.2f}", f"{held:.2f}", f"{amount - held:.2f}"]


def test_at_the_ombudsman_while_overdue_nothing_is_cut_and_no_court_is_asked():
    """seq-c-07: VPnet, NSW, 420.00 due on 16 March; 300.00 at the ombudsman's since the 30th."""
    story, staff = tell("vpnet", state="NSW"), make_staff(StaffRole.CREDIT)
    account = story.world.account
    # The list price holds its GST.
    invoice = bill(story, date(2027, 3, 1), "462.00")
    type(invoice).objects.filter(pk=invoice.pk).update(due_date=date(2027, 3, 16))
    OpenItem.objects.filter(invoice=invoice).update(due_date=date(2027, 3, 16))
    keep_balance(account)
    pursue(at=story.when("2027-03-17 09:30"))
    at = story.when("2027-03-18 10:00")
    notice = give_suspension_notice(account=account, by=staff, at=at)
    deliver_queued(at=at)
    SuspensionNotice.objects.update(opened_at=at)
    # 18 March and 14 days; the law alone would let it on 26 March.
    assert notice.printed_earliest == date(2027, 4, 2)

    story.lodge(
        "2027-03-30 15:00",
        topic="bill",
        disputed_invoice=invoice,
        disputed_amount=Decimal("300.00"),
    )
    story.sweep("2027-03-30 15:01")
    story.refer("2027-03-30 15:02", Level.REFERRED)
    assert owed(account) == ["420.00", "300.00", "120.00"]
    # 31 March, 1, 2, 5 to 9, 12, 13 April.
    assert story.due(Duty.ANSWER_OMBUDSMAN) == date(2027, 4, 13)
    story.pay("2027-03-30 18:10", "120.00")
    assert owed(account) == ["300.00", "300.00", "0.00"]
    for act in (suspend_for_debt, end_for_debt):
        with pytest.raises(CreditStepRefused):
            act(account=account, by=staff, at=story.when("2027-04-02 10:00"))
    assert Service.objects.get().status == ServiceStatus.ACTIVE

    ombudsman.record_outcome(
        reference=story.reference,
        outcome=Outcome.NOTHING,
        by=story.desk,
        text="Nothing came of it.",
        at=story.when("2027-04-14 11:00"),
    )
    assert owed(account) == ["300.00", "0.00", "300.00"]
    # 15, 16, 19 to 23 April are seven; Monday 26 April is the Anzac substitute.
    assert story.complaint.no_court_before == date(2027, 4, 27)
    story.pay("2027-04-23 12:00", "300.00")
    assert owed(account) == ["0.00", "0.00", "0.00"]
    assert not Chargeable.objects.exists()
    assert agrees()


def test_a_death_stops_everything_from_the_first_word_and_no_charge_is_posted():
    """seq-c-14: Comvergence, WA: the word came on the day before suspension was possible."""
    one = owing("comvergence", "WA", "236.50", "2027-07-05", "2027-07-19")
    staff = make_staff(StaffRole.CREDIT)
    sweep(one, "2027-07-20")
    at = one.at("2027-07-20", "14:00")
    give_suspension_notice(account=one.account, by=staff, at=at)
    deliver_queued(at=at)
    SuspensionNotice.objects.update(opened_at=one.at("2027-07-21", "09:30"))
    found = outlook(one.account, day("2027-07-28"), one.at("2027-07-28", "16:00"))
    assert (found.step, found.on) == (Step.WAIT, day("2027-07-29"))
    letters = Notice.objects.count()

    record_holder_event(
        account=one.account,
        happened=HolderChange(
            kind=HolderEventKind.DEATH,
            since=day("2027-07-24"),
            evidence="Said by the daughter on the phone; no certificate yet",
        ),
        by=make_staff(StaffRole.TEAM_MANAGER),
        at=one.at("2027-07-28", "16:20"),
    )
    for act in (suspend_for_debt, end_for_debt):
        with pytest.raises(CreditStepRefused, match="trained person"):
            act(account=one.account, by=staff, at=one.at("2027-07-29"))
    row = sweep(one, "2027-07-29")
    assert (row.step, row.end_from, row.collect_from, row.list_from) == (
        Step.STOPPED,
        None,
        None,
        None,
    )
    assert "trained person" in row.stopped_by
    assert Service.objects.get().status == ServiceStatus.ACTIVE
    assert Notice.objects.filter(kind="payment_reminder", given_at__gt=at).count() == 0
    assert Notice.objects.count() >= letters
    assert owed(one.account) == ["236.50", "0.00", "236.50"]
    assert not Chargeable.objects.exists()


def test_who_was_cut_by_our_mistake_is_back_at_once_with_the_days_and_no_fee():
    """seq-c-19: Blueshift, QLD: cut on Thursday 11 March, found on Saturday the 13th."""
    one = account_of("blueshift", "QLD", tcp=True)
    one.service("S", "62.00", "2027-02-01", basis="inc")
    assert one.run("2027-02-01").due_date == day("2027-02-15")
    staff = make_staff(StaffRole.CREDIT)
    sweep(one, "2027-02-16")
    at = one.at("2027-03-02")
    notice = give_suspension_notice(account=one.account, by=staff, at=at, pay_by=day("2027-03-10"))
    deliver_queued(at=at)
    assert notice.printed_earliest == day("2027-03-11")
    one.run("2027-03-01")
    suspend_for_debt(account=one.account, by=staff, at=one.at("2027-03-11"))
    block_chasing(
        account=one.account,
        kind=BlockKind.MISTAKE,
        subject="x",
        at=one.at("2027-03-13", "10:00"),
    )
    assert restore_paid(at=one.at("2027-03-13", "10:05")) == 1
    # The payment stood on another account: booked with the day on which it came.
    one.pay("2027-02-15", "62.00", entered="2027-03-13", towards=one.invoices()[0])
    service = Service.objects.get()
    assert service.status == ServiceStatus.ACTIVE
    assert not Chargeable.objects.exists()
    april = one.run("2027-04-01")
    back = april.lines.filter(description__contains="given back").get()
    # 62.00 × 3 / 31: 11, 12 and 13 March.
    assert str(back.amount_inc) == "-6.00"
    assert (str(april.total_inc), str(april.gst)) == ("56.00", "5.09")
    assert agrees()
