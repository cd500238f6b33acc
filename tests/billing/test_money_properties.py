"""Whatever happens in whatever order, each day has one price and the ledger agrees."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.charging.models import BilledPeriod
from billing.charging.selectors import last_bill_day
from billing.charging.selectors.fees import charges_go_on
from billing.disputes.services import AmountTooHigh, hold_amount
from billing.invoices.models import Invoice
from billing.ledger.models import OpenItem
from billing.ledger.selectors import credit_of
from billing.payments.models import Payment, Refund
from billing.payments.selectors import free_credit, kept_for_refunds
from billing.payments.services import (
    CreditRefused,
    PaymentRefused,
    RefundRefused,
    RefundWish,
    ask_refund,
    issue_credit_note,
    note_failure,
    reverse_payment,
)
from billing.payments.services.allocating import unspent_money
from billing.runs.services import change_bill_day
from contracts.supply.models import Service
from contracts.supply.services import (
    SupplyRefused,
    change_supply,
    end_supply,
    restore_supply,
    suspend_supply,
)
from contracts.supply.states import SuspensionCause
from parties.accounts.selectors import binding
from terms.lifecycle import IllegalStep
from tests.billing.moneys import Story, agrees, story
from tests.world import make_staff

pytestmark = pytest.mark.django_db
START = date(2026, 12, 28)
PROVIDERS = [("vpnet", "NSW"), ("comvergence", "VIC"), ("blueshift", "QLD"), ("callpro", "WA")]
STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "do": st.sampled_from(
                [
                    "run",
                    "run",
                    "run",
                    "quantity",
                    "plan",
                    "price",
                    "suspend",
                    "restore",
                    "end",
                    "bill_day",
                    "pay",
                    "pay",
                    "reverse",
                    "credit",
                    "refund",
                    "bounce",
                    "hold",
                    "activate",
                ]
            ),
            "wait": st.integers(0, 40),
            "back": st.integers(0, 50),
            "number": st.integers(1, 31),
            "cents": st.integers(1, 30_000),
        }
    ),
    min_size=3,
    max_size=14,
)
SETTINGS = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
REFUSALS = (
    AmountTooHigh,
    CreditRefused,
    IllegalStep,
    PaymentRefused,
    RefundRefused,
    SupplyRefused,
)


class Life:
    """An account whose days go by; what is refused changes nothing."""

    def __init__(self, provider: tuple[str, str]) -> None:
        self.story: Story = story(provider[0], provider[1], bill_day=10)
        self.story.world.provider.second_person_above = None
        self.story.world.provider.save()
        self.staff = make_staff()
        self.day = START
        self.names = (f"S{number}" for number in itertools.count())
        self.issued: dict[int, tuple[Any, ...]] = {}
        self.activate(0)

    def at(self) -> Any:
        return self.story.at(self.day.isoformat())

    def take(self, step: dict[str, Any]) -> None:
        self.day += timedelta(days=step["wait"])
        try:
            with transaction.atomic():
                self.do(step)
        except REFUSALS:
            return

    def do(self, step: dict[str, Any]) -> None:
        """Do one step: what happens to a service, to money, or to the account."""
        back = self.day - timedelta(days=step["back"])
        amount = Decimal(step["cents"]).scaleb(-2)
        acts = self.supply_acts(step, back, amount) | self.money_acts(step, back, amount)
        acts |= {
            "run": lambda: self.story.run(self.day.isoformat(), "06:20"),
            "activate": lambda: self.activate(step["back"]),
            "bill_day": lambda: change_bill_day(
                account=self.story.account, bill_day=step["number"], on=self.day
            ),
        }
        acts[step["do"]]()

    def supply_acts(self, step: dict[str, Any], back: date, amount: Decimal) -> dict[str, Any]:
        service, number = self.service(step["number"]), step["number"]
        facts = {"service": service, "at": self.at()}
        cause = list(SuspensionCause)[number % len(SuspensionCause)]
        return {
            "quantity": lambda: change_supply(quantity=number, on=back, **facts),
            "price": lambda: change_supply(unit_fee=amount, on=back, **facts),
            "plan": lambda: change_supply(plan=self.service(number + 1).plan, on=back, **facts),
            "suspend": lambda: suspend_supply(
                cause=cause, since=self.story.at(back.isoformat()), **facts
            ),
            "restore": lambda: restore_supply(since=self.at(), **facts),
            "end": lambda: end_supply(last_day=back, **facts),
        }

    def money_acts(self, step: dict[str, Any], back: date, amount: Decimal) -> dict[str, Any]:
        invoice = Invoice.objects.order_by("pk").last()
        payment = Payment.objects.order_by("pk").last()
        refund = Refund.objects.filter(state="paid").last()
        at, reference = self.at(), f"C-{step['cents']}"
        return {
            "pay": lambda: self.story.pay(
                back.isoformat(), str(amount), entered=self.day.isoformat()
            ),
            "reverse": lambda: (
                payment and reverse_payment(payment=payment, on=self.day, why="Dishonoured", at=at)
            ),
            "credit": lambda: (
                invoice
                and issue_credit_note(invoice=invoice, amount=amount, reason="Wrong", at=at)
            ),
            "refund": lambda: ask_refund(
                account=self.story.account,
                wish=RefundWish(amount=amount, reason="Asked for"),
                by=self.staff,
                at=at,
            ),
            "bounce": lambda: (
                refund and note_failure(refund=refund, why="Closed", by=self.staff, at=at)
            ),
            "hold": lambda: (
                invoice and hold_amount(invoice=invoice, amount=amount, complaint=reference, at=at)
            ),
        }

    def activate(self, back: int) -> None:
        since = self.day - timedelta(days=back)
        self.story.service(next(self.names), "31.90", since.isoformat(), quantity=2)

    def service(self, number: int) -> Service:
        rows = list(Service.objects.order_by("pk"))
        return rows[number % len(rows)]

    # what must hold

    def check(self) -> None:
        assert agrees()
        for invoice in Invoice.objects.all():
            frozen = (invoice.total_inc, invoice.gst, invoice.due_date, invoice.lines.count())
            assert self.issued.setdefault(invoice.pk, frozen) == frozen
            assert invoice.total_inc >= 0
            assert invoice.total_inc == sum(line.amount_inc for line in invoice.lines.all())
        assert credit_of(self.story.account) >= 0 or Payment.objects.filter(
            reversed_on__isnull=False
        )
        credit = free_credit(self.story.account)
        assert credit >= 0 or not kept_for_refunds(self.story.account)
        assert sum(rest for _, rest in unspent_money(self.story.account)) == max(credit, 0)
        for item in OpenItem.objects.all():
            assert 0 <= item.held <= item.amount
        for service in Service.objects.all():
            self.check_days(service)

    def check_days(self, service: Service) -> None:
        days: dict[date, BilledPeriod] = {}
        for row in BilledPeriod.objects.filter(service=service):
            last = row.credited_from - timedelta(days=1) if row.credited_from else row.ends_on
            day = row.starts_on
            while day <= last:
                assert day not in days, "a day is billed twice"
                days[day] = row
                day += timedelta(days=1)
        if service.billed_through is None or service.recheck_from is not None:
            return
        bound = binding(self.story.account, self.day)
        supplied = {}
        for period in service.periods.all():
            goes_on = not period.suspended or charges_go_on(
                SuspensionCause(period.suspended), period, bound
            )
            last = min(period.ends_on or service.billed_through, service.billed_through)
            day = period.starts_on
            while day <= last:
                if goes_on:
                    supplied[day] = (period.plan_id, period.quantity, period.unit_fee)
                day += timedelta(days=1)
        billed = {day: (row.plan_id, row.quantity, row.unit_fee) for day, row in days.items()}
        too_old = {
            day for row in service.notbilled_set.all() for day in _days(row.starts_on, row.ends_on)
        }
        assert {day: facts for day, facts in supplied.items() if day not in too_old} == {
            day: facts for day, facts in billed.items() if day not in too_old
        }


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@SETTINGS
@given(provider=st.sampled_from(PROVIDERS), steps=STEPS)
def test_each_day_has_one_price_and_no_money_is_lost_or_applied_twice(provider, steps):
    with transaction.atomic():
        life = Life(provider)
        for step in steps:
            life.take(step)
            life.check()
        # A run on the next bill day leaves nothing to set right.
        life.day += timedelta(days=32)
        life.story.run(last_bill_day(life.day, life.story.account.bill_day).isoformat())
        life.check()
        assert not Service.objects.filter(recheck_from__isnull=False).exists()
        transaction.set_rollback(True)
