"""What may follow when a debt stays unpaid: an end, a collector, a default listing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from billing.credit_management.models import DebtNotice, Handover, Pursuit
from billing.credit_management.states import (
    DebtNoticeKind,
    HandoverKind,
    HandoverState,
    NoticeState,
    Step,
)
from billing.hardship.selectors import known_in_hardship
from contracts.agreements.selectors import binding as contract_binding
from contracts.leaving.selectors import Cost, cost_of
from contracts.supply.models import Service, SupplyPeriod
from contracts.supply.states import ServiceStatus, SuspensionCause
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from terms import rules
from terms.binding import Binding
from terms.calendar import State
from terms.clause import Source, as_json
from terms.facts import BadFacts
from terms.money import ZERO
from terms.profile import TermsSilent
from terms.rules.leaving import By, Cause

from .outlook import HOUSE, Outlook, Right, received

ONE_DAY = timedelta(days=1)
NO_RIGHT = Right(allowed=False, earliest_on=None, because=())
# What gives a right: the terms, or what was agreed beside them.
PRINTED = (Source.TERMS.value, Source.AGREED.value)
# So long before its last day a suspension stands on a worklist.
NEAR = timedelta(days=14)
RUNS = (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED)
Reasons = tuple[dict[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Where a default listing stands: the first days of its steps; None: not known yet, or never.

    `first` and `second` are the days on which the two notices were received.
    """

    right: Right
    first: date | None = None
    second: date | None = None
    second_from: date | None = None


@dataclass(frozen=True, kw_only=True)
class Beyond:
    """What may follow on an account, each from a day on; nothing while anything stops the asking.

    `must_end_by` is the last day that the suspension in force may last; `can_announce` says
    whether a notice of an end, given now, would lead to one.
    """

    end: Right
    ending_notice: DebtNotice | None
    must_end_by: date | None
    collect: Right
    listing: Listing
    handovers: tuple[Handover, ...]
    can_announce: bool = False

    def with_(self, kind: HandoverKind) -> Handover | None:
        return next((one for one in self.handovers if one.kind == kind), None)


def beyond(account: Account, found: Outlook, on: date) -> Beyond:
    """Say what terms and law let follow on what is overdue and not contested.

    (RF-TCP-16, RF-DEBT-03; BS-PAY-09, -11, VP-PAY-09, VP-SUS-08, GL-SUSP-04, -05, -08,
    CV-SUS-01.)
    """
    handovers = tuple(Handover.objects.filter(account=account, state=HandoverState.ACTIVE))
    suspended = suspended_since(account)
    notice = live_debt_notice(account, DebtNoticeKind.ENDING)
    if found.stops or found.oldest_due is None or found.step in (Step.SMALL, Step.REMIND):
        return Beyond(
            end=NO_RIGHT,
            ending_notice=notice,
            must_end_by=None,
            collect=NO_RIGHT,
            listing=Listing(right=NO_RIGHT),
            handovers=handovers,
        )
    got = received(notice).on if notice is not None else None
    end = ending_right(
        account, due_date=found.oldest_due, received_on=got, suspended_on=suspended, on=on
    )
    if notice is not None and end.earliest_on is not None:
        first = max(end.earliest_on, notice.printed_earliest)
        end = Right(allowed=end.allowed, earliest_on=first, because=end.because)
    # Nothing ends, and nobody is reported, while any part of it is contested.
    contested = found.held > ZERO
    has_services = bool(runs(account, on))
    told = ending_right(
        account, due_date=found.oldest_due, received_on=on, suspended_on=suspended, on=on
    )
    listing = listing_of(account, amount=found.chasable, due_date=found.oldest_due, on=on)
    return Beyond(
        end=end if has_services and not contested else NO_RIGHT,
        can_announce=told.allowed and has_services and not contested,
        ending_notice=notice,
        must_end_by=_longest(account, suspended, on),
        collect=collector_right(account, due_date=found.oldest_due, on=on),
        listing=Listing(right=NO_RIGHT) if contested else listing,
        handovers=handovers,
    )


def live_debt_notice(account: Account, kind: DebtNoticeKind) -> DebtNotice | None:
    """The notice of that kind that is in force."""
    rows = DebtNotice.objects.filter(account=account, kind=kind, state=NoticeState.LIVE)
    return rows.select_related("notice", "account__customer__provider").first()


def runs(account: Account, on: date) -> list[Service]:
    """The services that go on beyond a day."""
    return list(
        Service.objects.filter(contract__account=account, status__in=RUNS)
        .filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on))
        .select_related("contract__account__customer__provider", "plan")
        .order_by("label")
    )


def announced_right(row: DebtNotice, on: date) -> Right:
    """From when what a notice announces may happen, as it stands on a day."""
    got = received(row).on
    if got is None:
        return NO_RIGHT
    if row.kind == DebtNoticeKind.ENDING:
        found = ending_right(
            row.account,
            due_date=row.due_date,
            received_on=got,
            suspended_on=suspended_since(row.account),
            on=on,
        )
        first = found.earliest_on
    elif row.kind == DebtNoticeKind.DRAW:
        return Right(allowed=True, earliest_on=row.printed_earliest, because=tuple(row.because))
    else:
        found = listing_of(row.account, amount=row.amount, due_date=row.due_date, on=on).right
        # What the first notice leads to needs a second.
        first = found.earliest_on or row.printed_earliest
    if not found.allowed or first is None:
        return found
    return Right(allowed=True, earliest_on=max(first, row.printed_earliest), because=found.because)


def shown_beyond(account: Account, found: Outlook, on: date) -> Beyond | None:
    """What may follow beyond a suspension, for the customer's page; None while nothing is late."""
    return beyond(account, found, on) if found.oldest_due is not None else None


def ending_costs(account: Account, on: date) -> list[tuple[Service, Cost]]:
    """What ending each service today would cost the customer, by its clause."""
    return [
        (
            service,
            cost_of(
                service,
                contract_binding(service.contract, on),
                ends_on=on,
                by=By.PROVIDER,
                cause=Cause.NON_PAYMENT,
            ),
        )
        for service in runs(account, on)
    ]


def possible(rows: QuerySet[Pursuit], what: str, on: date) -> QuerySet[Pursuit]:
    """Accounts on which something beyond a suspension is possible by a day: end, long, collect
    or list; all of them for another word.
    """
    ahead = {
        "end": {"end_from__lte": on},
        "long": {"must_end_by__lte": on + NEAR},
        "collect": {"collect_from__lte": on},
        "list": {"list_from__lte": on},
    }.get(what)
    return rows.filter(is_private=False, **ahead) if ahead else rows


def suspended_since(account: Account) -> date | None:
    """Since when services stand still for unpaid money; None: none does."""
    rows = SupplyPeriod.objects.filter(
        service__contract__account=account,
        service__status=ServiceStatus.SUSPENDED,
        suspended=SuspensionCause.UNPAID,
        ends_on__isnull=True,
    )
    day: date | None = rows.order_by("starts_on").values_list("starts_on", flat=True).first()
    return day


# ── the end of services ─────────────────────────────────────────────────────────────────────


def ending_right(
    account: Account,
    *,
    due_date: date,
    received_on: date | None,
    suspended_on: date | None,
    on: date,
) -> Right:
    """Ask terms and law from when services may be ended for what is overdue.

    The right comes from the terms alone: time unpaid, a suspension that lasts, or a ground that
    they name. The law, and terms that want one, wait for a notice that announces the end;
    `received_on` is when it counts as received. A house default gives no right (CP-SIL-12).
    """
    bound = binding(account, on, hardship=known_in_hardship(account))
    ways = [
        way
        for way in (
            _by_time_unpaid(bound, due_date, received_on),
            _by_long_suspension(bound, account, suspended_on),
            _by_ground(bound, account, due_date, received_on, on),
        )
        if way is not None
    ]
    days = [way for way in ways if way.allowed and way.earliest_on is not None]
    if not days:
        return ways[0] if ways else NO_RIGHT
    first = _after_sixty_days(bound, min(days, key=lambda way: way.earliest_on or on), due_date)
    return _after_the_laws_notice(bound, first, due_date, received_on)


def _by_time_unpaid(bound: Binding, due_date: date, received_on: date | None) -> Right | None:
    try:
        answer = bound.decide(
            rules.nonpayment_termination, due_date=due_date, notice_received_on=received_on
        )
    except TermsSilent:
        return None
    because = tuple(as_json(answer.because))
    if not any(one["source"] in PRINTED for one in because):
        # Silent terms give no right, whatever the law would want on top.
        return None
    allowed = answer.allowed is not False
    return Right(
        allowed=allowed,
        earliest_on=answer.may_terminate_from if allowed else None,
        because=because,
    )


def _by_long_suspension(
    bound: Binding, account: Account, suspended_on: date | None
) -> Right | None:
    if suspended_on is None:
        return None
    try:
        limits = bound.decide(rules.suspension_limits, suspended_on=suspended_on)
    except TermsSilent:
        pass
    else:
        return Right(
            allowed=True,
            earliest_on=limits.terminate_from,
            because=tuple(as_json(limits.because)),
        )
    try:
        longer = bound.decide(
            rules.suspension_termination, suspended_on=suspended_on, state=State(account.state)
        )
    except TermsSilent:
        return None
    return Right(
        allowed=True,
        earliest_on=longer.may_terminate_from,
        because=tuple(as_json(longer.because)),
    )


def _by_ground(
    bound: Binding, account: Account, due_date: date, received_on: date | None, on: date
) -> Right | None:
    """A ground of the terms that needs no time unpaid, only a notice of its own."""
    given = received_on or on
    try:
        answer = bound.decide(
            rules.termination,
            notice_given_on=given,
            by=By.PROVIDER,
            contract_start=due_date,
            cause=Cause.NON_PAYMENT,
            cause_since=due_date,
            tcp=account.customer.is_tcp,
            state=State(account.state),
        )
    except (TermsSilent, BadFacts):
        return None
    because = tuple(as_json(answer.because))
    if any(one["source"] == HOUSE for one in because) or answer.earliest_on is not None:
        # A default is no right; what counts days unpaid is asked by its own rule.
        return None
    if received_on is None:
        return Right(allowed=False, earliest_on=None, because=because)
    return Right(allowed=bool(answer.allowed), earliest_on=answer.effective_on, because=because)


def _after_sixty_days(bound: Binding, way: Right, due_date: date) -> Right:
    """Wait as long as terms want that name one time for ends and collectors (VP-SUS-08).

    What is contested, or arranged on, is stopped before anybody asks here.
    """
    try:
        answer = bound.decide(
            rules.sixty_day_action, due_date=due_date, disputed=False, hardship=False
        )
    except TermsSilent:
        return way
    days = [day for day in (way.earliest_on, answer.not_before) if day is not None]
    return Right(
        allowed=way.allowed and answer.allowed,
        earliest_on=max(days, default=None),
        because=(*way.because, *as_json(answer.because)),
    )


def _after_the_laws_notice(
    bound: Binding, way: Right, due_date: date, received_on: date | None
) -> Right:
    """Let no end come before the law's notice has run, whichever way the terms take."""
    try:
        law = bound.decide(
            rules.nonpayment_termination, due_date=due_date, notice_received_on=received_on
        )
    except TermsSilent:
        return way
    rows = tuple(one for one in as_json(law.because) if one["source"] == Source.FLOOR.value)
    if not rows:
        return way
    because = (*way.because, *(one for one in rows if one not in way.because))
    if law.allowed is False:
        return Right(allowed=False, earliest_on=None, because=because)
    days = [day for day in (way.earliest_on, law.may_terminate_from) if day is not None]
    return Right(allowed=True, earliest_on=max(days), because=because)


def _longest(account: Account, suspended_on: date | None, on: date) -> date | None:
    """The last day that the terms let a suspension last (GL-SUSP-05)."""
    if suspended_on is None:
        return None
    try:
        limits = binding(account, on).decide(rules.suspension_limits, suspended_on=suspended_on)
    except TermsSilent:
        return None
    return limits.must_end_by


# ── collectors and credit reports ───────────────────────────────────────────────────────────


def collector_right(account: Account, *, due_date: date, on: date) -> Right:
    """From when a debt may go to a collector; no right where the terms print none."""
    found = _escalation(account, due_date, on)
    if found is None:
        return NO_RIGHT
    way = Right(allowed=True, earliest_on=found[0], because=found[2])
    return _after_sixty_days(binding(account, on), way, due_date)


@dataclass(frozen=True, kw_only=True)
class Collecting:
    """Whether what collecting costs would be added to a debt, and by which clauses."""

    adds: bool
    because: Reasons


def collecting(account: Account, debt: Decimal, on: date) -> Collecting | None:
    """Say before a debt goes out whether its collector's cost would be added (GL-PAY-10).

    The amount is known only later. A protected customer who was told nothing yet pays none of it
    (RF-TCP-20, BS-PAY-10). None where neither terms nor law speak of it.
    """
    try:
        answer = binding(account, on).decide(
            rules.collection_costs, debt=debt, tcp=account.customer.is_tcp, charge_advised=False
        )
    except TermsSilent:
        return None
    adds = answer.total_recoverable is None or answer.total_recoverable > debt
    return Collecting(adds=adds, because=tuple(as_json(answer.because)))


def _escalation(account: Account, due_date: date, on: date) -> tuple[date, date, Reasons] | None:
    try:
        answer = binding(account, on).decide(
            rules.overdue_escalation, due_date=due_date, state=State(account.state)
        )
    except TermsSilent:
        return None
    return (
        answer.collections_from,
        answer.credit_report_from,
        tuple(as_json(answer.because)),
    )


def listing_of(
    account: Account,
    *,
    amount: Decimal,
    due_date: date,
    on: date,
    barred: bool = False,
    as_if: tuple[date, date] | None = None,
) -> Listing:
    """Where a default listing stands: the law's amount, days and two notices, the terms' days.

    (RF-DEBT-03, BS-PAY-11, VP-PAY-09.) `barred` says that the debt is too old for a court; `as_if`
    are days on which the two notices would be received.
    """
    report = _escalation(account, due_date, on)
    if report is None:
        return Listing(right=NO_RIGHT)
    first, second = as_if or (
        _notified_on(account, due_date, DebtNoticeKind.LISTING_FIRST),
        _notified_on(account, due_date, DebtNoticeKind.LISTING_SECOND),
    )
    answer = binding(account, on).decide(
        rules.default_listing,
        amount=amount,
        due_date=due_date,
        first_notice_on=first,
        second_notice_on=second,
        statute_barred=barred,
        on=on,
    )
    because = (*as_json(answer.because), *report[2])
    days = [day for day in (answer.list_from, report[1]) if day is not None]
    list_from = max(days) if answer.list_from is not None else None
    return Listing(
        right=Right(allowed=answer.overdue_on is not None, earliest_on=list_from, because=because),
        first=first,
        second=second,
        second_from=answer.second_notice_from,
    )


def _notified_on(account: Account, due_date: date, kind: DebtNoticeKind) -> date | None:
    """The day on which the notice in force of that kind about this debt was received."""
    row = live_debt_notice(account, kind)
    return received(row).on if row is not None and row.due_date <= due_date else None


def handovers_to_mind(at: datetime) -> Any:
    """Debts that are with somebody else, to be looked at by the sweep."""
    return Handover.objects.filter(state=HandoverState.ACTIVE, since__lte=at).select_related(
        "account__customer__provider"
    )
