"""A debt that stays unpaid: an end by each provider's rule, a collector, a default listing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.credit_management.models import DebtNotice, Handover
from billing.credit_management.selectors import beyond, due_now, outlook
from billing.credit_management.services import (
    CreditStepRefused,
    close_handover,
    end_for_debt,
    give_debt_notice,
    hand_over,
    mind_handovers,
    recall,
    withdraw_debt_notice,
)
from billing.credit_management.states import (
    DebtNoticeKind,
    HandoverKind,
    HandoverState,
    NoticeState,
    Step,
)
from billing.disputes.services import hold_amount
from contracts.leaving.models import EndNotice
from contracts.supply.models import Chargeable, Service
from contracts.supply.services import change_supply, suspend_supply
from contracts.supply.states import ServiceStatus, SuspensionCause
from parties.accounts.services import block_chasing
from parties.accounts.states import BlockKind
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.audit.models import Entry
from records.notices.models import Notice
from records.notices.services import deliver_queued
from terms.lifecycle import IllegalStep
from tests.billing.moneys import Story, agrees, day
from tests.billing.test_help_with_paying import owing, sweep
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
ENDING, FIRST, SECOND, _ = DebtNoticeKind


@pytest.fixture
def staff():
    return make_staff(StaffRole.CREDIT)


def announce(one: Story, staff, on: str, kind=ENDING, clock: str = "10:00") -> DebtNotice:
    at = one.at(on, clock)
    row = give_debt_notice(account=one.account, kind=kind, by=staff, at=at)
    deliver_queued(at=at)
    row.refresh_from_db()
    return row


def ways(one: Story, on: str):
    at = one.at(on)
    return beyond(one.account, outlook(one.account, day(on), at), day(on))


def earliest(one: Story, on: str) -> str | None:
    found = ways(one, on).end
    return found.earliest_on.isoformat() if found.allowed and found.earliest_on else None


def unpaid(provider: str, state: str, *, tcp: bool) -> Story:
    """seq-c-21: one bill of 1 February 2027 over 300.00, reminded of, never paid or disputed."""
    due = "2027-02-16" if provider == "vpnet" else "2027-02-15"
    one = owing(provider, state, "300.00", "2027-02-01", due, tcp=tcp)
    sweep(one, "2027-02-17" if provider == "vpnet" else "2027-02-16")
    return one


# ── seq-c-21: ending for non-payment, each by its own rule ──────────────────────────────────


@pytest.mark.parametrize(
    ("provider", "state", "first"),
    [
        ("vpnet", "NSW", "2027-04-18"),  # day 60 is Saturday 17 April; Sunday is not rolled
        ("greenlight", "NSW", "2027-03-02"),  # day 14 is Monday 1 March
        ("comvergence", "VIC", None),  # only after a default notice
        ("blueshift", "VIC", None),  # only by a notice of its own
        ("callpro", "NSW", None),  # no right printed
    ],
)
def test_without_a_notice_only_terms_that_count_from_the_due_day_end_anything(
    provider, state, first
):
    """seq-c-21, not protected: day by day, by the provider's own rule."""
    assert earliest(unpaid(provider, state, tcp=False), "2027-02-18") == first


@pytest.mark.parametrize("provider", ["vpnet", "greenlight", "comvergence", "blueshift"])
def test_a_protected_customer_is_told_apart_from_any_suspension_first(provider):
    one = unpaid(provider, "NSW", tcp=True)
    assert earliest(one, "2027-04-30") is None


@pytest.mark.parametrize(
    ("provider", "state", "sent", "tcp", "first"),
    [
        ("vpnet", "NSW", "2027-04-12", True, "2027-04-20"),
        ("greenlight", "NSW", "2027-03-02", True, "2027-03-10"),
        ("comvergence", "VIC", "2027-02-16", True, "2027-02-24"),
        ("comvergence", "VIC", "2027-02-16", False, "2027-02-24"),
        ("blueshift", "VIC", "2027-02-16", True, "2027-02-24"),
    ],
)
def test_the_notice_of_an_end_names_the_first_day_that_terms_and_law_allow(
    provider, state, sent, tcp, first, staff
):
    """seq-c-21: received on the day of sending; the law's five working days, or the terms'."""
    one = unpaid(provider, state, tcp=tcp)
    row = announce(one, staff, sent)
    DebtNotice.objects.update(opened_at=one.at(sent, "10:30"))
    assert row.printed_earliest == day(first)
    assert earliest(one, sent) == first
    before = one.at((day(first).fromordinal(day(first).toordinal() - 1)).isoformat(), "23:00")
    with pytest.raises(CreditStepRefused, match="too early"):
        end_for_debt(account=one.account, by=staff, at=before)
    done = end_for_debt(account=one.account, by=staff, at=one.at(first))
    service = Service.objects.get()
    assert (service.ended_on, len(done)) == (day(first), 1)
    row.refresh_from_db()
    assert row.state == NoticeState.ACTED
    with pytest.raises(CreditStepRefused):
        end_for_debt(account=one.account, by=staff, at=one.at(first))


def test_the_letter_says_what_the_law_lists_and_what_may_follow(staff):
    one = unpaid("greenlight", "NSW", tcp=True)
    announce(one, staff, "2027-03-02")
    words = Notice.objects.get(kind="ending_notice").words
    for part in (
        "300.00",
        "Tue 9 Mar 2027",
        "Wed 10 Mar 2027",
        "lose their numbers and plans",
        "collected by somebody else or sold",
        "default may be reported",
        "a court may be asked",
        "payment assistance policy",
        "Other services are not affected",
    ):
        assert part in words


def test_a_notice_names_a_day_that_is_still_to_come_whatever_the_terms_allow_at_once(staff):
    one = unpaid("greenlight", "NSW", tcp=False)
    row = announce(one, staff, "2027-04-30")
    assert (row.pay_by, row.printed_earliest) == (day("2027-04-30"), day("2027-05-01"))


def test_callpro_prints_no_right_to_end_and_nothing_gives_one(staff):
    one = unpaid("callpro", "NSW", tcp=True)
    with pytest.raises(CreditStepRefused, match="no right"):
        announce(one, staff, "2027-03-02")
    assert not Notice.objects.filter(kind="ending_notice").exists()


def test_an_end_at_vpnet_costs_nothing_and_makes_a_final_bill(staff):
    """seq-c-21: VPnet ends it, so there is no early fee; the last day is charged."""
    one = unpaid("vpnet", "NSW", tcp=False)
    end_for_debt(account=one.account, by=staff, at=one.at("2027-04-18"))
    notice = EndNotice.objects.get()
    assert (notice.side, notice.cause, str(notice.charge)) == ("provider", "non_payment", "0.00")
    assert "VP-SUS-08" in [reason["id"] for reason in notice.because]
    assert not Chargeable.objects.filter(kind="early_end").exists()
    assert sweep(one, "2027-04-19").step == Step.PERSON
    assert agrees()


def test_comvergence_charges_the_months_that_are_left_of_the_term(staff):
    """seq-c-21: 12 whole months × 150.00 before GST if ended on 24 February 2027."""
    one = unpaid("comvergence", "VIC", tcp=False)
    service = Service.objects.get()
    contract = service.contract
    contract.started_on, contract.minimum_months = day("2026-03-01"), 24
    contract.save()
    Service.objects.update(activated_on=day("2026-03-01"))
    plan = service.plan
    plan.monthly_fee = Decimal("150.00")
    plan.save()
    service.periods.update(unit_fee=Decimal("150.00"), starts_on=day("2026-03-01"))
    announce(one, staff, "2027-02-16")
    DebtNotice.objects.update(opened_at=one.at("2027-02-16", "11:00"))
    end_for_debt(account=one.account, by=staff, at=one.at("2027-02-24"))
    assert str(Chargeable.objects.get(kind="early_end").amount) == "1980.00"


def test_a_suspension_that_lasts_is_a_way_of_its_own_with_a_last_day():
    """seq-c-21, Greenlight: suspended on 16 February, ended from the 24th, over by 17 April."""
    one, clerk = unpaid("greenlight", "NSW", tcp=False), make_staff(StaffRole.CREDIT)
    suspend_supply(
        service=Service.objects.get(),
        cause=SuspensionCause.UNPAID,
        since=one.at("2027-02-16", "00:00"),
        at=one.at("2027-02-16"),
    )
    found = ways(one, "2027-02-18")
    assert (found.end.earliest_on, found.must_end_by) == (day("2027-02-24"), day("2027-04-17"))
    row = sweep(one, "2027-02-18")
    assert (row.step, row.end_from) == (Step.SUSPENDED, day("2027-02-24"))
    assert row.must_end_by == day("2027-04-17")
    end_for_debt(account=one.account, by=clerk, at=one.at("2027-02-24"))
    assert Service.objects.get().ended_on == day("2027-02-24")


# ── what stops it, and the ways back ────────────────────────────────────────────────────────


def contest(one: Story, amount: str, on: str, **facts):
    invoice = one.invoices()[0]
    return hold_amount(
        invoice=invoice, amount=Decimal(amount), complaint="C-1", at=one.at(on), **facts
    )


STOPS = {
    "dispute": lambda one: contest(one, "50.00", "2027-03-09"),
    "hardship": lambda one: block(one, BlockKind.HARDSHIP),
    "arrangement": lambda one: block(one, BlockKind.ARRANGEMENT),
    "complaint": lambda one: block(one, BlockKind.COMPLAINT),
    "safety": lambda one: block(one, BlockKind.SAFETY, is_private=True),
}


def block(one: Story, kind: BlockKind, **facts):
    at = one.at("2027-03-09")
    return block_chasing(account=one.account, kind=kind, subject="x", at=at, **facts)


@pytest.mark.parametrize("stop", STOPS)
def test_nothing_ends_goes_to_a_collector_or_is_reported_while_something_stops_it(stop, staff):
    one = unpaid("greenlight", "NSW", tcp=True)
    announce(one, staff, "2027-03-02")
    STOPS[stop](one)
    for act in (
        lambda: end_for_debt(account=one.account, by=staff, at=one.at("2027-03-10")),
        lambda: announce(one, staff, "2027-03-10", FIRST),
        lambda: hand_over(
            account=one.account,
            kind=HandoverKind.COLLECTOR,
            to_whom="Recover",
            by=staff,
            at=one.at("2027-03-10"),
        ),
    ):
        with pytest.raises(CreditStepRefused) as refusal:
            act()
        assert stop != "safety" or "safety" not in str(refusal.value).lower()
    assert Service.objects.get().status == ServiceStatus.ACTIVE
    row = sweep(one, "2027-03-10")
    assert (row.end_from, row.collect_from, row.list_from) == (None, None, None)


def test_who_pays_in_time_keeps_everything_and_the_notice_ends_by_itself(staff):
    one = unpaid("greenlight", "NSW", tcp=True)
    announce(one, staff, "2027-03-02")
    one.pay("2027-03-09", "300.00")
    with pytest.raises(CreditStepRefused):
        end_for_debt(account=one.account, by=staff, at=one.at("2027-03-10"))
    sweep(one, "2027-03-10")
    assert DebtNotice.objects.get().state == NoticeState.CURED


def test_a_notice_is_withdrawn_with_its_reason_once(staff):
    one = unpaid("greenlight", "NSW", tcp=True)
    row = announce(one, staff, "2027-03-02")
    with pytest.raises(CreditStepRefused, match="Say why"):
        withdraw_debt_notice(notice=row, by=staff, why=" ", at=one.at("2027-03-03"))
    withdraw_debt_notice(notice=row, by=staff, why="Sent by mistake", at=one.at("2027-03-03"))
    assert "Sent by mistake" in Notice.objects.order_by("pk").last().words
    with pytest.raises(IllegalStep):
        withdraw_debt_notice(notice=row, by=staff, why="Again", at=one.at("2027-03-03"))
    assert earliest(one, "2027-03-10") is None


@pytest.mark.parametrize("role", [StaffRole.FRONT_LINE, StaffRole.AUDITOR])
def test_who_may_not_work_on_unpaid_money_takes_no_step(role):
    one, other = unpaid("greenlight", "NSW", tcp=True), make_staff(role)
    with pytest.raises(NotAuthorised):
        announce(one, other, "2027-03-02")
    with pytest.raises(NotAuthorised):
        end_for_debt(account=one.account, by=other, at=one.at("2027-03-10"))


# ── collectors ──────────────────────────────────────────────────────────────────────────────


def collect(one: Story, staff, on: str, to_whom: str = "Recover Pty Ltd") -> Handover:
    return hand_over(
        account=one.account,
        kind=HandoverKind.COLLECTOR,
        to_whom=to_whom,
        by=staff,
        at=one.at(on),
    )


@pytest.mark.parametrize(
    ("provider", "first"), [("vpnet", "2027-04-18"), ("blueshift", "2027-04-16")]
)
def test_a_collector_comes_in_on_the_day_of_the_terms_and_not_before(provider, first, staff):
    """VPnet: day 61 after Tuesday 16 February; Blueshift: day 60 after Monday 15 February."""
    one = unpaid(provider, "NSW" if provider == "vpnet" else "VIC", tcp=True)
    before = day(first).fromordinal(day(first).toordinal() - 1).isoformat()
    with pytest.raises(CreditStepRefused, match="too early"):
        collect(one, staff, before)
    with pytest.raises(CreditStepRefused, match="to whom"):
        collect(one, staff, first, " ")
    row = collect(one, staff, first)
    assert (str(row.amount), row.state) == ("300.00", HandoverState.ACTIVE)
    with pytest.raises(CreditStepRefused, match="already"):
        collect(one, staff, first)
    assert "Recover Pty Ltd now asks you for $300.00" in [
        one.title for one in Notice.objects.all()
    ]


@pytest.mark.parametrize("provider", ["greenlight", "comvergence", "callpro"])
def test_no_collector_where_the_terms_print_none(provider, staff):
    one = unpaid(provider, "NSW", tcp=True)
    with pytest.raises(CreditStepRefused, match="no day for it"):
        collect(one, staff, "2027-12-01")


@pytest.mark.parametrize(
    ("what", "why", "is_told"),
    [
        ("pays", "It is paid", True),
        ("hardship", "Help with paying was asked for", True),
        ("dispute", "A part of it is contested", True),
        ("safety", "", False),
    ],
)
def test_a_debt_comes_back_by_itself_and_staff_tell_the_collector(what, why, is_told, staff):
    one = unpaid("vpnet", "NSW", tcp=True)
    row = collect(one, staff, "2027-04-18")
    assert mind_handovers(at=one.at("2027-04-18", "11:00")) == 0
    told = Notice.objects.count()
    if what == "pays":
        one.pay("2027-04-19", "300.00")
    else:
        STOPS[what](one)
    assert mind_handovers(at=one.at("2027-04-19", "23:30")) == 1
    assert mind_handovers(at=one.at("2027-04-19", "23:31")) == 0
    row.refresh_from_db()
    assert (row.state, row.recalled_because) == (HandoverState.RECALLED, why)
    letters = Notice.objects.filter(title="Your debt is back with us")
    assert letters.exists() == is_told
    assert is_told or Notice.objects.count() == told
    entry = Entry.objects.get(action="recall_debt")
    assert entry.is_private is not is_told
    close_handover(handover=row, by=staff, how="Email to them", at=one.at("2027-04-20"))
    with pytest.raises(IllegalStep):
        close_handover(handover=row, by=staff, how="Again", at=one.at("2027-04-20"))


# ── seq-c-23: default listing ───────────────────────────────────────────────────────────────


@pytest.fixture
def overdue():
    """Blueshift, VIC, a home user: Bill Date 4 January 2027, due on the 18th."""

    def make(amount: str) -> Story:
        one = owing("blueshift", "VIC", amount, "2027-01-04", "2027-01-18", tcp=True)
        sweep(one, "2027-01-19")
        return one

    return make


def report(one: Story, staff, on: str, **facts) -> Handover:
    facts = {"young_enough": True} | facts
    return hand_over(
        account=one.account,
        kind=HandoverKind.LISTING,
        to_whom="Equifax",
        by=staff,
        at=one.at(on, "12:00"),
        **facts,
    )


def test_149_99_is_never_listed(overdue, staff):
    """seq-c-23 A: nothing is rounded up, and no late charge is added to reach 150.00."""
    one = overdue("149.99")
    with pytest.raises(CreditStepRefused, match="no right"):
        announce(one, staff, "2027-02-15", FIRST)
    with pytest.raises(CreditStepRefused):
        report(one, staff, "2027-03-31")


def test_150_00_is_listed_after_two_notices_and_the_payment_is_reported_too(overdue, staff):
    """seq-c-23 B: notices of 15 February and 17 March, listed from 31 March, paid 12 April."""
    one = overdue("150.00")
    first = announce(one, staff, "2027-02-15", FIRST)
    assert first.printed_earliest == day("2027-03-31")
    with pytest.raises(CreditStepRefused, match="before Wed 17 Mar 2027"):
        announce(one, staff, "2027-03-16", SECOND)
    assert sweep(one, "2027-03-16").list_from == day("2027-03-17")
    second = announce(one, staff, "2027-03-17", SECOND)
    assert second.printed_earliest == day("2027-03-31")
    for on in ("2027-03-19", "2027-03-22", "2027-03-30"):
        with pytest.raises(CreditStepRefused, match="not before Wed 31 Mar 2027"):
            report(one, staff, on)
    with pytest.raises(CreditStepRefused, match="statute-barred"):
        report(one, staff, "2027-03-31", young_enough=False)
    row = report(one, staff, "2027-03-31")
    assert {one.state for one in DebtNotice.objects.all()} == {NoticeState.ACTED}
    one.pay("2027-04-12", "150.00", entered="2027-04-12")
    assert mind_handovers(at=one.at("2027-04-12", "11:05")) == 1
    row.refresh_from_db()
    assert (row.state, row.recalled_because) == (HandoverState.RECALLED, "It is paid")
    assert "so that your record says so" in Notice.objects.order_by("pk").last().words


def test_a_part_payment_below_the_amount_stops_the_listing(overdue, staff):
    """seq-c-23 C: 162.00, of which 12.01 is paid on Easter Monday: 149.99 is not listed."""
    one = overdue("162.00")
    announce(one, staff, "2027-02-15", FIRST)
    announce(one, staff, "2027-03-17", SECOND)
    one.pay("2027-03-29", "12.01", "card")
    with pytest.raises(CreditStepRefused, match="no day for it"):
        report(one, staff, "2027-03-31")


def test_a_second_notice_on_day_45_moves_the_day(overdue, staff):
    """seq-c-23 D: a new second notice on Thursday 1 April, so not before Thursday 15 April."""
    one = overdue("150.00")
    announce(one, staff, "2027-02-15", FIRST)
    announce(one, staff, "2027-04-01", SECOND)
    with pytest.raises(CreditStepRefused, match="not before Thu 15 Apr 2027"):
        report(one, staff, "2027-04-14")
    report(one, staff, "2027-04-15")


def test_nothing_is_listed_while_a_part_is_contested(overdue, staff):
    """seq-c-23 E: 170.00, of which 30.00 stands in a complaint since 20 March."""
    one = overdue("170.00")
    announce(one, staff, "2027-02-15", FIRST)
    announce(one, staff, "2027-03-17", SECOND)
    contest(one, "30.00", "2027-03-20")
    assert str(outlook(one.account, day("2027-03-31"), one.at("2027-03-31")).chasable) == "140.00"
    with pytest.raises(CreditStepRefused):
        report(one, staff, "2027-03-31")


def test_what_was_listed_in_error_is_reported_by_the_next_working_day(overdue, staff):
    """seq-c-23 A, listed by error: found on Thursday 1 April, told by Friday the 2nd."""
    one = overdue("150.00")
    announce(one, staff, "2027-02-15", FIRST)
    announce(one, staff, "2027-03-17", SECOND)
    row = report(one, staff, "2027-03-31")
    recall(
        handover=row,
        by=staff,
        why="It should not have been reported",
        was_wrong=True,
        at=one.at("2027-04-01"),
    )
    row.refresh_from_db()
    assert row.tell_by == day("2027-04-02")
    assert "should not have been reported" in Notice.objects.order_by("pk").last().words


# ── seq-c-24: one overdue bill makes the next due ───────────────────────────────────────────


def test_one_overdue_bill_makes_the_next_due_but_not_its_contested_part():
    """seq-c-24: 170.00 + 95.00 = 265.00 due on 1 March, not 315.00; 170.00 once B is paid."""
    one = owing("blueshift", "SA", "220.00", "2027-02-01", "2027-02-15", tcp=True)
    sweep(one, "2027-02-16")
    contest(one, "50.00", "2027-02-26")
    change_supply(
        service=Service.objects.get(),
        on=day("2027-03-01"),
        unit_fee=Decimal("86.363636"),
        at=one.at("2027-02-27"),
    )
    bill = one.run("2027-03-01")
    assert (str(bill.total_inc), bill.due_date) == ("95.00", day("2027-03-15"))
    found = outlook(one.account, day("2027-03-01"), one.at("2027-03-01"))
    now = due_now(one.account, found, day("2027-03-01"))
    assert (str(now.amount), str(now.brought_forward)) == ("265.00", "95.00")
    assert [reason["id"] for reason in now.because] == ["BS-PAY-04"]
    # Due by this alone, it is not overdue: nothing chases it.
    assert (str(found.overdue), str(found.chasable)) == ("220.00", "170.00")
    one.pay("2027-03-03", "95.00", towards=one.invoices()[1])
    found = outlook(one.account, day("2027-03-03"), one.at("2027-03-03"))
    assert due_now(one.account, found, day("2027-03-03")) is None
    assert str(found.chasable) == "170.00"


@pytest.mark.parametrize("provider", ["greenlight", "comvergence", "callpro"])
def test_where_the_terms_say_nothing_of_it_no_bill_is_due_early(provider):
    one = unpaid(provider, "NSW", tcp=True)
    found = outlook(one.account, day("2027-03-01"), one.at("2027-03-01"))
    assert due_now(one.account, found, day("2027-03-01")) is None
