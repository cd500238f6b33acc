"""Billing periods, and what an account is to be billed for which days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from billing.usage.models import UsageRecord
from billing.usage.selectors import is_help_line
from contracts.supply.models import Chargeable, Discount, Service, SupplyPeriod
from contracts.supply.states import CAUSED_BY_CUSTOMER, ChargeableKind, SuspensionCause
from parties.accounts.models import Account
from terms import rules
from terms.binding import Binding
from terms.calendar import State, in_words, months_on
from terms.clause import dump
from terms.money import NIL, in_dollars
from terms.profile import TermsSilent
from terms.rules.billing import billing_period, part_period

from .models import BilledPeriod
from .states import LeftOut, LineKind, NotBilledReason

ONE_DAY = timedelta(days=1)
# How many calls of a line the invoice itself spells out.
CALLS_SHOWN = 25
# What the terms call one-off charges when they say from when on these may be billed.
BILLABLE_AS = {
    ChargeableKind.SET_UP: "set_up",
    ChargeableKind.ONE_OFF: "miscellaneous",
    ChargeableKind.SUPPORT: "miscellaneous",
    ChargeableKind.DOCUMENT: "miscellaneous",
}
LATE = frozenset({ChargeableKind.LATE_FEE, ChargeableKind.INTEREST})
# What bears no GST of its own: neither is a price for a supply.
Reasons = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Item:
    """Something to bill, in dollars. `unit_price` may be an exact fraction of a cent.

    `price_basis`: ex or inc GST; None for the terms' own basis. `days` of `of_days` is said of a
    part of a period; `fee` is then what the whole period costs.
    """

    kind: LineKind
    description: str
    unit_price: Decimal
    quantity: Decimal = Decimal(1)
    service_id: int | None = None
    service_label: str = ""
    gst: str = "taxable"
    price_basis: str | None = None
    period_start: date | None = None
    period_end: date | None = None
    days: int | None = None
    of_days: int | None = None
    fee: Decimal | None = None
    is_old: bool = False
    because: Reasons = field(default_factory=list)
    usage_ids: tuple[int, ...] = ()
    chargeable_id: int | None = None
    billed: tuple[BilledPeriod, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TooOld:
    """Days or a charge that the terms or the law no longer let anybody bill."""

    what: str
    starts_on: date
    ends_on: date
    reason: NotBilledReason = NotBilledReason.TOO_OLD
    service: Service | None = None
    chargeable: Chargeable | None = None
    because: Reasons = field(default_factory=list)


@dataclass(kw_only=True)
class Due:
    """All that is due for an account on a day, and what writing it down has to change.

    `cut` are billed periods of which days are given back, `kept` what of them stays billed after
    those; `left_out` are records of use that reach no bill; `through` is each service's new last
    billed day.
    """

    items: list[Item] = field(default_factory=list)
    cut: list[BilledPeriod] = field(default_factory=list)
    kept: list[BilledPeriod] = field(default_factory=list)
    through: dict[int, date] = field(default_factory=dict)
    too_old: list[TooOld] = field(default_factory=list)
    left_out: dict[LeftOut, list[int]] = field(default_factory=lambda: defaultdict(list))
    all_ended: bool = False  # everything that was supplied has ended before that day


def last_bill_day(on: date, bill_day: int) -> date:
    """The newest bill day on or before a day; a month without it is billed on its last day."""
    return billing_period(on, bill_day)[0]


def next_bill_day(on: date, bill_day: int) -> date:
    """The first bill day after a day."""
    return billing_period(on, bill_day)[1]


def charges_due(account: Account, bound: Binding, *, on: date, bill_day: date) -> Due:
    """Return what the account is to be billed in a bill that goes out `on`, made for `bill_day`.

    Fees are billed in advance to the day before the next bill day, from the day after the last
    billed one; days billed already that were supplied otherwise are set right. Usage and one-off
    charges are billed afterwards. Reads only; the preview, the run and the final bill ask alike.
    """
    due = Due()
    supplies = _supplies(account)
    ends = [supply.service.ended_on for supply in supplies]
    due.all_ended = bool(ends) and all(end is not None and end < on for end in ends)
    through = next_bill_day(bill_day, account.bill_day) - ONE_DAY
    for supply in supplies:
        _fees(due, supply, bound, account, on=on, through=through)
    _usage(due, [supply.service for supply in supplies], bound, account, on)
    _one_off(due, account, bound, on)
    return due


# ── recurring fees ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Supply:
    """A service with its supply periods, its billed days that may no longer fit, its discounts."""

    service: Service
    periods: list[SupplyPeriod]
    billed: list[BilledPeriod]
    discounts: list[Discount]


def _supplies(account: Account) -> list[_Supply]:
    """The account's services as far as charging needs them; one query where nothing is odd."""
    rows = (
        SupplyPeriod.objects.filter(service__contract__account=account)
        .select_related("plan", "service__plan", "service__contract")
        .annotate(is_discounted=Exists(Discount.objects.filter(service=OuterRef("service"))))
        .order_by("service__contract__started_on", "service__label", "service", "starts_on")
    )
    periods: dict[int, list[SupplyPeriod]] = defaultdict(list)
    for row in rows:
        periods[row.service_id].append(row)
    services = {pk: found[0].service for pk, found in periods.items()}
    recheck = {pk: one.recheck_from for pk, one in services.items() if one.recheck_from}
    billed: dict[int, list[BilledPeriod]] = defaultdict(list)
    if recheck:
        since = min(recheck.values())
        for old in BilledPeriod.objects.filter(service__in=recheck, ends_on__gte=since):
            billed[old.service_id].append(old)
    discounts: dict[int, list[Discount]] = defaultdict(list)
    odd = [pk for pk, found in periods.items() if found[0].is_discounted]
    if odd:
        for discount in Discount.objects.filter(service__in=odd):
            discounts[discount.service_id].append(discount)
    return [
        _Supply(services[pk], found, billed[pk], discounts[pk]) for pk, found in periods.items()
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


def _fees(
    due: Due, supply: _Supply, bound: Binding, account: Account, *, on: date, through: date
) -> None:
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
        if not row.suspended or _charges_go_on(SuspensionCause(row.suspended), row, bound):
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


def _charges_go_on(cause: SuspensionCause, row: SupplyPeriod, bound: Binding) -> bool:
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
    supply: _Supply,
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
        due.items.append(
            stretch.part(is_now, extra, f"{abs(extra)} {'more' if extra > 0 else 'fewer'}", is_now)
        )
        return
    if was is not None:
        due.items.append(stretch.part(was, -was.quantity, "given back", None))
    if is_now is not None:
        due.items.append(stretch.charge(is_now))
        due.items.extend(stretch.discounts(is_now))


def _was_billed(row: BilledPeriod, supply: _Supply) -> _Supplied:
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

    supply: _Supply
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
            fee=fee,
            days=self.days,
            of_days=self.of_days,
            price_basis=supplied.price_basis or None,
            because=dump(answer.because),
            billed=(self.billed(billed),) if billed else (),
        )

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
            unit_price=answer.amount or NIL,
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
    last_billable, because = _last_billable(first, bound, account)
    if last_billable is None or on <= last_billable:
        return first
    may_from = first + (on - last_billable)
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


def _last_billable(day: date, bound: Binding, account: Account) -> tuple[date | None, Reasons]:
    """The last day on which what was incurred on a day may be billed; None: no limit."""
    try:
        answer = bound.decide(
            rules.back_billing, charge_incurred_on=day, tcp=account.customer.is_tcp
        )
    except TermsSilent:
        return None, []
    return answer.last_billable_on, dump(answer.because)


# ── usage ───────────────────────────────────────────────────────────────────────────────────


def _usage(due: Due, services: list[Service], bound: Binding, account: Account, on: date) -> None:
    """Unbilled calls up to the day before, one line for each service and kind of call.

    Calls to help lines are neither charged nor shown (RF-DFV-05).
    """
    zone = State(account.state).zone
    until = datetime.combine(on, time(), zone)
    records = UsageRecord.objects.filter(
        service__in=services, line__isnull=True, left_out="", started_at__lt=until
    ).order_by("service", "kind", "started_at")
    by_line: dict[tuple[int, str, bool], list[UsageRecord]] = defaultdict(list)
    limits: dict[date, date | None] = {}
    for record in records:
        day = record.started_at.astimezone(zone).date()
        if is_help_line(record.called):
            due.left_out[LeftOut.HELP_LINE].append(record.pk)
            continue
        if day not in limits:
            limits[day] = _last_billable(day, bound, account)[0]
        limit = limits[day]
        if limit is not None and on > limit:
            due.left_out[LeftOut.TOO_OLD].append(record.pk)
            continue
        by_line[record.service_id, record.kind, _is_old(day, account, on)].append(record)
    named = {service.pk: service for service in services}
    nil: list[Item] = []
    for (service_id, kind, is_old), calls in by_line.items():
        item = _usage_item(named[service_id], kind, is_old, calls, bound, zone)
        (due.items if item.unit_price > NIL else nil).append(item)
    if due.items:
        due.items.extend(nil)
    else:
        for item in nil:
            due.left_out[LeftOut.NIL].extend(item.usage_ids)


def _usage_item(
    service: Service,
    kind: str,
    is_old: bool,
    calls: list[UsageRecord],
    bound: Binding,
    zone: ZoneInfo,
) -> Item:
    total, because = _rate(calls, bound, zone)
    minutes = sum(call.seconds for call in calls) // 60
    return Item(
        kind=LineKind.USAGE,
        description=f"{kind.replace('_', ' ').capitalize()} calls: "
        f"{len(calls)} call{'s' if len(calls) > 1 else ''}, {minutes} min",
        service_id=service.pk,
        service_label=str(service),
        unit_price=total,
        price_basis="ex",
        period_start=calls[0].started_at.astimezone(zone).date(),
        period_end=calls[-1].started_at.astimezone(zone).date(),
        is_old=is_old,
        because=because,
        usage_ids=tuple(call.pk for call in calls),
    )


def _rate(calls: list[UsageRecord], bound: Binding, zone: ZoneInfo) -> tuple[Decimal, Reasons]:
    """Price the calls of one line; each call is a step of the reason, and so is their sum."""
    total, reasons, steps = Decimal(0), [], []
    for call in calls:
        try:
            answer = bound.decide(
                rules.call_charge,
                kind=call.kind,
                seconds=call.seconds,
                rate_per_minute=call.rate_per_minute,
            )
        except TermsSilent as silence:
            return NIL, dump(silence.because)
        total += answer.to_add_ex or NIL
        reasons = reasons or dump(answer.because)
        if len(steps) < CALLS_SHOWN:
            day = call.started_at.astimezone(zone)
            steps.append(f"{day:%-d %b %H:%M}: {'; '.join(answer.because[-1].steps)}")
    if len(calls) > CALLS_SHOWN:
        steps.append(f"and {len(calls) - CALLS_SHOWN} more calls, priced the same way")
    if len(calls) > 1:
        steps.append(f"{len(calls)} calls together: {in_dollars(total)} without GST")
    reasons[-1] = reasons[-1] | {"steps": steps}
    return total, reasons


# ── one-off charges ─────────────────────────────────────────────────────────────────────────


def _one_off(due: Due, account: Account, bound: Binding, on: date) -> None:
    rows = Chargeable.objects.filter(
        account=account, line__isnull=True, not_billed__isnull=True, incurred_on__lte=on
    ).select_related("service__plan")
    for row in rows:
        if row.kind not in LATE:
            last_billable, because = _last_billable(row.incurred_on, bound, account)
            if last_billable is not None and on > last_billable:
                due.too_old.append(
                    TooOld(
                        what=row.description,
                        starts_on=row.incurred_on,
                        ends_on=row.incurred_on,
                        service=row.service,
                        chargeable=row,
                        because=because,
                    )
                )
                continue
        if _billable_from(row, bound, account) > on:
            continue
        due.items.append(
            Item(
                kind=_line_kind(row),
                description=row.description,
                service_id=row.service_id,
                service_label=str(row.service) if row.service else "",
                unit_price=row.amount,
                price_basis="inc" if row.gst == "taxable" else "ex",
                gst=row.gst,
                period_start=row.incurred_on,
                is_old=row.kind not in LATE and _is_old(row.incurred_on, account, on),
                because=row.because,
                chargeable_id=row.pk,
            )
        )


def _line_kind(row: Chargeable) -> LineKind:
    if row.kind in LATE:
        return LineKind.LATE
    return LineKind.DISCOUNT if row.amount < NIL else LineKind.ONE_OFF


def _billable_from(row: Chargeable, bound: Binding, account: Account) -> date:
    """The first day on which a charge may be billed, where the terms say one (BS-BILL-03 …)."""
    kind = BILLABLE_AS.get(ChargeableKind(row.kind))
    if kind is None:
        return row.incurred_on
    first, after = billing_period(row.incurred_on, account.bill_day)
    try:
        answer = bound.decide(
            rules.charge_billable_on,
            kind=kind,
            state=State(account.state),
            period_start=first,
            period_end=after - ONE_DAY,
            event_on=row.incurred_on,
        )
    except TermsSilent:
        return row.incurred_on
    return answer.billable_from or row.incurred_on


def _is_old(day: date, account: Account, on: date) -> bool:
    """Whether a charge is from before the bill before this one: it is printed as an old one."""
    this = last_bill_day(on, account.bill_day)
    return day < last_bill_day(this - ONE_DAY, account.bill_day)
