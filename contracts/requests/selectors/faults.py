"""Questions about faults: when the desk takes one, what looking into it can cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from contracts.agreements.selectors import ask, binding
from contracts.requests.models import Fault, Outage
from contracts.requests.states import OPEN_FAULT, Found, Reach, Trouble
from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.authority.selectors import local_day
from terms import rules
from terms.binding import Binding
from terms.calendar import State
from terms.money import ZERO, gst_on, to_cents

DESK = "fault_reporting"
NO_FAULT = "no_fault_found"
ONE_DAY, STEP = timedelta(days=1), timedelta(minutes=15)
FURTHEST = 21  # days: no desk stays closed for longer
SECONDS_AN_HOUR = Decimal(3600)
# Early enough for a desk in the east and a customer in the west.
MORNING, MIDDAY = time(4), time(12)

Because = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Desk:
    """When the fault desk takes what is reported now, and by which clause."""

    taken_at: datetime
    is_open: bool
    because: Because


def desk_of(account: Account, bound: Binding, at: datetime) -> Desk:
    """When the fault desk takes a report: at once, or when it opens next (rule desk_open).

    (CV-NOT-03; where the terms name no hours, the house default's.)
    """
    state = State(account.state)

    def is_open(moment: datetime) -> bool:
        answer = ask(bound, rules.desk_open, desk=DESK, at=moment, state=state)
        return answer.result is None or bool(answer.result.open)

    because = ask(bound, rules.desk_open, desk=DESK, at=at, state=state).because
    if is_open(at):
        return Desk(taken_at=at, is_open=True, because=because)
    here = at.astimezone(state.zone)
    for days in range(FURTHEST):
        day = here.date() + days * ONE_DAY
        if not is_open(datetime.combine(day, MIDDAY, state.zone)):
            continue
        moment = max(datetime.combine(day, MORNING, state.zone), _next_step(here))
        while moment.date() == day:
            if is_open(moment):
                return Desk(taken_at=moment, is_open=False, because=because)
            moment += STEP
    return Desk(taken_at=at, is_open=False, because=because)


def desk_now(service: Service, at: datetime) -> Desk:
    """When the fault desk takes a report about a service that is made now."""
    account = service.contract.account
    return desk_of(account, binding(service.contract, local_day(account, at)), at)


def _next_step(moment: datetime) -> datetime:
    """The next quarter of an hour."""
    whole = moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)
    return whole if whole == moment else whole + STEP


@dataclass(frozen=True, kw_only=True)
class Fee:
    """What work on a fault costs, in dollars, GST included; `is_known` False: see the clause."""

    amount: Decimal
    is_known: bool
    because: Because


def fee_of(
    service: Service,
    *,
    found: Found,
    started_at: datetime,
    ended_at: datetime,
    on_site: bool,
    is_agreed: bool,
    estimate: Decimal | None,
) -> Fee:
    """What a visit or work from afar costs by the terms, and why; nothing unless it was agreed.

    (Rules fault_repair, support_rate_band, support_fee; CV-FEE-01 to -03, GL-CARE-04, GL-BILL-11.)
    """
    if found == Found.OURS:
        return Fee(amount=ZERO, is_known=True, because=[])
    account = service.contract.account
    bound = binding(service.contract, local_day(account, started_at))
    repair = ask(
        bound,
        rules.fault_repair,
        caused_by_customer=found == Found.THEIRS,
        work_at=started_at,
        estimate_agreed=is_agreed and estimate is not None,
        state=account.state,
    )
    if repair.result is not None:
        owed = estimate if repair.result.may_charge and estimate is not None else ZERO
        return Fee(amount=owed, is_known=True, because=repair.because)
    fee = _no_fault_fee(bound, started_at, ended_at, on_site)
    return fee if is_agreed else Fee(amount=ZERO, is_known=fee.is_known, because=fee.because)


def _no_fault_fee(bound: Binding, started_at: datetime, ended_at: datetime, on_site: bool) -> Fee:
    band = ask(bound, rules.support_rate_band, at=started_at)
    if band.result is None:
        silent = ask(bound, rules.support_fee, kind=NO_FAULT, hours=Decimal(1), when="business")
        return Fee(amount=ZERO, is_known=False, because=silent.because)
    hours = Decimal(int((ended_at - started_at).total_seconds())) / SECONDS_AN_HOUR
    answer = ask(
        bound,
        rules.support_fee,
        kind=NO_FAULT,
        hours=hours,
        when=band.result.when,
        callout=on_site,
    )
    because = [*band.because, *answer.because]
    if answer.result is None or answer.result.amount_ex is None:
        return Fee(amount=ZERO, is_known=False, because=because)
    amount, taxed = with_gst(answer.result.amount_ex, bound)
    return Fee(amount=amount, is_known=True, because=[*because, *taxed])


def with_gst(amount_ex: Decimal, bound: Binding) -> tuple[Decimal, Because]:
    """An amount with its GST; the bill that carries it is its tax invoice (CV-BIL-07)."""
    answer = ask(bound, rules.gst_payable, amount_ex=amount_ex, tax_invoice_valid=True)
    if answer.result is None:
        return amount_ex + to_cents(gst_on(amount_ex)), []
    return amount_ex + (answer.result.gst_due or ZERO), answer.because


@dataclass(frozen=True, kw_only=True)
class CostTold:
    """What looking into a fault costs if there is none on the provider's side, told beforehand.

    `parts` are what and how much in dollars, GST included, for the first hour and each further
    one; without any, `words` says what the terms say instead.
    """

    parts: list[tuple[str, Decimal, Decimal]]
    words: str
    because: Because

    @property
    def can_cost(self) -> bool:
        return bool(self.parts)

    @property
    def most_at_first(self) -> Decimal | None:
        """The dearest first hour, GST included; None where the terms print no price."""
        return max((first for _, first, _ in self.parts), default=None)


WAYS = (
    ("Work from afar", False, "business"),
    ("A visit in business hours", True, "business"),
    ("A visit after hours", True, "after_hours"),
)


def cost_told(service: Service, at: datetime) -> CostTold:
    """What a customer is told before anybody looks into a fault (CV-FEE-01 to -03, GL-BILL-11)."""
    account = service.contract.account
    bound = binding(service.contract, local_day(account, at))
    repair = ask(
        bound,
        rules.fault_repair,
        caused_by_customer=True,
        work_at=at,
        estimate_agreed=False,
        state=account.state,
    )
    if repair.result is not None:
        words = (
            "Faults on our side are repaired free in repair hours. Where your own side caused it, "
            "or you want it done at other hours, it costs only what you agreed to beforehand."
        )
        return CostTold(parts=[], words=words, because=repair.because)
    parts, because = [], []
    for name, on_site, when in WAYS:
        one, two = (
            ask(
                bound,
                rules.support_fee,
                kind=NO_FAULT,
                hours=Decimal(hours),
                when=when,
                callout=on_site,
            )
            for hours in (1, 2)
        )
        if one.result is None:
            words = (
                "What it costs if there is no fault is not worked out here: read the clause."
                if any(reason.get("source") != "silent" for reason in one.because)
                else "Your terms name no charge for looking into a fault."
            )
            return CostTold(parts=[], words=words, because=one.because)
        first, _ = with_gst(one.result.amount_ex, bound)
        both, _ = with_gst(two.result.amount_ex, bound)
        parts.append((name, first, both - first))
        because += one.because
    words = "If we find no fault on our side, this is what it costs, GST included:"
    return CostTold(parts=parts, words=words, because=because)


def is_complaint_by_law(fault: Fault, outage: Outage | None) -> bool:
    """Whether a report is a complaint without anybody saying so (RF-OUT-02).

    That is: no service, in a major or significant local outage that no natural disaster caused,
    for a customer whom the consumer code protects.
    """
    if outage is None or outage.is_natural_disaster or outage.reach == Reach.OTHER:
        return False
    is_protected: bool = fault.service.contract.account.customer.is_tcp
    return is_protected and fault.trouble == Trouble.DEAD


def faults_of(service: Service) -> list[Fault]:
    """The faults of a service, the newest first; one query."""
    rows = Fault.objects.filter(service=service).select_related("outage")
    return list(rows.order_by("-reported_at")[:20])


def fault_by_reference(account: Account, reference: str) -> Fault | None:
    """A fault of the account, or None."""
    return (
        Fault.objects.filter(service__contract__account=account, reference=reference[:20])
        .select_related(
            "outage", "service__plan", "service__contract__account__customer__provider"
        )
        .prefetch_related("work")
        .first()
    )


def open_faults(rows: QuerySet[Fault]) -> QuerySet[Fault]:
    """Those that are not over and wait for no outage to end."""
    return rows.filter(state__in=OPEN_FAULT, outage__isnull=True)
