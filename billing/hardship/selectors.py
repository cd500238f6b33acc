"""Questions about help with paying: how much time, which instalments, kept or missed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import accumulate
from typing import Any

from django.db.models import Exists, F, Min, Q, Sum

from billing.invoices.models import Invoice
from billing.ledger.models import OpenItem
from billing.ledger.selectors import open_items
from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account, Provider
from parties.accounts.selectors import binding, working_calendar
from terms import rules
from terms.calendar import months_on
from terms.clause import as_json
from terms.money import ZERO
from terms.profile import TermsSilent

from .models import Arrangement, Extension, HelpRequest
from .states import OVER, RUNS, ArrangementState, Every, HelpState

WEEK = timedelta(days=7)
# Longer is no help but a sentence; staff can still agree on it by hand.
MOST_INSTALMENTS = 60
MONTHS_BACK = 12


@dataclass(frozen=True, kw_only=True)
class MoreTime:
    """Whether more time can be taken at once, until when at the latest, and for which bills."""

    latest: date | None
    left: int
    items: tuple[OpenItem, ...]
    why_not: str = ""

    @property
    def amount(self) -> Decimal:
        return sum((one.amount - one.held for one in self.items), ZERO)


def more_time(account: Account, on: date) -> MoreTime:
    """What an account can take by itself on a day: so many days, so often in any twelve months.

    Both are the provider's to set. It covers what is open and not contested and falls due by the
    last day given.
    """
    provider = account.customer.provider
    since = months_on(on, -MONTHS_BACK)
    used = Extension.objects.filter(account=account, asked_on__gt=since).count()
    left = max(provider.extensions_a_year - used, 0)
    latest = on + timedelta(days=provider.extension_days)
    items = tuple(
        one for one in open_items(account) if one.amount > one.held and one.due_date < latest
    )
    if not provider.extension_days or not provider.extensions_a_year:
        return MoreTime(latest=None, left=0, items=items, why_not="Talk to us about more time.")
    if not items:
        return MoreTime(latest=None, left=left, items=(), why_not="Nothing is due so soon.")
    if not left:
        words = f"You have taken more time {used} times in the last twelve months."
        return MoreTime(latest=None, left=0, items=items, why_not=words)
    if extension_in_force(account, on) is not None:
        return MoreTime(latest=None, left=left, items=items, why_not="You have more time already.")
    return MoreTime(latest=latest, left=left, items=items)


def extension_in_force(account: Account, on: date) -> Extension | None:
    """The extension whose last day is not over."""
    return Extension.objects.filter(account=account, until__gte=on).first()


def open_request(account: Account) -> HelpRequest | None:
    """The request that still waits for a decision or for the customer."""
    return HelpRequest.objects.filter(account=account).exclude(state__in=OVER).first()


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Whether help may be made to depend on a paper, and how many bills that help spans."""

    may_ask: bool
    cycles: int
    because: tuple[dict[str, Any], ...]


def proof_for(account: Account, months: int, on: date) -> Proof:
    """Whether help of so many months may depend on proof (rule hardship_proof, RF-HARD-04).

    A billing cycle is the shortest one among the services that run, a month where none does.
    Where neither terms nor law give a right to ask, there is none.
    """
    running = Service.objects.filter(
        contract__account=account,
        status__in=(ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED),
    )
    every = running.aggregate(shortest=Min("plan__every_months"))["shortest"] or 1
    cycles = -(-months // every)
    try:
        answer = binding(account, on).decide(rules.hardship_proof, billing_cycles=cycles)
    except TermsSilent as silence:
        return Proof(may_ask=False, cycles=cycles, because=tuple(as_json(silence.because)))
    return Proof(
        may_ask=bool(answer.may_ask), cycles=cycles, because=tuple(as_json(answer.because))
    )


def waits_for_customer(account: Account) -> Exists:
    """Whether an offer of help, or a question about it, waits for them; asked in passing."""
    states = [HelpState.OFFERED, HelpState.WAITING]
    return Exists(HelpRequest.objects.filter(account=account, state__in=states))


def arrangement_in_force(account: Account) -> Arrangement | None:
    """The arrangement that is being kept, or under review."""
    rows = Arrangement.objects.filter(account=account, state__in=RUNS)
    return rows.select_related("request", "account__customer__provider").first()


def offered_arrangement(request: HelpRequest) -> Arrangement | None:
    """What was offered last and waits for an answer."""
    rows = Arrangement.objects.filter(request=request, state=ArrangementState.OFFERED)
    return rows.select_related("request", "account__customer__provider").first()


def known_in_hardship(account: Account) -> bool:
    """Whether the provider knows that they struggle: help is asked for, agreed, or just ended.

    It decides which notice the law asks for before cutting anything (RF-HARD-06).
    """
    states = [HelpState.ASKED, HelpState.WAITING, HelpState.OFFERED, HelpState.AGREED]
    return HelpRequest.objects.filter(account=account, state__in=states).exists()


@dataclass(frozen=True, kw_only=True)
class Part:
    """One instalment as planned: by when, and how much."""

    asked_for: date
    due_on: date
    amount: Decimal


class PlanRefused(Exception):
    """These instalments can't be; the message says what to change."""


def plan_instalments(
    account: Account, *, amount: Decimal, each: Decimal, every: Every, first_on: date, on: date
) -> tuple[Part, ...]:
    """Share an amount in dollars out over the days that somebody can pay on.

    Equal parts; the last one is what is left. A day on which no bank works moves to the next one
    on which they do. Raises PlanRefused.
    """
    if each <= ZERO:
        raise PlanRefused("Give an amount above $0.00.")
    if first_on < on:
        raise PlanRefused("The first day lies in the past: choose today or a later day.")
    if first_on > months_on(on, 6):
        raise PlanRefused("The first day is more than six months away: choose an earlier one.")
    count = int((amount / each).to_integral_value(ROUND_DOWN)) + (1 if amount % each else 0)
    if count > MOST_INSTALMENTS:
        raise PlanRefused(
            f"That would take {count} payments; no more than {MOST_INSTALMENTS} can be agreed "
            "here. Pay a little more each time, or ask to have something taken off."
        )
    calendar = working_calendar(account, on)
    days = [_nth_day(first_on, every, number) for number in range(count)]
    amounts = [each] * (count - 1) + [amount - each * (count - 1)]
    return tuple(
        Part(asked_for=day, due_on=calendar.next_working_day(day), amount=part)
        for day, part in zip(days, amounts, strict=True)
        if part > ZERO
    )


def _nth_day(first: date, every: Every, number: int) -> date:
    if every == Every.MONTH:
        # Counted from the first day each time, so that a short month moves no later one.
        return months_on(first, number)
    return first + number * (WEEK if every == Every.WEEK else 2 * WEEK)


@dataclass(frozen=True, kw_only=True)
class PartPaid:
    """An instalment with where it stands: paid, missed, next or later."""

    due_on: date
    amount: Decimal
    paid: Decimal
    status: str


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an arrangement is kept, in dollars."""

    parts: tuple[PartPaid, ...]
    paid: Decimal
    left: Decimal
    missed: tuple[PartPaid, ...]
    next: PartPaid | None


def progress(row: Arrangement, on: date) -> Progress:
    """What of an arrangement has been paid, by whatever way, and what was missed by a day.

    What the bills that it covers are open for is left: however they were paid or credited, each
    dollar meets the earliest instalment.
    """
    rows = list(row.instalments.all())
    items = OpenItem.objects.filter(invoice__in=row.invoices.all())
    left = min(sum((one.amount for one in items), ZERO), row.amount)
    paid = row.amount - left
    parts: list[PartPaid] = []
    is_next = True
    sums = accumulate(one.amount for one in rows)
    for one, until in zip(rows, sums, strict=True):
        met = min(max(paid - (until - one.amount), ZERO), one.amount)
        status = "paid" if met == one.amount else "missed" if one.due_on < on else "later"
        if status == "later" and is_next:
            status, is_next = "next", False
        parts.append(PartPaid(due_on=one.due_on, amount=one.amount, paid=met, status=status))
    missed = tuple(one for one in parts if one.status == "missed")
    coming = next((one for one in parts if one.status == "next"), None)
    return Progress(parts=tuple(parts), paid=paid, left=left, missed=missed, next=coming)


@dataclass(frozen=True, kw_only=True)
class MissedBills:
    """Bills not paid by their day: how many in a row, and on which days they fell due."""

    in_row: int
    on: tuple[date, ...]


def missed_bills(account: Account, on: date) -> MissedBills:
    """Which bills fell due before a day and were not paid by then; contested ones are not missed.

    A payment counts by the day on which it was received.
    """
    since = months_on(on, -MONTHS_BACK)
    rows = (
        Invoice.objects.filter(account=account, total_inc__gt=ZERO)
        .filter(open_item__due_date__lt=on, open_item__due_date__gte=since)
        .select_related("open_item")
        .prefetch_related("allocations__payment", "holds")
        .order_by("open_item__due_date", "pk")
    )
    days: list[date] = []
    in_row = 0
    for invoice in rows:
        if _was_missed(invoice):
            days.append(invoice.open_item.due_date)
            in_row += 1
        else:
            in_row = 0
    return MissedBills(in_row=in_row, on=tuple(days))


def _was_missed(invoice: Any) -> bool:
    by_day = ZERO
    for row in invoice.allocations.all():
        if row.undone_on is not None:
            continue
        # What a credit note took off was never owed.
        if row.payment is None or row.payment.received_on <= invoice.open_item.due_date:
            by_day += row.amount
    contested = sum((one.amount for one in invoice.holds.all()), ZERO)
    return bool(invoice.total_inc - by_day - contested > ZERO)


@dataclass(frozen=True, kw_only=True)
class HelpReport:
    """What became of requests for help that came on some days, for one provider.

    `late` are those not answered by their day, whether answered since or not; `took_off` is in
    dollars. Counts hold no name.
    """

    provider: str
    asked: int
    by_state: dict[str, int]
    late: int
    extensions: int
    arrangements: dict[str, int]
    took_off: Decimal


def help_report(
    first: date, last: date, *, today: date, provider: Provider | None = None
) -> list[HelpReport]:
    """Report on help with paying that was asked for from one day to another, both inside."""
    providers = Provider.objects.all() if provider is None else [provider]
    return [_report_of(one, first, last, today) for one in providers]


def _report_of(provider: Provider, first: date, last: date, today: date) -> HelpReport:
    of, days = {"account__customer__provider": provider}, (first, last)
    asked = HelpRequest.objects.filter(**of, asked_at__date__range=days)
    decided = Q(decided_at__date__gt=F("decide_by"))
    waiting = Q(decided_at__isnull=True, state=HelpState.ASKED, decide_by__lt=today)
    agreed = Arrangement.objects.filter(request__in=asked)
    states = Counter(asked.values_list("state", flat=True))
    ends = Counter(agreed.values_list("state", flat=True))
    return HelpReport(
        provider=provider.name,
        asked=sum(states.values()),
        by_state={state.label: states[state] for state in HelpState if states[state]},
        late=asked.filter(decided | waiting).count(),
        extensions=Extension.objects.filter(**of, asked_on__range=days).count(),
        arrangements={state.label: ends[state] for state in ArrangementState if ends[state]},
        took_off=agreed.filter(accepted_at__isnull=False).aggregate(sum=Sum("waived"))["sum"]
        or ZERO,
    )
