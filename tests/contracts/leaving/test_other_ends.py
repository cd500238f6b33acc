"""Ends by another provider's word of a move, and by the provider on a ground of its terms."""

from __future__ import annotations

from datetime import date

import pytest

from contracts.agreements.states import Basis, FigureKind
from contracts.leaving import selectors as leaving
from contracts.leaving.models import EndNotice
from contracts.leaving.selectors import Grounds
from contracts.leaving.services import (
    LeavingRefused,
    carry_out_ends,
    end_by_provider,
    give_end_notice,
    record_transfer,
    take_back_end_notice,
)
from contracts.leaving.states import NoticeState, Side
from contracts.supply.models import Chargeable, Service
from contracts.supply.states import ServiceStatus
from parties.accounts.services import block_chasing
from parties.accounts.states import BlockKind
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.notices.models import Notice
from terms.rules.leaving import Cause
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def transfer(one: Agreement, told_on: str, entered: str = "") -> EndNotice | None:
    return record_transfer(
        service=one.service,
        told_on=day(told_on),
        by=one.staff,
        at=one.at(entered or told_on, "11:00"),
        said="Porting desk",
    )


def end(one: Agreement, on: str, cause: Cause = Cause.NONE, clock: str = "10:00", **how):
    facts = {name: how.pop(name) for name in ("since", "holder", "disputed") if name in how}
    return end_by_provider(
        service=one.service,
        grounds=Grounds(cause=cause, **facts),
        by=how.pop("by", one.staff),
        at=one.at(on, clock),
        said="The line floods the network.",
        **how,
    )


# ── moves to another provider ───────────────────────────────────────────────────────────────


@pytest.fixture
def blueshift() -> Agreement:
    made = agree(
        "blueshift", "79.95", since="2026-02-25", signed="2026-02-18", months=24, state="QLD"
    )
    made.note(FigureKind.WAIVED_ITEMS, "339.00", Basis.INC)
    return made


def test_transfer_ends_it_at_once_with_the_early_fee_alone(blueshift):
    notice = transfer(blueshift, "2027-08-20")

    assert notice is not None
    assert (notice.side, notice.state) == (Side.PORT, NoticeState.CARRIED_OUT)
    assert Service.objects.get().ended_on == day("2027-08-20")
    charge = Chargeable.objects.get()
    # No 30 days, no administration charge, nothing for what was waived.
    assert (str(charge.amount), charge.incurred_on) == ("399.75", day("2027-08-20"))
    carry_out_ends(at=blueshift.at("2027-08-21"))
    assert Service.objects.get().status == ServiceStatus.ENDED
    assert Chargeable.objects.count() == 1


def test_transfer_entered_late_ends_it_on_its_own_day_and_overtakes_a_notice(blueshift):
    running = give_end_notice(
        service=blueshift.service, by=blueshift.world.holder, at=blueshift.at("2027-08-02")
    )
    assert running.ends_on == day("2028-02-17")

    transfer(blueshift, "2027-08-20", entered="2027-08-25")

    running.refresh_from_db()
    service = Service.objects.get()
    assert running.state == NoticeState.REPLACED
    assert (service.ended_on, service.status) == (day("2027-08-20"), ServiceStatus.ENDED)
    assert [str(row.amount) for row in Chargeable.objects.all()] == ["399.75"]
    assert not EndNotice.objects.filter(state=NoticeState.RUNNING).exists()


def test_numbers_that_left_end_nothing_and_the_customer_is_told_once():
    one = agree(
        "comvergence", "310.00", since="2024-10-14", months=36, state="WA", kind="cloud_pbx"
    )

    for _ in range(2):
        assert transfer(one, "2027-03-12") is None

    service = Service.objects.get()
    assert (service.numbers_left_on, service.ended_on) == (day("2027-03-12"), None)
    told = Notice.objects.filter(title="Your numbers left, Office line didn't")
    assert told.count() == 1
    assert not Chargeable.objects.exists()


@pytest.mark.parametrize(
    ("told_on", "entered", "says"),
    [
        ("2027-08-21", "2027-08-20", "still to come"),
        ("2026-02-24", "2027-08-20", "before the service began"),
    ],
)
def test_transfer_on_a_day_that_cannot_be_is_refused_in_words(blueshift, told_on, entered, says):
    with pytest.raises(LeavingRefused, match=says):
        transfer(blueshift, told_on, entered)
    assert not EndNotice.objects.exists()


def test_transfer_of_what_has_ended_charges_nothing_again(blueshift):
    transfer(blueshift, "2027-08-20")

    with pytest.raises(LeavingRefused, match="already"):
        transfer(blueshift, "2027-08-19", entered="2027-08-25")
    assert Chargeable.objects.count() == 1


# ── by the provider ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("key", "on", "clock", "ends_on", "cited"),
    [
        # An email counts two hours on; 14 clear days lie between: 2 Mar + 15.
        ("vpnet", "2027-03-02", "10:00", "2027-03-17", "VP-SUS-07"),
        # Sent at 23:30 it is received on 3 Mar.
        ("vpnet", "2027-03-02", "23:30", "2027-03-18", "VP-SUS-07"),
        ("comvergence", "2027-03-02", "10:00", "2027-04-02", "CV-TRM-01"),
    ],
)
def test_notice_of_the_providers_runs_its_clear_days_from_receipt(key, on, clock, ends_on, cited):
    one = agree(key, "50.00", since="2026-03-02", months=24)

    notice = end(one, on, clock=clock)

    assert (notice.ends_on, notice.side) == (day(ends_on), Side.PROVIDER)
    assert cited in {reason["id"] for reason in notice.because}
    # The provider ends it for no cause of the customer's: no early charge.
    assert str(notice.charge) == "0.00"
    assert Service.objects.get().ended_on == day(ends_on)


def test_ground_that_ends_it_at_once_costs_what_the_clause_says_and_is_told():
    one = agree("comvergence", "310.00", since="2026-03-02", months=24)

    notice = end(one, "2027-03-02", Cause.UNLAWFUL_USE)

    assert notice.ends_on == day("2027-03-02")
    # 2 Mar 2027 to 1 Mar 2028: 11 whole months × 310.00, with GST.
    assert str(notice.charge) == "3751.00"
    letter = Notice.objects.filter(title__startswith="We end Office line").first()
    assert "The ground: unlawful use. The line floods the network." in letter.text
    assert "Telecommunications Industry Ombudsman" in letter.text


def test_breach_waits_until_its_days_have_run():
    one = agree("vpnet", "50.00", since="2026-03-02", months=24)

    with pytest.raises(LeavingRefused, match="not before 10 Mar 2027"):
        end(one, "2027-03-05", Cause.BREACH, since=day("2027-03-02"))
    with pytest.raises(LeavingRefused, match="Not every fact"):
        end(one, "2027-03-05", Cause.BREACH)

    assert end(one, "2027-03-10", Cause.BREACH, since=day("2027-03-02")).cause == "breach"


@pytest.mark.parametrize(
    ("key", "cause", "says"),
    [
        ("callpro", Cause.NONE, "no ground of these terms"),
        ("callpro", Cause.FRAUD, "no ground of these terms"),
        ("vpnet", Cause.INSOLVENCY, "no ground of these terms"),
        # What is unpaid goes the way of credit management.
        ("vpnet", Cause.NON_PAYMENT, "no ground of these terms"),
    ],
)
def test_without_a_ground_of_the_terms_nothing_ends(key, cause, says):
    one = agree(key, "50.00", since="2026-03-02")

    with pytest.raises(LeavingRefused, match=says):
        end(one, "2027-03-02", cause, since=date(2027, 1, 1))
    assert Service.objects.get().ended_on is None


def test_no_end_by_the_provider_while_something_holds_it_nor_by_others():
    one = agree("vpnet", "50.00", since="2026-03-02")

    with pytest.raises(LeavingRefused, match="can't be ended now"):
        end(one, "2027-03-02", blocked=True)
    with pytest.raises(LeavingRefused, match="The day has moved"):
        end(one, "2027-03-02", shown_on=day("2027-03-16"))
    for role in (StaffRole.BILLING, StaffRole.CREDIT, StaffRole.FRONT_LINE):
        with pytest.raises(NotAuthorised):
            end(one, "2027-03-02", by=make_staff(role))
    assert not EndNotice.objects.exists()


@pytest.mark.parametrize("private", [True, False])
def test_what_stops_the_asking_for_money_stops_an_end_by_the_provider_too(private):
    one = agree("vpnet", "50.00", since="2026-03-02")
    notice = end(one, "2027-03-02")
    letters = Notice.objects.count()
    block_chasing(
        account=one.service.contract.account,
        kind=BlockKind.SAFETY if private else BlockKind.HARDSHIP,
        subject="X-1",
        at=one.at("2027-03-03"),
        is_private=private,
    )

    carry_out_ends(at=one.at("2027-03-03"))

    notice.refresh_from_db()
    assert notice.state == NoticeState.TAKEN_BACK
    assert Service.objects.get().ended_on is None
    assert (Notice.objects.count() == letters) is private
    with pytest.raises(LeavingRefused, match="privacy role" if private else "help with paying"):
        end(one, "2027-03-03")


def test_provider_takes_its_own_notice_back_and_the_customer_can_not():
    one = agree("vpnet", "50.00", since="2026-03-02")
    notice = end(one, "2027-03-02")

    with pytest.raises(LeavingRefused, match="Only whoever gave"):
        take_back_end_notice(notice=notice, by=one.world.holder, at=one.at("2027-03-05"))
    take_back_end_notice(notice=notice, by=one.staff, at=one.at("2027-03-05"), why="Our mistake")

    assert Service.objects.get().ended_on is None
    assert Service.objects.get().periods.get().ends_on is None


def test_end_by_the_provider_overtakes_a_later_notice_and_undone_leaves_it_open():
    one = agree("vpnet", "50.00", since="2026-03-02", bill_day=10)
    running = give_end_notice(service=one.service, by=one.world.holder, at=one.at("2027-03-02"))
    assert running.ends_on == day("2027-04-10")

    ours = end(one, "2027-03-02", clock="11:00")
    assert ours.ends_on == day("2027-03-17")
    with pytest.raises(LeavingRefused, match="already"):
        end(one, "2027-03-17", clock="11:00")
    take_back_end_notice(notice=ours, by=one.staff, at=one.at("2027-03-05"), why="Our mistake")

    running.refresh_from_db()
    assert running.state == NoticeState.REPLACED
    assert Service.objects.get().periods.get().ends_on is None


def test_grounds_are_those_of_the_terms_without_what_is_owed():
    vpnet = agree("vpnet", "50.00", since="2026-03-02")
    callpro = agree("callpro", "50.00", since="2026-03-02")

    named = dict(leaving.grounds_of(vpnet.service, day("2027-03-02")))
    assert {"breach", "fraud", "network", "none"} <= set(named)
    assert "non_payment" not in named
    assert leaving.grounds_of(callpro.service, day("2027-03-02")) == []
