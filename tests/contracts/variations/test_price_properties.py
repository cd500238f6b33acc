"""Whatever is drafted, sent, lost, withdrawn, left and billed in whatever order: no price that
nobody was told of, and none before its notice has run.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.leaving.models import EndNotice
from contracts.leaving.services import (
    LeavingRefused,
    carry_out_ends,
    give_end_notice,
    take_back_end_notice,
    walk_away,
)
from contracts.leaving.states import ALIVE
from contracts.supply.models import Service
from contracts.supply.services import SupplyRefused
from contracts.variations import services
from contracts.variations.models import PriceChange, Variation
from contracts.variations.services import VariationRefused
from contracts.variations.states import ChangeState, PriceWay
from records.notices.models import Notice
from records.notices.states import GIVEN, Status
from terms.lifecycle import IllegalStep
from tests.contracts.leaving.contracts import Agreement, agree
from tests.contracts.variations.changes import approve, biller, draft

pytestmark = pytest.mark.django_db
REFUSALS = (VariationRefused, LeavingRefused, SupplyRefused, IllegalStep)
ACTS = (
    *("announce", "announce", "announce", "sweep", "sweep", "send", "send", "lose", "told"),
    *("withdraw", "again", "keep", "leave", "notice", "back"),
)
STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "do": st.sampled_from(ACTS),
            "days": st.sampled_from([0, 0, 1, 7, 20, 35]),
            "ahead": st.sampled_from([1, 14, 22, 31, 45, 90]),
            "amount": st.sampled_from(["30.00", "36.00", "41.00"]),
            "by": st.booleans(),
        }
    ),
    min_size=5,
    max_size=16,
)


class Life:
    """One service, its prices, and a clock."""

    def __init__(self, key: str, state: str) -> None:
        self.one: Agreement = agree(
            key, "33.00", since="2025-09-15", months=24, state=state, bill_day=10
        )
        self.now = self.one.at("2027-01-05")
        self.first, self.second = biller(), biller()

    @property
    def service(self) -> Service:
        return Service.objects.get(pk=self.one.service.pk)

    def do(self, step: dict[str, Any]) -> None:
        self.now += timedelta(days=step["days"], minutes=3)
        try:
            with transaction.atomic():
                getattr(self, step["do"])(step)
        except REFUSALS:
            pass

    def announce(self, step: dict[str, Any]) -> None:
        facts: dict[str, Any] = {"way": PriceWay.BY} if step["by"] else {}
        amount = "2.00" if step["by"] else step["amount"]
        on = (self.now + timedelta(days=step["ahead"])).date().isoformat()
        more = {"notice_days": 20, "notice_why": "Long enough."}
        plan = self.service.plan
        approve(draft(plan, amount, on, self.now, by=self.first, **facts, **more), self.now)

    def sweep(self, step: dict[str, Any]) -> None:
        carry_out_ends(at=self.now)
        services.carry_price_changes(at=self.now)

    def _set(self, status: Status) -> None:
        waiting = Notice.objects.filter(kind="price_change", status=Status.QUEUED)
        waiting.update(status=status, sent_at=self.now if status in GIVEN else None)

    def send(self, step: dict[str, Any]) -> None:
        self._set(Status.SENT)

    def lose(self, step: dict[str, Any]) -> None:
        self._set(Status.FAILED)

    def told(self, step: dict[str, Any]) -> None:
        lost = Notice.objects.filter(kind="price_change", status=Status.FAILED)
        lost.update(status=Status.TOLD, sent_at=self.now)

    def withdraw(self, step: dict[str, Any]) -> None:
        change = Variation.objects.order_by("-pk").first()
        if change:
            services.withdraw_change(change=change, why="A mistake.", by=self.second, at=self.now)

    def _late(self) -> PriceChange | None:
        return PriceChange.objects.filter(state=ChangeState.LATE).first()

    def again(self, step: dict[str, Any]) -> None:
        if row := self._late():
            on = (self.now + timedelta(days=step["ahead"])).date()
            services.tell_again(change=row, on=on, by=self.second, at=self.now)

    def keep(self, step: dict[str, Any]) -> None:
        if row := self._late():
            services.keep_as_it_is(change=row, why="Kept.", by=self.second, at=self.now)

    def leave(self, step: dict[str, Any]) -> None:
        row = PriceChange.objects.exclude(notice=None).order_by("-pk").first()
        if row:
            on = (self.now + timedelta(days=step["ahead"])).date() if step["by"] else None
            walk_away(change=row, by=self.one.world.holder, at=self.now, ends_on=on)

    def notice(self, step: dict[str, Any]) -> None:
        give_end_notice(service=self.service, by=self.one.world.holder, at=self.now)

    def back(self, step: dict[str, Any]) -> None:
        row = EndNotice.objects.filter(state__in=ALIVE).first()
        if row:
            take_back_end_notice(notice=row, by=self.one.world.holder, at=self.now)


def holds(life: Life) -> None:
    """What must be true of every price on record, after every step."""
    told: dict[tuple[date, Decimal], PriceChange] = {}
    for row in PriceChange.objects.select_related("notice", "variation"):
        if row.notice is None or row.notice.status not in GIVEN or row.effective_on is None:
            continue
        told[row.effective_on, row.unit_after] = row
    periods = list(life.one.service.periods.order_by("starts_on"))
    fee = Decimal("33.00")
    for period in periods:
        if period.unit_fee == fee:
            continue
        fee = period.unit_fee
        row = told.get((period.starts_on, fee))
        came_back = any(
            one.unit_before == fee for one in PriceChange.objects.filter(notice__isnull=False)
        )
        assert row is not None or came_back, f"nobody was told of {fee} from {period.starts_on}"
        if row is not None and row.unit_after > row.unit_before:
            sent: datetime = row.notice.sent_at
            days = (period.starts_on - sent.astimezone(life.now.tzinfo).date()).days
            assert days > 14, f"told {days} days before"
    for earlier, later in pairwise(periods):
        assert earlier.ends_on is not None
        assert (later.starts_on - earlier.ends_on).days == 1
    refs = list(Notice.objects.filter(kind="price_change").values_list("subject_ref", "given_at"))
    assert len(refs) == len(set(refs)), "somebody was told twice at once"


def explore(key: str, state: str, steps: list[dict[str, Any]]) -> None:
    with transaction.atomic():
        life = Life(key, state)
        for step in steps:
            life.do(step)
            holds(life)
        transaction.set_rollback(True)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_no_price_that_nobody_was_told_of(steps):
    explore("vpnet", "NSW", steps)


@pytest.mark.long
@pytest.mark.parametrize(
    ("key", "state"),
    [("vpnet", "NSW"), ("comvergence", "WA"), ("blueshift", "QLD"), ("greenlight", "NSW")],
)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_no_price_that_nobody_was_told_of_anywhere(key, state, steps):
    explore(key, state, steps)
