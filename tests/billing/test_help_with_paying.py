"""More time, help in hardship, arrangements: what was asked for stops all chasing."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal

import pytest

from billing.credit_management.models import PaymentReminder, Pursuit, SuspensionNotice
from billing.credit_management.selectors import outlook
from billing.credit_management.services import (
    SuspensionRefused,
    give_suspension_notice,
    pursue,
    suspend_for_debt,
)
from billing.credit_management.states import NoticeState, Step
from billing.hardship.models import Arrangement, HelpRequest
from billing.hardship.selectors import (
    PlanRefused,
    missed_bills,
    more_time,
    plan_instalments,
    progress,
)
from billing.hardship.services import (
    HelpRefused,
    HelpWanted,
    MoreTimeRefused,
    accept_offer,
    ask_for_help,
    decline_offer,
    end_unanswered,
    offer_help,
    refuse_help,
    review_arrangements,
    take_more_time,
    withdraw_request,
)
from billing.hardship.states import ArrangementState, Every, HelpKind, HelpState
from billing.ledger.models import OpenItem
from billing.ledger.services import keep_balance
from billing.payments.models import OnlinePayment
from billing.payments.states import OnlineState
from contracts.supply.models import Chargeable
from contracts.supply.services import agree_charge
from contracts.supply.states import ChargeableKind
from parties.accounts.models import Block
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.deadlines.models import Deadline
from records.deadlines.states import Status as DeadlineStatus
from records.notices.models import Notice
from records.notices.services import deliver_queued
from terms.lifecycle import IllegalStep
from terms.money import ZERO
from tests.billing.moneys import Story, agrees, day, story
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def owing(key: str, state: str, amount: str, issued: str, due: str, *, tcp: bool = True) -> Story:
    """An account with one bill over an amount, GST included, with its printed due day."""
    one = story(key, state, tcp=tcp, bill_day=day(issued).day)
    # Blueshift bills one-off work later than the day on which it is done.
    one.service("S", f"{Decimal(amount) / Decimal('1.1'):.6f}", issued, basis="ex")
    bill = one.run(issued)
    assert bill is not None
    type(bill).objects.filter(pk=bill.pk).update(due_date=day(due))
    OpenItem.objects.filter(invoice=bill).update(due_date=day(due))
    keep_balance(one.account)
    return one


def sweep(one: Story, on: str, clock: str = "09:30") -> Pursuit | None:
    at = one.at(on, clock)
    pursue(at=at)
    deliver_queued(at=at)
    pursue(at=at)
    return Pursuit.objects.filter(account=one.account).first()


def look(one: Story, on: str, clock: str = "10:00"):
    return outlook(one.account, day(on), one.at(on, clock))


def sent(kind: str) -> int:
    return Notice.objects.filter(kind=kind).count()


def test_until_friday_ten_days_not_eleven_twice_a_year():
    """seq-c-12."""
    one = owing("comvergence", "ACT", "148.50", "2027-05-03", "2027-05-17")
    holder = one.world.holder
    sweep(one, "2027-05-17")
    assert sent("payment_reminder") == 1

    at = one.at("2027-05-17", "19:10")
    with pytest.raises(MoreTimeRefused, match="27 May"):
        take_more_time(account=one.account, by=holder, until=day("2027-05-28"), at=at)
    given = take_more_time(account=one.account, by=holder, until=day("2027-05-27"), at=at)
    again = take_more_time(account=one.account, by=holder, until=day("2027-05-27"), at=at)
    assert given == again
    for on in ("2027-05-18", "2027-05-21", "2027-05-27"):
        row = sweep(one, on)
        assert (row.step, row.stopped_by) == (Step.STOPPED, "More time to pay was given")
        assert one.overdue(on) == "0.00"
    assert sent("payment_reminder") == 1
    staff = make_staff(StaffRole.CREDIT)
    with pytest.raises(SuspensionRefused, match="more time"):
        give_suspension_notice(account=one.account, by=staff, at=one.at("2027-05-27"))

    assert sweep(one, "2027-05-28").step == Step.NOTICE
    notice = give_suspension_notice(account=one.account, by=staff, at=one.at("2027-05-28"))
    deliver_queued(at=one.at("2027-05-28"))
    assert look(one, "2027-06-10").step == Step.WAIT, "nothing proves that it was received"
    SuspensionNotice.objects.update(opened_at=one.at("2027-05-28", "11:20"))
    for on, step in (("2027-06-05", Step.WAIT), ("2027-06-08", Step.SUSPEND)):
        assert look(one, on).step == step
    assert look(one, "2027-06-07").on == day("2027-06-08")
    one.pay("2027-06-04", "148.50")
    sweep(one, "2027-06-07")
    notice.refresh_from_db()
    assert notice.state == NoticeState.CURED
    with pytest.raises(SuspensionRefused):
        suspend_for_debt(account=one.account, by=staff, at=one.at("2027-06-08"))


def test_a_third_time_in_twelve_months_is_not_given_at_once():
    one = owing("comvergence", "ACT", "148.50", "2027-05-03", "2027-05-17")
    holder = one.world.holder
    take_more_time(
        account=one.account, by=holder, until=day("2027-05-27"), at=one.at("2027-05-17")
    )
    take_more_time(
        account=one.account, by=holder, until=day("2027-07-22"), at=one.at("2027-07-15")
    )

    with pytest.raises(MoreTimeRefused, match="taken more time 2 times"):
        take_more_time(
            account=one.account, by=holder, until=day("2027-09-17"), at=one.at("2027-09-15")
        )
    assert more_time(one.account, day("2028-05-16")).latest is None
    assert more_time(one.account, day("2028-05-17")).left == 1


@pytest.mark.parametrize("until", ["2027-05-17", "2027-05-01", "2027-06-30"])
def test_more_time_ends_neither_before_it_begins_nor_after_its_days(until):
    one = owing("comvergence", "ACT", "148.50", "2027-05-03", "2027-05-17")
    with pytest.raises(MoreTimeRefused):
        take_more_time(
            account=one.account, by=one.world.holder, until=day(until), at=one.at("2027-05-17")
        )
    assert not Pursuit.objects.exists()


def test_asked_on_the_evening_before_suspension_decided_and_told_on_the_last_day():
    """seq-c-08."""
    one = owing("vpnet", "QLD", "286.00", "2027-02-10", "2027-02-25")
    staff, holder = make_staff(StaffRole.CREDIT), one.world.holder
    sweep(one, "2027-02-26")
    give_suspension_notice(account=one.account, by=staff, at=one.at("2027-03-01"))
    deliver_queued(at=one.at("2027-03-01"))
    SuspensionNotice.objects.update(opened_at=one.at("2027-03-01", "10:05"))
    assert look(one, "2027-03-15").on == day("2027-03-16")
    assert look(one, "2027-03-16").step == Step.SUSPEND

    asked = ask_for_help(
        account=one.account,
        by=holder,
        at=one.at("2027-03-15", "20:40"),
        wanted=HelpWanted(
            kinds=(HelpKind.INSTALMENTS,),
            can_pay=Decimal("71.50"),
            every=Every.FORTNIGHT,
            first_on=day("2027-04-08"),
        ),
    )
    assert asked.decide_by == day("2027-03-24")
    row = sweep(one, "2027-03-16")
    assert (row.step, row.stopped_by) == (Step.STOPPED, "Help with paying was asked for")
    with pytest.raises(SuspensionRefused, match="help with paying"):
        suspend_for_debt(account=one.account, by=staff, at=one.at("2027-03-16"))

    parts = plan_instalments(
        one.account,
        amount=Decimal("286.00"),
        each=Decimal("71.50"),
        every=Every.FORTNIGHT,
        first_on=day("2027-04-08"),
        on=day("2027-03-24"),
    )
    assert [(part.due_on.isoformat(), str(part.amount)) for part in parts] == [
        ("2027-04-08", "71.50"),
        ("2027-04-22", "71.50"),
        ("2027-05-06", "71.50"),
        ("2027-05-20", "71.50"),
    ]
    offer_help(
        reference=asked.reference,
        by=staff,
        parts=parts,
        reasons="You can pay it in four parts.",
        at=one.at("2027-03-24", "16:30"),
    )
    assert Deadline.objects.get(subject=asked.reference).status == DeadlineStatus.MET
    made = accept_offer(
        reference=asked.reference, by=holder, signed_as="Mia Conti", at=one.at("2027-03-25")
    )
    assert (one.owing, one.overdue("2027-04-27")) == ("286.00", "0.00")
    for on in ("2027-04-08", "2027-04-22", "2027-05-06", "2027-05-20"):
        one.pay(on, "71.50")
        review_arrangements(at=one.at(on, "18:00"))
        if on != "2027-05-20":
            assert look(one, on).stops[0].words == "A payment arrangement is being kept"
    made.refresh_from_db()
    assert made.state == ArrangementState.KEPT
    assert one.owing == "0.00"
    assert look(one, "2027-05-21").stops == ()
    assert agrees()


def test_a_missed_instalment_is_talked_over_first_and_ended_after_ten_working_days():
    """After seq-c-10: Greenlight, a review, then the ending, then ten working days of notice."""
    one = owing("greenlight", "NSW", "360.00", "2027-05-03", "2027-05-17")
    staff = make_staff(StaffRole.CREDIT)
    agreed = arranged(one, "60.00", Every.FORTNIGHT, "2027-06-04", "2027-05-31", 6)
    one.pay("2027-06-04", "60.00")
    review_arrangements(at=one.at("2027-06-18", "23:00"))
    agreed.refresh_from_db()
    assert agreed.state == ArrangementState.IN_FORCE
    review_arrangements(at=one.at("2027-06-19"))
    agreed.refresh_from_db()
    assert agreed.state == ArrangementState.IN_FORCE, "nobody is asked on a Saturday"
    review_arrangements(at=one.at("2027-06-21"))
    agreed.refresh_from_db()
    assert (agreed.state, agreed.review_until) == (ArrangementState.REVIEW, day("2027-07-05"))
    assert (one.owing, one.overdue("2027-06-21")) == ("300.00", "0.00")
    with pytest.raises(SuspensionRefused):
        give_suspension_notice(account=one.account, by=staff, at=one.at("2027-06-21"))

    again = arranged(one, "30.00", Every.FORTNIGHT, "2027-07-02", "2027-06-23", 10)
    agreed.refresh_from_db()
    assert agreed.state == ArrangementState.REPLACED
    one.pay("2027-07-02", "30.00")
    review_arrangements(at=one.at("2027-07-19"))
    again.refresh_from_db()
    assert (again.state, one.owing) == (ArrangementState.REVIEW, "270.00")
    # The bank holiday of 2 Aug is none of Greenlight's Business Days.
    review_arrangements(at=one.at("2027-08-03"))
    again.refresh_from_db()
    assert again.state == ArrangementState.REVIEW
    review_arrangements(at=one.at("2027-08-04"))
    again.refresh_from_db()
    assert again.state == ArrangementState.BROKEN
    assert one.overdue("2027-08-05") == "270.00"
    assert Chargeable.objects.filter(kind__in=["late_fee", "interest"]).count() == 0

    sweep(one, "2027-08-05")
    notice = give_suspension_notice(account=one.account, by=staff, at=one.at("2027-08-05"))
    # Known hardship: ten working days after the day of receipt.
    assert notice.printed_earliest == day("2027-08-20")


def arranged(one: Story, each: str, every: Every, first: str, on: str, count: int) -> Arrangement:
    staff, holder = make_staff(StaffRole.CREDIT), one.world.holder
    asked = ask_for_help(
        account=one.account, by=holder, wanted=HelpWanted(), at=one.at(on, "08:00")
    )
    parts = plan_instalments(
        one.account,
        amount=Decimal(one.owing),
        each=Decimal(each),
        every=every,
        first_on=day(first),
        on=day(on),
    )
    assert len(parts) == count
    offer_help(
        reference=asked.reference, by=staff, parts=parts, reasons="Smaller parts.", at=one.at(on)
    )
    return accept_offer(
        reference=asked.reference, by=holder, signed_as="Mia Conti", at=one.at(on, "11:00")
    )


def test_two_missed_in_a_row_and_three_in_six_months_offer_help():
    """seq-c-11: CALLPRO, whose document is silent."""
    one = story("callpro", "QLD", tcp=True, bill_day=1)
    asked = []
    for number, due in enumerate(("2027-03-15", "2027-04-15", "2027-05-17", "2027-06-15")):
        issued = due[:8] + "01"
        agree_charge(
            account=one.account,
            kind=ChargeableKind.ONE_OFF,
            source=f"work {number}",
            description="Work",
            amount=Decimal("132.00"),
            incurred_on=day(issued),
            at=one.at(issued, "05:00"),
        )
        bill = one.run(issued)
        type(bill).objects.filter(pk=bill.pk).update(due_date=day(due))
        OpenItem.objects.filter(invoice=bill).update(due_date=day(due))
        if due == "2027-05-17":
            one.pay("2027-04-20", "264.00", entered="2027-04-20")
            one.pay(due, "132.00")
        following = date.fromordinal(day(due).toordinal() + 1).isoformat()
        sweep(one, following)
        newest = Notice.objects.filter(kind="payment_reminder").order_by("pk").last()
        asked.append(bool(newest and "paying has been hard" in newest.text))
    missed = missed_bills(one.account, day("2027-06-16"))

    assert asked == [False, True, True, True]
    assert (missed.in_row, len(missed.on)) == (1, 3)
    assert PaymentReminder.objects.filter(kind="after").count() == 3
    assert look(one, "2027-06-17").step == Step.PERSON
    assert Chargeable.objects.filter(kind__in=["late_fee", "interest"]).count() == 0
    with pytest.raises(SuspensionRefused, match="person decides"):
        give_suspension_notice(
            account=one.account, by=make_staff(StaffRole.CREDIT), at=one.at("2027-06-17")
        )


@pytest.mark.parametrize(
    ("key", "state", "hardship", "opened", "pay_by", "earliest"),
    [
        ("greenlight", "NSW", False, None, None, "2027-06-22"),
        ("greenlight", "NSW", True, None, None, "2027-06-29"),
        ("blueshift", "VIC", False, None, "2027-06-22", "2027-06-23"),
        ("blueshift", "VIC", True, None, "2027-06-22", "2027-06-30"),
        ("vpnet", "NSW", False, "2027-06-11 19:52", None, "2027-06-26"),
        ("vpnet", "NSW", True, "2027-06-11 19:52", None, "2027-06-29"),
        ("comvergence", "VIC", False, "2027-06-12 08:15", None, "2027-06-22"),
        ("comvergence", "VIC", True, "2027-06-12 08:15", None, "2027-06-29"),
    ],
)
def test_a_notice_on_the_friday_night_before_a_long_weekend(
    key, state, hardship, opened, pay_by, earliest
):
    """seq-c-16."""
    one = owing(key, state, "200.00", "2027-05-03", "2027-06-01")
    staff = make_staff(StaffRole.CREDIT)
    if hardship:
        asked = ask_for_help(
            account=one.account,
            by=one.world.holder,
            wanted=HelpWanted(),
            at=one.at("2027-05-05"),
        )
        HelpRequest.objects.filter(pk=asked.pk).update(state=HelpState.AGREED)
        Block.objects.update(ends_at=one.at("2027-05-20"))
    sweep(one, "2027-06-02")
    at = one.at("2027-06-11", "19:40")
    notice = give_suspension_notice(
        account=one.account, by=staff, at=at, pay_by=day(pay_by) if pay_by else None
    )
    deliver_queued(at=at)
    if opened:
        SuspensionNotice.objects.update(
            opened_at=datetime.fromisoformat(opened).replace(tzinfo=one.zone)
        )

    found = look(one, "2027-06-14")

    assert (found.step, found.on) == (Step.WAIT, day(earliest))
    before = date.fromordinal(day(earliest).toordinal() - 1).isoformat()
    assert look(one, before).step == Step.WAIT
    assert look(one, earliest).step == Step.SUSPEND
    assert notice.printed_earliest <= day(earliest)


def test_a_bill_that_is_contested_or_small_or_of_the_dead_is_not_chased():
    one = owing("vpnet", "NSW", "9.00", "2027-02-10", "2027-02-25")
    assert sweep(one, "2027-02-26").step == Step.SMALL
    assert sent("payment_reminder") == 0


def test_an_outage_sends_each_reminder_once():
    one = owing("vpnet", "NSW", "99.00", "2027-02-10", "2027-02-25")
    for on in ("2027-02-22", "2027-02-23", "2027-03-02", "2027-03-03", "2027-03-04"):
        sweep(one, on)
        sweep(one, on, "15:00")

    kinds = list(PaymentReminder.objects.order_by("pk").values_list("kind", "sent_on"))
    assert kinds == [("before", day("2027-02-22")), ("after", day("2027-03-02"))]


def test_nothing_leaves_before_nine_nor_on_a_weekend_nor_a_holiday():
    one = owing("vpnet", "NSW", "99.00", "2027-03-01", "2027-03-24")
    for on, clock in (("2027-03-25", "08:59"), ("2027-03-26", "10:00"), ("2027-03-29", "10:00")):
        sweep(one, on, clock)
    assert not PaymentReminder.objects.filter(kind="after").exists()
    sweep(one, "2027-03-30")
    assert PaymentReminder.objects.filter(kind="after").count() == 1


def test_the_reminder_names_the_late_fee_before_it_is_charged():
    one = owing("vpnet", "SA", "187.00", "2027-03-01", "2027-03-16", tcp=False)
    sweep(one, "2027-03-17")
    text = Notice.objects.get(kind="payment_reminder").text
    assert "From Wed 31 Mar 2027 our terms add a late fee of $27.50" in text
    sweep(one, "2027-03-30")
    assert not Chargeable.objects.filter(kind="late_fee").exists()
    sweep(one, "2027-03-31")
    assert Chargeable.objects.get(kind="late_fee").amount == Decimal("27.50")


@pytest.mark.parametrize(
    ("each", "first", "match"),
    [
        ("0.00", "2027-04-08", "above"),
        ("-5.00", "2027-04-08", "above"),
        ("1.00", "2027-04-08", "286 payments"),
        ("71.50", "2027-03-01", "past"),
        ("71.50", "2028-04-08", "six months"),
    ],
)
def test_instalments_that_cannot_be(each, first, match):
    one = owing("vpnet", "QLD", "286.00", "2027-02-10", "2027-02-25")
    with pytest.raises(PlanRefused, match=match):
        plan_instalments(
            one.account,
            amount=Decimal("286.00"),
            each=Decimal(each),
            every=Every.WEEK,
            first_on=day(first),
            on=day("2027-03-24"),
        )


def test_monthly_days_do_not_drift_and_move_off_holidays():
    one = owing("vpnet", "NSW", "300.00", "2027-01-10", "2027-01-25")
    parts = plan_instalments(
        one.account,
        amount=Decimal("300.00"),
        each=Decimal("100.00"),
        every=Every.MONTH,
        first_on=day("2027-01-31"),
        on=day("2027-01-27"),
    )
    assert [part.asked_for.isoformat() for part in parts] == [
        "2027-01-31",
        "2027-02-28",
        "2027-03-31",
    ]
    assert [part.due_on.isoformat() for part in parts] == [
        "2027-02-01",
        "2027-03-01",
        "2027-03-31",
    ]


def test_offers_have_to_add_up_and_be_answered():
    one = owing("vpnet", "QLD", "286.00", "2027-02-10", "2027-02-25")
    staff, holder = make_staff(StaffRole.CREDIT), one.world.holder
    asked = ask_for_help(
        account=one.account, by=holder, wanted=HelpWanted(), at=one.at("2027-03-01")
    )
    same = ask_for_help(
        account=one.account, by=holder, wanted=HelpWanted(), at=one.at("2027-03-01")
    )
    assert asked == same
    at = one.at("2027-03-02")
    for wrong in ({"parts": (), "waive": Decimal("300.00")}, {"parts": ()}):
        with pytest.raises(HelpRefused):
            offer_help(reference=asked.reference, by=staff, reasons="Help.", at=at, **wrong)
    with pytest.raises(NotAuthorised):
        offer_help(reference=asked.reference, by=holder, parts=(), reasons="x", at=at)
    with pytest.raises(IllegalStep):
        accept_offer(reference=asked.reference, by=holder, signed_as="Mia", at=at)

    offer = offer_help(
        reference=asked.reference,
        by=staff,
        parts=(),
        waive=Decimal("286.00"),
        reasons="We take all of it off.",
        at=at,
    )
    decline_offer(reference=asked.reference, by=holder, text="I can pay a part.", at=at)
    offer.refresh_from_db()
    assert offer.state == ArrangementState.REPLACED
    assert HelpRequest.objects.get().state == HelpState.ASKED
    assert Deadline.objects.filter(status=DeadlineStatus.OPEN).count() == 1
    offer_help(
        reference=asked.reference,
        by=staff,
        parts=(),
        waive=Decimal("286.00"),
        reasons="We take all of it off.",
        at=at,
    )
    end_unanswered(at=one.at("2027-03-16"))
    assert HelpRequest.objects.get().state == HelpState.OFFERED
    end_unanswered(at=one.at("2027-03-17"))
    assert HelpRequest.objects.get().state == HelpState.LAPSED
    assert look(one, "2027-03-17").stops == ()


def test_what_is_waived_is_credited_when_it_is_accepted():
    one = owing("vpnet", "QLD", "286.00", "2027-02-10", "2027-02-25")
    staff, holder = make_staff(StaffRole.CREDIT), one.world.holder
    asked = ask_for_help(
        account=one.account, by=holder, wanted=HelpWanted(), at=one.at("2027-03-01")
    )
    parts = plan_instalments(
        one.account,
        amount=Decimal("200.00"),
        each=Decimal("100.00"),
        every=Every.MONTH,
        first_on=day("2027-04-01"),
        on=day("2027-03-02"),
    )
    offer = offer_help(
        reference=asked.reference,
        by=staff,
        parts=parts,
        waive=Decimal("86.00"),
        reasons="A part comes off.",
        at=one.at("2027-03-02"),
    )
    assert one.owing == "286.00"
    accept_offer(reference=asked.reference, by=holder, signed_as="Mia", at=one.at("2027-03-03"))
    assert one.owing == "200.00"
    offer.refresh_from_db()
    assert progress(offer, day("2027-03-03")).paid == ZERO
    assert agrees()


def test_a_refusal_and_a_withdrawal_end_the_block():
    one = owing("vpnet", "QLD", "286.00", "2027-02-10", "2027-02-25")
    staff, holder = make_staff(StaffRole.CREDIT), one.world.holder
    at = one.at("2027-03-01")
    for end in (
        lambda ref: refuse_help(
            reference=ref, by=staff, reasons="You told us that it was a mistake.", at=at
        ),
        lambda ref: withdraw_request(reference=ref, by=holder, at=at),
    ):
        asked = ask_for_help(account=one.account, by=holder, wanted=HelpWanted(), at=at)
        assert look(one, "2027-03-01").step == Step.STOPPED
        end(asked.reference)
        assert look(one, "2027-03-01").stops == ()


def test_what_a_bank_is_about_to_pay_is_not_asked_for_once_more():
    one = owing("vpnet", "QLD", "286.00", "2027-02-10", "2027-02-25")
    online = OnlinePayment.objects.create(
        account=one.account,
        key=uuid.uuid4(),
        amount=Decimal("286.00"),
        method="becs",
        state=OnlineState.IN_PROGRESS,
        started_at=one.at("2027-02-25"),
        started_by=one.world.holder,
    )

    assert sweep(one, "2027-02-26").stopped_by == "A payment is on its way from the bank"
    assert sent("payment_reminder") == 0
    OnlinePayment.objects.filter(pk=online.pk).update(state=OnlineState.FAILED)
    sweep(one, "2027-03-01")
    assert sent("payment_reminder") == 1


def test_a_notice_never_names_a_day_that_is_past():
    """Greenlight may suspend a large business at once; its notice still names a day to come."""
    one = owing("greenlight", "NSW", "66.00", "2026-11-02", "2026-11-16", tcp=False)
    assert sweep(one, "2026-11-17").step == Step.NOTICE

    notice = give_suspension_notice(
        account=one.account, by=make_staff(StaffRole.CREDIT), at=one.at("2026-11-19")
    )

    assert notice.pay_by == day("2026-11-19")
    assert notice.printed_earliest == day("2026-11-20")
