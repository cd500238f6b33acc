"""Recurring fees: the days supplied against the days billed, each at its price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db.models import Exists, OuterRef

from billing.charging.models import BilledPeriod
from billing.charging.states import LineKind, NotBilledReason
from contracts.supply.models import Discount, Service, SupplyPeriod
from contracts.supply.states import CAUSED_BY_CUSTOMER, SuspensionCause
from parties.accounts.models import Account
from terms import rules
from terms.binding import Binding
from terms.calendar import in_words, months_on
from terms.clause import as_json
from terms.money import ZERO, to_rate
from terms.profile import TermsSilent
from terms.rules.billing import billing_period, part_period

from .days import ONE_DAY, last_billable
from .items import Due, Item, TooOld


@dataclass(frozen=True)
class Supply:
    """A service with its supply periods, its billed days that may no longer fit, its discounts."""

    service: Service
    periods: list[SupplyPeriod]
    billed: list[BilledPeriod]
    discounts: list[Discount]


def supplies(account: Account) -> list[Supply]:
    """The account's services as far as charging needs them; one query where nothing is odd."""
    rows = (
        SupplyPeriod.objects.filter(service__contract__account=account)
        .select_related("plan", "service__plan", "service__contract")
        .annotate(is_discounted=Exists(Discount.objects.filter(service=OuterRef("service"))))
        .order_by("service__contract__started_on", "service__label", "service", "starts_on")
    )
    periods: dict[int, list[SupplyPeriod]] = defaultdict(list)
    odd = set()
    for row in rows:
        periods[row.service_id].append(row)
        if row.is_discounted:
            odd.add(row.service_id)
    services = {pk: found[0].service for pk, found in periods.items()}
    recheck = {pk: one.recheck_from for pk, one in services.items() if one.recheck_from}
    billed: dict[int, list[BilledPeriod]] = defaultdict(list)
    if recheck:
        since = min(recheck.values())
        for old in BilledPeriod.objects.filter(service__in=recheck, ends_on__gte=since):
            billed[old.service_id].append(old)
    discounts: dict[int, list[Discount]] = defaultdict(list)
    if odd:
        for discount in Discount.objects.filter(service__in=odd):
            discounts[discount.service_id].append(discount)
    return [
        Supply(services[pk], found, billed[pk], discounts[pk]) for pk, found in periods.items()
    ]


@dataclass(frozen=True)
class _Supplied:
    """What is to be paid for a day: a plan, its price, how many."""

    plan_id: int
    plan: str = field(compare=False)
    quantity: int
    unit_fee: Decimal
    price_basis: str

    @property
    def fee(self) -> Decimal:
        return self.unit_fee * self.quantity


@dataclass(frozen=True)
class _Span:
    first: date
    last: date
    supplied: _Supplied | None


def fees_of(
    due: Due, supply: Supply, bound: Binding, account: Account, *, on: date, through: date
) -> None:
    """Add what a service costs through a day, and set right days that were billed otherwise."""
    service, periods = supply.service, supply.periods
    first_day = periods[0].starts_on
    if not service.billing_start_confirmed:
        due.too_old.append(
            TooOld(
                what=f"{service}: nobody has confirmed from which day on to bill",
                starts_on=first_day,
                ends_on=through,
                reason=NotBilledReason.TO_CONFIRM,
                service=service,
            )
        )
        return
    months = service.plan.every_months
    grid = _Grid(account.bill_day, months, first_day)
    if months > 1:
        through = grid.period(max(on, first_day))[1]
    start = service.billed_through + ONE_DAY if service.billed_through else first_day
    start = max(first_day, min(filter(None, (start, service.recheck_from))))
    is_over = periods[-1].ends_on is not None and periods[-1].ends_on < start
    if start > through or (is_over and service.recheck_from is None):
        return
    wanted = list(_wanted(periods, bound, start, through))
    live = [row for row in supply.billed if _live_end(row) >= start]
    for first, last in _cuts(start, through, wanted, live, grid):
        _settle(due, supply, bound, account, on, (first, last), wanted, live, grid)
    if service.billed_through is None or through > service.billed_through:
        due.through[service.pk] = through


@dataclass(frozen=True)
class _Grid:
    """The billing periods of a service: from bill day to bill day, of one or more months."""

    bill_day: int
    months: int
    anchor: date

    def period(self, day: date) -> tuple[date, date]:
        """First and last day of the period that holds a day."""
        first, after = billing_period(day, self.bill_day)
        if self.months > 1:
            origin = billing_period(self.anchor, self.bill_day)[0]
            apart = (first.year - origin.year) * 12 + first.month - origin.month
            back = apart % self.months
            first = billing_period(months_on(first, -back), self.bill_day)[0] if back else first
            after = first
            for _ in range(self.months):
                after = billing_period(after, self.bill_day)[1]
        return first, after - ONE_DAY


def _wanted(
    periods: Iterable[SupplyPeriod], bound: Binding, start: date, through: date
) -> Iterator[_Span]:
    """The days to be paid for, alike days together; a suspension as the terms say."""
    before: _Span | None = None
    for row in periods:
        first, last = max(row.starts_on, start), min(row.ends_on or through, through)
        if first > last:
            continue
        supplied = None
        if not row.suspended or charges_go_on(SuspensionCause(row.suspended), row, bound):
            supplied = _Supplied(
                row.plan_id, row.plan.name, row.quantity, row.unit_fee, row.price_basis
            )
        if before and before.supplied == supplied and before.last + ONE_DAY == first:
            before = _Span(before.first, last, supplied)
            continue
        if before:
            yield before
        before = _Span(first, last, supplied)
    if before:
        yield before


def charges_go_on(cause: SuspensionCause, row: SupplyPeriod, bound: Binding) -> bool:
    """Whether a suspension leaves the charges as they are (VP-SUS-10, BS-SUSP-08, GL-SUSP-03)."""
    if cause in (SuspensionCause.MISTAKE, SuspensionCause.SAFETY):
        return False
    try:
        answer = bound.decide(
            rules.suspension_charges,
            cause="customer" if cause in CAUSED_BY_CUSTOMER else "other",
            days=1,
            monthly_fee=row.unit_fee * row.quantity,
            days_in_billing_period=30,
        )
    except TermsSilent:
        return False
    return bool(answer.charge_continues)


def _live_end(row: BilledPeriod) -> date:
    """The last day that is still billed; a row given back whole ends before it starts."""
    return row.credited_from - ONE_DAY if row.credited_from else row.ends_on


def _cuts(
    start: date, through: date, wanted: list[_Span], live: list[BilledPeriod], grid: _Grid
) -> Iterator[tuple[date, date]]:
    """The days from `start` to `through` in stretches within which nothing changes."""
    edges = {start, through + ONE_DAY}
    for span in wanted:
        edges |= {span.first, span.last + ONE_DAY}
    for row in live:
        edges |= {max(row.starts_on, start), _live_end(row) + ONE_DAY}
    day = start
    while day <= through:
        day = grid.period(day)[1] + ONE_DAY
        edges.add(day)
    found = sorted(edge for edge in edges if start <= edge <= through + ONE_DAY)
    for first, after in pairwise(found):
        yield first, after - ONE_DAY


def _settle(
    due: Due,
    supply: Supply,
    bound: Binding,
    account: Account,
    on: date,
    days: tuple[date, date],
    wanted: list[_Span],
    live: list[BilledPeriod],
    grid: _Grid,
) -> None:
    """Charge, give back or leave alone one stretch of days."""
    first, last = days
    is_now = next((one.supplied for one in wanted if one.first <= first <= one.last), None)
    row = next((one for one in live if one.starts_on <= first <= _live_end(one)), None)
    was = _was_billed(row, supply) if row else None
    if is_now == was:
        return
    period_first, period_last = grid.period(first)
    of_days = row.of_days if row else (period_last - period_first).days + 1
    if was is None and is_now is not None:
        first = _not_too_old(due, supply.service, bound, account, on, (first, last))
        if first > last:
            return
    stretch = _Stretch(supply, first, last, of_days, bound)
    if row is not None:
        _give_back(due, live, row, first, last)
    if is_now and was and _differs_in_quantity_alone(is_now, was):
        extra = is_now.quantity - was.quantity
        if extra > 0:
            due.items.append(stretch.part(is_now, extra, f"{extra} more", is_now))
            due.items.extend(stretch.discounts(replace(is_now, quantity=extra)))
        else:
            due.items.extend(stretch.paid_back(is_now, extra, f"{-extra} fewer", is_now))
        return
    if was is not None:
        due.items.extend(stretch.paid_back(was, -was.quantity, "given back", None))
    if is_now is not None:
        due.items.append(stretch.charge(is_now))
        due.items.extend(stretch.discounts(is_now))


def _was_billed(row: BilledPeriod, supply: Supply) -> _Supplied:
    """What a billed period billed; its plan, as a rule, is one that was supplied."""
    known = (one.plan for one in supply.periods if one.plan_id == row.plan_id)
    plan = next(known, None) or row.plan
    return _Supplied(row.plan_id, plan.name, row.quantity, row.unit_fee, row.price_basis)


def _differs_in_quantity_alone(one: _Supplied, other: _Supplied) -> bool:
    return (one.plan_id, one.unit_fee, one.price_basis) == (
        other.plan_id,
        other.unit_fee,
        other.price_basis,
    )


def _give_back(
    due: Due, live: list[BilledPeriod], row: BilledPeriod, first: date, last: date
) -> None:
    """End the row's live days before `first`; what of it lies after `last` stays billed anew."""
    end = _live_end(row)
    if row.pk:
        row.credited_from = first
        due.cut.append(row)
    elif row.starts_on == first:
        due.kept.remove(row)
        live.remove(row)
    else:
        row.ends_on = first - ONE_DAY
    if last < end:
        rest = BilledPeriod(
            service_id=row.service_id,
            line_id=row.line_id,
            plan_id=row.plan_id,
            quantity=row.quantity,
            unit_fee=row.unit_fee,
            price_basis=row.price_basis,
            starts_on=last + ONE_DAY,
            ends_on=end,
            of_days=row.of_days,
        )
        due.kept.append(rest)
        live.append(rest)


@dataclass(frozen=True)
class _Stretch:
    """Days of one service within one billing period."""

    supply: Supply
    first: date
    last: date
    of_days: int
    bound: Binding

    @property
    def service(self) -> Service:
        return self.supply.service

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def charge(self, supplied: _Supplied) -> Item:
        """The whole period at its price, or the share of its days."""
        if self.days < self.of_days:
            return self.part(supplied, supplied.quantity, "", supplied)
        name = "monthly fee" if self.service.plan.every_months == 1 else "fee"
        return self._item(
            description=f"{supplied.plan}, {name}",
            quantity=Decimal(supplied.quantity),
            unit_price=supplied.unit_fee * self.service.plan.every_months,
            price_basis=supplied.price_basis or None,
            billed=(self.billed(supplied),),
        )

    def part(
        self, supplied: _Supplied, quantity: int, words: str, billed: _Supplied | None
    ) -> Item:
        """The share of these days; below zero for what is given back."""
        fee = supplied.unit_fee * quantity * self.service.plan.every_months
        answer = self.bound.decide(part_period, fee=fee, days=self.days, of_days=self.of_days)
        amount = answer.amount
        if amount is None:
            raise TermsSilent("prorata", ())
        said = f", {words}" if words else ""
        return self._item(
            description=f"{supplied.plan}{said}, {self.days} of {self.of_days} days",
            unit_price=amount,
            fee=to_rate(fee),
            days=self.days,
            of_days=self.of_days,
            price_basis=supplied.price_basis or None,
            because=as_json(answer.because),
            billed=(self.billed(billed),) if billed else (),
        )

    def paid_back(
        self, supplied: _Supplied, quantity: int, words: str, billed: _Supplied | None
    ) -> Iterator[Item]:
        """The share of these days at the price that was paid, what was taken off left out."""
        edges = {self.first, self.last + ONE_DAY}
        for row in self.supply.discounts:
            edges |= {row.starts_on, row.ends_on + ONE_DAY}
        days = sorted(day for day in edges if self.first <= day <= self.last + ONE_DAY)
        for first, after in pairwise(days):
            off = sum(
                row.percent
                for row in self.supply.discounts
                if row.starts_on <= first <= row.ends_on
            )
            paid = replace(supplied, unit_fee=supplied.unit_fee * (100 - off) / 100)
            stretch = replace(self, first=first, last=after - ONE_DAY)
            item = stretch.part(paid, quantity, words, None)
            yield replace(item, billed=(stretch.billed(billed),) if billed else ())

    def discounts(self, supplied: _Supplied) -> Iterator[Item]:
        """What is taken off for the days of a discount."""
        for row in self.supply.discounts:
            first, last = max(row.starts_on, self.first), min(row.ends_on, self.last)
            if first <= last:
                yield self._discount(row, supplied, first, last)

    def _discount(self, row: Discount, supplied: _Supplied, first: date, last: date) -> Item:
        months = self.service.plan.every_months
        fee = -supplied.fee * months * row.percent / 100
        days = (last - first).days + 1
        answer = self.bound.decide(part_period, fee=fee, days=days, of_days=self.of_days)
        return Item(
            kind=LineKind.DISCOUNT,
            description=row.label,
            unit_price=answer.amount or ZERO,
            # What a line prints; the share itself stays exact.
            fee=to_rate(fee),
            days=days if days < self.of_days else None,
            of_days=self.of_days if days < self.of_days else None,
            service_id=self.service.pk,
            service_label=str(self.service),
            price_basis=supplied.price_basis or None,
            period_start=first,
            period_end=last,
            because=row.because,
        )

    def billed(self, supplied: _Supplied) -> BilledPeriod:
        return BilledPeriod(
            service=self.service,
            plan_id=supplied.plan_id,
            quantity=supplied.quantity,
            unit_fee=supplied.unit_fee,
            price_basis=supplied.price_basis,
            starts_on=self.first,
            ends_on=self.last,
            of_days=self.of_days,
        )

    def _item(self, **facts: Any) -> Item:
        return Item(
            kind=LineKind.FEE,
            service_id=self.service.pk,
            service_label=str(self.service),
            period_start=self.first,
            period_end=self.last,
            **facts,
        )


def _not_too_old(
    due: Due,
    service: Service,
    bound: Binding,
    account: Account,
    on: date,
    days: tuple[date, date],
) -> date:
    """The first of the days that may still be billed; those before stand on a list.

    A recurring fee is incurred day by day.
    """
    first, last = days
    limit, because = last_billable(first, bound, account)
    if limit is None or on <= limit:
        return first
    may_from = first + (on - limit)
    due.too_old.append(
        TooOld(
            what=f"{service}: {in_words(first)} to {in_words(min(last, may_from - ONE_DAY))}",
            starts_on=first,
            ends_on=min(last, may_from - ONE_DAY),
            service=service,
            because=because,
        )
    )
    return may_from
