"""Suspension for unpaid money: announced, carried out by staff, undone the moment it is right."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.credit_management.models import PaymentReminder, Pursuit, SuspensionNotice
from billing.credit_management.selectors import outlook
from billing.credit_management.services import (
    SuspensionRefused,
    give_suspension_notice,
    pursue,
    restore_paid,
    suspend_for_debt,
    withdraw_suspension,
)
from billing.credit_management.states import NoticeState, Step
from billing.hardship.selectors import open_request, plan_instalments
from billing.hardship.services import (
    HelpWanted,
    accept_offer,
    ask_for_help,
    offer_help,
    withdraw_request,
)
from billing.hardship.states import Every
from contracts.supply.models import Chargeable, Service
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Block
from parties.accounts.services import block_chasing, lift_block
from parties.accounts.states import BlockKind
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.audit.models import Entry
from records.notices.models import Notice
from records.notices.services import deliver_queued
from tests.billing.moneys import Story, day
from tests.billing.test_help_with_paying import owing, sweep
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def status_of(one: Story) -> str:
    return Service.objects.get(contract__account=one.account).status


@pytest.fixture
def announced() -> Story:
    """Overdue at Greenlight since 1 June, a notice was given on 11 June, day 22 June."""
    one = owing("greenlight", "NSW", "200.00", "2027-05-03", "2027-06-01")
    sweep(one, "2027-06-02")
    give_suspension_notice(
        account=one.account, by=make_staff(StaffRole.CREDIT), at=one.at("2027-06-11", "19:40")
    )
    deliver_queued(at=one.at("2027-06-11", "19:40"))
    return one


def test_nobody_is_suspended_before_the_day_and_who_pays_is_back_within_minutes(announced):
    one, staff = announced, make_staff(StaffRole.CREDIT)
    with pytest.raises(SuspensionRefused, match="22 Jun"):
        suspend_for_debt(account=one.account, by=staff, at=one.at("2027-06-21", "23:59"))
    suspend_for_debt(account=one.account, by=staff, at=one.at("2027-06-22"))
    assert status_of(one) == ServiceStatus.SUSPENDED
    assert sweep(one, "2027-06-23").step == Step.SUSPENDED
    assert restore_paid(at=one.at("2027-06-23")) == 0

    one.pay("2027-06-26", "200.00")
    assert restore_paid(at=one.at("2027-06-26", "23:03")) == 1
    assert restore_paid(at=one.at("2027-06-26", "23:04")) == 0

    assert status_of(one) == ServiceStatus.ACTIVE
    assert SuspensionNotice.objects.get().state == NoticeState.CURED
    assert Notice.objects.filter(title="Your services work again").count() == 1


def test_an_arrangement_brings_the_service_back(announced):
    one, staff = announced, make_staff(StaffRole.CREDIT)
    suspend_for_debt(account=one.account, by=staff, at=one.at("2027-06-22"))
    asked = ask_for_help(
        account=one.account, by=one.world.holder, wanted=HelpWanted(), at=one.at("2027-06-22")
    )
    assert restore_paid(at=one.at("2027-06-22", "10:30")) == 0
    parts = plan_instalments(
        one.account,
        amount=Decimal("200.00"),
        each=Decimal("50.00"),
        every=Every.MONTH,
        first_on=day("2027-07-01"),
        on=day("2027-06-22"),
    )
    offer_help(
        reference=asked.reference,
        by=staff,
        parts=parts,
        reasons="Four parts.",
        at=one.at("2027-06-22", "11:00"),
    )
    accept_offer(
        reference=asked.reference,
        by=one.world.holder,
        signed_as="Mia Conti",
        at=one.at("2027-06-22", "12:00"),
    )

    assert restore_paid(at=one.at("2027-06-22", "12:01")) == 1
    assert status_of(one) == ServiceStatus.ACTIVE


@pytest.mark.parametrize("kind", [BlockKind.SAFETY, BlockKind.MISTAKE])
def test_a_safety_threat_or_a_mistake_brings_it_back_without_a_fee_or_a_charge(announced, kind):
    one, staff = announced, make_staff(StaffRole.CREDIT)
    suspend_for_debt(account=one.account, by=staff, at=one.at("2027-06-22"))
    block_chasing(
        account=one.account,
        kind=kind,
        subject="C-1",
        at=one.at("2027-06-23", "22:00"),
        is_private=kind == BlockKind.SAFETY,
    )

    assert restore_paid(at=one.at("2027-06-23", "22:01")) == 1
    assert status_of(one) == ServiceStatus.ACTIVE
    assert not Chargeable.objects.filter(kind="reconnection").exists()
    period = Service.objects.get().periods.exclude(suspended="").get()
    assert period.suspended == kind.value
    letter = Notice.objects.get(title="Your services work again")
    assert "safety" not in letter.text.lower()


def test_what_is_private_is_named_to_nobody(announced):
    one, staff = announced, make_staff(StaffRole.CREDIT)
    block_chasing(
        account=one.account,
        kind=BlockKind.SAFETY,
        subject="C-1",
        at=one.at("2027-06-21"),
        is_private=True,
    )
    row = sweep(one, "2027-06-22")

    assert (row.step, row.stopped_by, row.is_private) == (Step.STOPPED, "", True)
    with pytest.raises(SuspensionRefused, match="No step is planned"):
        suspend_for_debt(account=one.account, by=staff, at=one.at("2027-06-22"))
    seen = Entry.objects.filter(is_private=False).values_list("action", flat=True)
    assert "block_chasing" not in seen


def test_no_page_says_in_force_of_what_lapsed_in_silence(announced, client):
    one, staff = announced, make_staff(StaffRole.CREDIT)
    # Pages are asked now, long before the days of this story.
    block_chasing(
        account=one.account,
        kind=BlockKind.SAFETY,
        subject="C-1",
        at=timezone.now() - timedelta(days=1),
        is_private=True,
    )
    client.force_login(staff)
    shown = client.get("/admin/billing/suspensionnotice/").content.decode()
    assert "No step is planned" in shown
    client.force_login(one.world.holder)
    shown = client.get("/unpaid/").content.decode()
    assert "notice of" in shown
    assert "In force" not in shown


def test_withdrawing_a_notice_brings_back_what_it_stopped(announced):
    one, staff = announced, make_staff(StaffRole.CREDIT)
    suspend_for_debt(account=one.account, by=staff, at=one.at("2027-06-22"))
    notice = SuspensionNotice.objects.get()
    with pytest.raises(SuspensionRefused):
        withdraw_suspension(notice=notice, by=staff, why=" ", at=one.at("2027-06-23"))

    withdraw_suspension(
        notice=notice, by=staff, why="We booked your money wrongly", at=one.at("2027-06-23")
    )

    assert status_of(one) == ServiceStatus.ACTIVE
    notice.refresh_from_db()
    assert notice.state == NoticeState.WITHDRAWN
    assert not Chargeable.objects.filter(kind="reconnection").exists()


@pytest.mark.parametrize("role", list(StaffRole))
def test_only_some_roles_announce_and_suspend(role):
    one = owing("greenlight", "NSW", "200.00", "2027-05-03", "2027-06-01")
    sweep(one, "2027-06-02")
    by = make_staff(role)
    may = {StaffRole.TEAM_MANAGER, StaffRole.CREDIT, StaffRole.ADMINISTRATOR}
    if role in may:
        give_suspension_notice(account=one.account, by=by, at=one.at("2027-06-11"))
        return
    with pytest.raises(NotAuthorised):
        give_suspension_notice(account=one.account, by=by, at=one.at("2027-06-11"))
    assert not SuspensionNotice.objects.exists()


def test_two_notices_at_once_are_one(announced):
    with pytest.raises(SuspensionRefused):
        give_suspension_notice(
            account=announced.account,
            by=make_staff(StaffRole.CREDIT),
            at=announced.at("2027-06-11", "19:41"),
        )
    assert SuspensionNotice.objects.count() == 1


def test_the_letter_says_what_the_law_lists(announced):
    (letter,) = Notice.objects.filter(kind="suspension_notice")
    for words in (
        "issued on Fri 11 Jun 2027",
        "$200.00",
        "Tue 22 Jun 2027",
        "payment assistance policy",
        "Other services are not affected",
        "payment reference",
        "1800 007 007",
        "1800 062 058",
    ):
        assert words in letter.text
    assert any("22 Jun" in one.body for one in mail.outbox)


class Chasing:
    """Days pass while money, blocks, help and staff come in any order."""

    def __init__(self) -> None:
        self.one = owing("greenlight", "NSW", "200.00", "2027-05-03", "2027-06-01")
        self.staff = make_staff(StaffRole.CREDIT)
        self.today = day("2027-06-01").toordinal()
        self.blocked = False

    @property
    def on(self) -> str:
        return type(day("2027-01-01")).fromordinal(self.today).isoformat()

    @property
    def at(self):
        return self.one.at(self.on, "10:00")

    def days_pass(self, days: int) -> None:
        for _ in range(days):
            self.today += 1
            before = PaymentReminder.objects.count()
            pursue(at=self.at)
            deliver_queued(at=self.at)
            restore_paid(at=self.at)
            assert not self.blocked or PaymentReminder.objects.count() == before

    def pay(self, amount: str) -> None:
        self.one.pay(self.on, amount)

    def notice(self) -> None:
        try:
            give_suspension_notice(account=self.one.account, by=self.staff, at=self.at)
        except SuspensionRefused:
            return
        assert not self.blocked

    def suspend(self) -> None:
        try:
            suspend_for_debt(account=self.one.account, by=self.staff, at=self.at)
        except SuspensionRefused:
            return
        acted = SuspensionNotice.objects.get(state=NoticeState.ACTED)
        assert not self.blocked
        assert day(self.on) >= acted.printed_earliest

    def ask(self) -> None:
        ask_for_help(
            account=self.one.account, by=self.one.world.holder, wanted=HelpWanted(), at=self.at
        )
        self.blocked = True

    def take_back(self) -> None:
        asked = open_request(self.one.account)
        if asked is not None:
            withdraw_request(reference=asked.reference, by=self.one.world.holder, at=self.at)
        self.blocked = Block.objects.filter(ends_at__isnull=True).exists()

    def threat(self, private: bool) -> None:
        block_chasing(
            account=self.one.account,
            kind=BlockKind.SAFETY,
            subject="C-1",
            at=self.at,
            is_private=private,
        )
        self.blocked = True

    def threat_is_over(self) -> None:
        lift_block(account=self.one.account, kind=BlockKind.SAFETY, subject="C-1", at=self.at)
        self.blocked = Block.objects.filter(ends_at__isnull=True).exists()

    def check(self) -> None:
        """Open money has a next step or a named reason for none, and nothing goes out twice."""
        found = outlook(self.one.account, day(self.on), self.at)
        if found.owed > found.held:
            assert found.step != Step.NONE
        if found.step == Step.STOPPED:
            assert found.stops
        reminded = list(PaymentReminder.objects.values_list("invoice", "kind", "due_date"))
        assert len(reminded) == len(set(reminded))
        assert SuspensionNotice.objects.filter(state=NoticeState.LIVE).count() <= 1
        suspended = status_of(self.one) == ServiceStatus.SUSPENDED
        assert not suspended or SuspensionNotice.objects.filter(state=NoticeState.ACTED).exists()
        assert Pursuit.objects.count() <= 1


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("days_pass"), st.sampled_from([1, 2, 7])),
        st.tuples(st.just("pay"), st.sampled_from(["10.00", "95.00", "200.00"])),
        st.tuples(st.just("threat"), st.booleans()),
        st.tuples(
            st.sampled_from(["notice", "suspend", "ask", "take_back", "threat_is_over"]), st.none()
        ),
    ),
    min_size=3,
    max_size=10,
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_nothing_that_is_blocked_is_chased_in_any_order(steps):
    with transaction.atomic():
        life = Chasing()
        for name, given_ in steps:
            act = getattr(life, name)
            act() if given_ is None else act(given_)
            life.check()
        transaction.set_rollback(True)
