"""Whatever is given, taken back, moved and billed in whatever order: one end, one price, once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.charging.models import BilledPeriod
from contracts.agreements.states import Basis, FigureKind
from contracts.leaving.models import EndNotice
from contracts.leaving.selectors import Grounds, living_notice
from contracts.leaving.services import (
    LeavingRefused,
    carry_out_ends,
    decide_early_end,
    end_by_provider,
    give_end_notice,
    record_transfer,
    take_back_end_notice,
)
from contracts.leaving.states import ALIVE, NoticeState
from contracts.supply.models import Chargeable, Service
from contracts.supply.services import (
    PlanChangeRefused,
    SupplyRefused,
    apply_plan_changes,
    change_supply,
    request_plan_change,
    restore_supply,
    suspend_supply,
)
from contracts.supply.states import ServiceStatus, SuspensionCause
from terms.lifecycle import IllegalStep
from terms.rules.leaving import Cause
from tests.billing.moneys import Story, agrees
from tests.contracts.leaving.contracts import Agreement, agree
from tests.contracts.supply.test_plan_change import make_plan

pytestmark = pytest.mark.django_db
REFUSALS = (LeavingRefused, PlanChangeRefused, SupplyRefused, IllegalStep)
ACTS = [
    "give",
    "give",
    "give",
    "take_back",
    "take_back",
    "decide",
    "transfer",
    "our_end",
    "plan",
    "price",
    "suspend",
    "restore",
    "run",
    "run",
    "sweep",
]
STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "do": st.sampled_from(ACTS),
            "days": st.sampled_from([0, 0, 1, 5, 12, 31]),
            "ahead": st.sampled_from([None, 0, 1, 20, 45, 200]),
            "back": st.sampled_from([0, 0, 3, 15]),
            "yes": st.booleans(),
        }
    ),
    min_size=4,
    max_size=14,
)
PROVIDERS = [
    ("vpnet", "NSW", 24),
    pytest.param("comvergence", "WA", 36, marks=pytest.mark.slow),
    pytest.param("blueshift", "QLD", 12, marks=pytest.mark.slow),
    pytest.param("callpro", "VIC", None, marks=pytest.mark.slow),
    pytest.param("greenlight", "NSW", 24, marks=pytest.mark.slow),
]


class Life:
    """One service, its customer and its provider's staff, on a day that only goes on."""

    def __init__(self, key: str, state: str, months: int | None) -> None:
        self.one: Agreement = agree(
            key, "31.00", since="2026-12-05", months=months, state=state, bill_day=10
        )
        self.one.note(FigureKind.HARDWARE_PRICE, "400.00", Basis.INC)
        self.one.note(FigureKind.HARDWARE_PAID, "100.00", Basis.INC)
        self.story = Story(self.one.world)
        self.plan = make_plan(self.one.world, "40.00")
        self.day = date(2027, 1, 5)

    @property
    def at(self) -> datetime:
        return self.one.at(self.day.isoformat())

    @property
    def service(self) -> Service:
        return Service.objects.select_related("contract__account", "plan").get()

    def go_on(self, days: int) -> None:
        """Let days pass, as after an outage: ends are carried out on the day that is reached."""
        self.day += timedelta(days=days)
        self.sweep()

    def sweep(self) -> None:
        carry_out_ends(at=self.one.at(self.day.isoformat(), "00:10"))
        apply_plan_changes(at=self.one.at(self.day.isoformat(), "00:15"))

    def do(self, step: dict[str, Any]) -> None:
        facts = {"service": self.service, "at": self.at}
        holder, staff = self.one.world.holder, self.one.staff
        back = self.day - timedelta(days=step["back"])
        asked = None if step["ahead"] is None else self.day + timedelta(days=step["ahead"])
        alive = living_notice(self.service)
        acts = {
            "give": lambda: give_end_notice(by=holder, asked_on=asked, **facts),
            "take_back": lambda: (
                alive
                and take_back_end_notice(
                    notice=alive, by=staff if step["yes"] else holder, at=self.at
                )
            ),
            "decide": lambda: (
                alive
                and decide_early_end(
                    notice=alive, agree=step["yes"], by=staff, why="So", at=self.at
                )
            ),
            "transfer": lambda: record_transfer(told_on=back, by=staff, **facts),
            "our_end": lambda: end_by_provider(
                grounds=Grounds(cause=Cause.FRAUD if step["yes"] else Cause.NONE),
                by=staff,
                said="So",
                **facts,
            ),
            "plan": lambda: request_plan_change(plan=self.plan, by=holder, overdue=False, **facts),
            "price": lambda: change_supply(unit_fee=33, on=asked or back, **facts),
            "suspend": lambda: suspend_supply(
                cause=SuspensionCause.CUSTOMER, since=self.at, **facts
            ),
            "restore": lambda: restore_supply(since=self.at, **facts),
            "run": lambda: self.story.run(self.day.isoformat(), "06:20"),
            "sweep": self.sweep,
        }
        acts[step["do"]]()

    # what must hold

    def check(self) -> None:
        service = self.service
        notices = EndNotice.objects.all()
        alive = [row for row in notices if row.state in ALIVE]
        assert len(alive) <= 1
        running = [row for row in alive if row.state == NoticeState.RUNNING]
        done = [row for row in notices if row.state == NoticeState.CARRIED_OUT]
        assert len(done) <= 1
        # A last day stands on record exactly while a notice gives one.
        assert {row.ends_on for row in (*running, *done)} == (
            {service.ended_on} if service.ended_on else set()
        )
        if service.status == ServiceStatus.ENDED:
            assert service.ended_on is not None
            assert service.ended_on < self.day
        self.check_supply(service)
        self.check_charges(notices)
        assert agrees()

    def check_supply(self, service: Service) -> None:
        rows = list(service.periods.order_by("starts_on"))
        for one, following in pairwise(rows):
            assert one.ends_on is not None
            assert one.ends_on + timedelta(days=1) == following.starts_on
        if rows:
            assert rows[-1].ends_on == service.ended_on

    def check_charges(self, notices: Any) -> None:
        owed = {
            (f"{row.public_id}:{part['key']}", part["amount"])
            for row in notices
            if row.state == NoticeState.CARRIED_OUT
            for part in row.parts
            if part["amount"] != "0.00"
        }
        charges = Chargeable.objects.filter(kind="early_end")
        assert {(row.source, str(row.amount)) for row in charges} == owed
        assert all(row.because for row in charges)

    def check_bills(self) -> None:
        """After the last bill: nothing beyond the end, nothing twice, every charge once."""
        service = self.service
        days: list[date] = []
        for row in BilledPeriod.objects.filter(service=service):
            last = row.credited_from - timedelta(days=1) if row.credited_from else row.ends_on
            days += [
                row.starts_on + timedelta(days=n) for n in range((last - row.starts_on).days + 1)
            ]
        assert len(days) == len(set(days))
        if service.ended_on is not None:
            assert max(days, default=service.ended_on) <= service.ended_on
        # What came too late to be billed stands on a list of its own.
        waiting = Chargeable.objects.filter(line__isnull=True, not_billed__isnull=True)
        assert not waiting.exists()


@pytest.mark.parametrize(("key", "state", "months"), PROVIDERS)
@given(steps=STEPS)
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_sequence_ends_a_service_twice_or_bills_it_after_its_end(key, state, months, steps):
    with transaction.atomic():
        life = Life(key, state, months)
        for step in steps:
            life.go_on(step["days"])
            try:
                with transaction.atomic():
                    life.do(step)
            except REFUSALS:
                pass
            life.check()
        for _ in range(3):
            life.go_on(31)
            life.story.run(life.day.isoformat(), "06:20")
            life.check()
        life.check_bills()
        transaction.set_rollback(True)
