"""Months of real tasks: who owes is asked on the right days, once, and nobody who is spared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from billing.credit_management.models import PaymentReminder, Pursuit, SuspensionNotice
from billing.credit_management.services import (
    SuspensionRefused,
    give_suspension_notice,
    suspend_for_debt,
)
from billing.credit_management.states import Step
from billing.hardship.models import Arrangement, HelpRequest, Instalment
from billing.hardship.selectors import PlanRefused, plan_instalments
from billing.hardship.services import (
    HelpRefused,
    HelpWanted,
    MoreTimeRefused,
    accept_offer,
    ask_for_help,
    offer_help,
    take_more_time,
)
from billing.hardship.states import Every, HelpState
from billing.invoices.models import Invoice
from billing.ledger.models import OpenItem
from contracts.supply.models import SupplyPeriod
from parties.accounts.models import Block
from parties.accounts.selectors import working_calendar
from parties.people.states import StaffRole
from records.deadlines.models import Deadline
from records.notices.models import Notice
from terms import library
from terms.calendar import State
from terms.rules import contact_hours
from tests.billing.moneys import Story, agrees, story
from tests.clockwork import Clockwork, Outage
from tests.world import instant, make_staff

pytestmark = pytest.mark.django_db

PROVIDERS = ("callpro", "comvergence", "vpnet", "blueshift", "greenlight")
STATES = ("NSW", "VIC", "QLD", "WA", "SA", "TAS")
FEE = "60.00"
BEGINS = date(2026, 11, 1)
# Over a weekend of bills and reminders; the worker is back on the Tuesday.
OUTAGE = Outage(instant("2026-12-05 00:00"), instant("2026-12-08 00:00"))
# By UTC, the early morning and the late morning from Perth to Hobart.
HOURS = frozenset({20, 1})


class Quarter:
    """Accounts that pay in their own way, staff who act on working days, and what beat rings."""

    def __init__(self, accounts: int) -> None:
        self.stories = [
            story(PROVIDERS[at % 5], STATES[at % 6], tcp=at % 3 != 1, opened_on=date(2026, 10, 1))
            for at in range(accounts)
        ]
        for at, one in enumerate(self.stories):
            one.service(f"S{at}", FEE, "2026-11-01", basis="ex")
        self.staff = make_staff(StaffRole.CREDIT)
        self.clock = Clockwork(instant("2026-11-01 00:00"), outages=(OUTAGE,), hours=HOURS)
        self.cut_while_spared: list[str] = []

    def live(self, until: date) -> Iterator[date]:
        """Go on day by day: in the evening people pay, or ask; at noon staff act."""
        day = BEGINS
        while day <= until:
            noon = instant(f"{day} 12:30")
            self.clock.run_until(noon)
            if day.weekday() < 5 and not OUTAGE.covers(noon):
                self.work(noon)
            self.clock.run_until(instant(f"{day} 19:30"))
            for at, one in enumerate(self.stories):
                self.behave(at, one, day)
            yield day
            day += timedelta(days=1)

    def behave(self, at: int, one: Story, day: date) -> None:
        """The six ways of paying."""
        way = at % 6
        owed = OpenItem.objects.filter(
            account=one.account, amount__gt=0, due_date__isnull=False
        ).select_related("invoice")
        due = [item for item in owed if item.due_date <= day]
        late = [item for item in due if item.due_date + timedelta(days=9) <= day]
        evening = instant(f"{day} 19:30")
        if (way == 0 and due) or (way == 1 and late):
            one.pay(str(day), f"{sum(item.amount for item in due):.2f}", entered=str(day))
        if way == 3 and due and day.weekday() == 2:
            try:
                until = day + timedelta(days=5)
                take_more_time(account=one.account, by=one.world.holder, until=until, at=evening)
            except MoreTimeRefused:
                one.pay(str(day), f"{sum(item.amount for item in due):.2f}", entered=str(day))
        if way == 4 and late and not HelpRequest.objects.filter(account=one.account).exists():
            ask_for_help(account=one.account, by=one.world.holder, wanted=HelpWanted(), at=evening)
        if way == 4:
            later = [item for item in due if item.invoice.issue_date > BEGINS]
            if later:
                one.pay(str(day), f"{sum(item.amount for item in later):.2f}", entered=str(day))
        for part in Instalment.objects.filter(arrangement__account=one.account, due_on=day):
            one.pay(str(day), f"{part.amount:.2f}", entered=str(day))
        if (
            way == 5
            and SupplyPeriod.objects.filter(
                service__contract__account=one.account, suspended=True, ends_on__isnull=True
            ).exists()
        ):
            one.pay(str(day), f"{sum(item.amount for item in owed):.2f}", entered=str(day))

    def work(self, now: datetime) -> None:
        """Staff take each step that the list offers them."""
        for row in Pursuit.objects.filter(step__in=[Step.NOTICE, Step.SUSPEND]):
            spared = Block.objects.filter(account=row.account, ends_at__isnull=True).exists()
            try:
                if row.step == Step.NOTICE:
                    give_suspension_notice(account=row.account, by=self.staff, at=now)
                else:
                    suspend_for_debt(account=row.account, by=self.staff, at=now)
            except SuspensionRefused:
                continue
            if spared:
                self.cut_while_spared.append(row.account.number)
        for asked in HelpRequest.objects.filter(state=HelpState.ASKED):
            self.offer(asked, now)

    def offer(self, asked: HelpRequest, now: datetime) -> None:
        first = now.date() + timedelta(days=7)
        owed = OpenItem.objects.filter(account=asked.account)
        amount = sum((item.amount for item in owed), Decimal(0))
        try:
            parts = plan_instalments(
                asked.account,
                amount=amount,
                each=Decimal("33.00"),
                every=Every.FORTNIGHT,
                first_on=first,
                on=now.date(),
            )
            offer_help(
                reference=asked.reference, by=self.staff, parts=parts, reasons="Parts.", at=now
            )
            accept_offer(
                reference=asked.reference, by=asked.asked_by, signed_as="Mia Conti", at=now
            )
        except (HelpRefused, PlanRefused):
            return


def check_each_day(quarter: Quarter, day: date) -> None:
    """Whoever owes what is due was seen that working day, with a next step or a reason."""
    for one in quarter.stories:
        due = OpenItem.objects.filter(account=one.account, due_date__lt=day, amount__gt=0)
        if not due.exists() or OUTAGE.since.date() <= day < OUTAGE.until.date():
            continue
        if not working_calendar(one.account, day).is_working_day(day):
            continue
        row = Pursuit.objects.get(account=one.account)
        assert row.looked_on == day, (one.account.number, day, row.looked_on)
        assert row.step != Step.STOPPED or row.stopped_by or row.is_private
        assert not row.problem


def check_letters(until: date) -> None:
    """Each reminder once for each day by which to pay, and only at hours that the law allows."""
    sent = Counter(
        PaymentReminder.objects.values_list("invoice_id", "kind", "due_date").order_by()
    )
    assert sent
    assert max(sent.values()) == 1
    law = library.newest("floor").as_seen(tcp=True, on=until)
    for reminder in PaymentReminder.objects.select_related("invoice__account", "notice"):
        notice = reminder.notice
        if notice is None or notice.sent_at is None:
            continue
        state = State(reminder.invoice.account.state)
        assert contact_hours(law, at=notice.sent_at, state=state).allowed, notice.sent_at


def live_through(accounts: int, until: date) -> Quarter:
    quarter = Quarter(accounts)
    for day in quarter.live(until):
        check_each_day(quarter, day)
    check_letters(until)
    assert quarter.cut_while_spared == []
    assert agrees()
    return quarter


def check_the_end(quarter: Quarter) -> None:
    """Each way of paying came to what it comes to."""
    for at, one in enumerate(quarter.stories):
        bills = Invoice.objects.filter(account=one.account).count()
        assert bills >= 2, (one.world.provider.key, bills)
        kinds = set(Notice.objects.filter(account=one.account).values_list("kind", flat=True))
        if at % 6 == 0:
            assert not SuspensionNotice.objects.filter(account=one.account).exists()
            assert not PaymentReminder.objects.filter(
                invoice__account=one.account, kind="after"
            ).exists()
        if at % 6 == 2:
            assert "payment_reminder" in kinds
            assert SuspensionNotice.objects.filter(account=one.account).exists()
        if at % 6 == 4:
            assert HelpRequest.objects.filter(account=one.account).exists()
            assert not SuspensionNotice.objects.filter(account=one.account, state="acted").exists()
    assert Arrangement.objects.exists()
    assert not Deadline.objects.filter(status="open", due_on__lt=date(2026, 12, 1)).exists()


@pytest.mark.slow
def test_two_months_over_christmas_with_an_outage():
    """Each way of paying once; the quarter in the long suite has each with every provider."""
    check_the_end(live_through(6, date(2026, 12, 31)))


@pytest.mark.long
def test_a_quarter_of_sixty_accounts():
    check_the_end(live_through(60, date(2027, 1, 31)))
