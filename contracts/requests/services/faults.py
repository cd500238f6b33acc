"""A fault is reported, taken in hand, looked into, charged for as the terms say, and closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from contracts.requests.models import Fault, FaultWork, Outage
from contracts.requests.selectors import (
    CostTold,
    Fee,
    cost_told,
    desk_now,
    fee_of,
    outage_of,
)
from contracts.requests.states import (
    FAULT,
    OPEN_FAULT,
    FaultAct,
    FaultState,
    Found,
    Trouble,
)
from contracts.supply.models import Service
from contracts.supply.services import agree_charge
from contracts.supply.states import ChargeableKind, ServiceStatus
from parties.accounts.models import Account
from parties.accounts.selectors import zone_of
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.authority.selectors import NotAuthorised
from parties.people.models import User
from records.audit.services import Actor, record
from records.deadlines.services import drop_deadlines, meet_deadline, set_deadline
from records.references import new_reference
from terms.calendar import Channel
from terms.facts import Action
from terms.money import ZERO, in_dollars

from .fault_letters import tell_of_fault, tell_received, tell_work

TAKE = "take_fault"
LONGEST = timedelta(hours=24)
OLDEST = timedelta(days=366)


# As long as the column that keeps them.
LONGEST_WORDS = 1000


class FaultRefused(Exception):
    """The step does not fit the fault; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What is wrong with a service, as whoever reports it says; `caller` is who told staff."""

    trouble: Trouble
    what: str
    since: datetime | None = None
    tried: str = ""
    reach: str = ""
    accepts_cost: bool = False
    caller: str = ""


@dataclass(frozen=True, kw_only=True)
class Reporter:
    """Who reports a fault, how the audit trail names them, and by what right."""

    user: User
    actor: Actor
    authority: str


def report_fault(
    *,
    service: Service,
    report: Report,
    by: User,
    at: datetime,
    channel: Channel = Channel.WEB,
) -> Fault:
    """Take down a fault at any hour; the desk takes it when it opens (rule desk_open).

    During an outage of the service it joins that, and nobody has to explain it again. What was
    told of costs is kept with it, and whether they agreed, which takes the right to agree to other
    costs. An open report of the same trouble is the same fault: new words are added to it, and
    agreeing to the cost counts for it. Raises NotAuthorised, and FaultRefused for a service that
    does not run.
    """
    account = service.contract.account
    on = authority.local_day(account, at)
    decision = authority.require(
        by, Action.TROUBLESHOOT, account, on=on, at=at, service=str(service.public_id)
    )
    with transaction.atomic():
        lock_account(account.pk)
        _require_possible(service, report, at)
        same = Fault.objects.filter(
            service=service, trouble=report.trouble, state__in=OPEN_FAULT
        ).first()
        told = cost_told(service, at)
        if report.accepts_cost:
            _require_expense(by, service, told, at)
        actor = authority.with_customer(by, decision)
        if same is not None:
            _add_words(same, report)
            if report.accepts_cost and same.cost_accepted_at is None:
                _accept(same, report.caller or str(by), actor, at)
            return same
        reporter = Reporter(user=by, actor=actor, authority=decision.authority)
        return _take_down(service, report, told, reporter, channel, at)


def _take_down(
    service: Service, report: Report, told: CostTold, by: Reporter, channel: Channel, at: datetime
) -> Fault:
    """Keep a new fault with what was told, its clock and its letter."""
    account = service.contract.account
    desk = desk_now(service, at)
    fault = Fault.objects.create(
        reference=new_reference("F"),
        service=service,
        trouble=report.trouble,
        what=report.what,
        since=report.since,
        tried=report.tried,
        reach=report.reach,
        channel=channel,
        reported_by=by.user,
        authority=by.authority,
        caller=report.caller,
        reported_at=at,
        taken_at=desk.taken_at,
        desk_because=desk.because,
        cost_because=told.because,
        outage=outage_of(service, at),
    )
    _note(fault, "report_fault", at, by.actor, what=fault.get_trouble_display())
    if report.accepts_cost:
        _accept(fault, report.caller or str(by.user), by.actor, at)
    if fault.outage_id is None:
        taken_on = authority.local_day(account, desk.taken_at)
        set_deadline(
            account_id=account.pk,
            subject=fault.reference,
            duty=TAKE,
            title=f"Take the fault {fault.reference} in hand",
            due_on=taken_on,
            remind_on=taken_on,
            zone=str(zone_of(account)),
            at=at,
            because=desk.because,
            about="fault",
        )
    tell_received(fault, account, at)
    return fault


def _add_words(fault: Fault, report: Report) -> None:
    """Keep what a second report says besides; the same words twice are one click too many."""
    if report.what in fault.what:
        return
    room = LONGEST_WORDS - len(fault.what) - 1
    if len(report.what) > room:
        raise FaultRefused(
            f"It is reported already, as {fault.reference}. {max(room, 0)} characters are left "
            "for what you add: make it shorter, or call us."
        )
    fault.what = f"{fault.what}\n{report.what}"
    fault.save(update_fields=["what"])


def order_visit(
    *, service: Service, what: str, complaint: str, by: User, at: datetime, reach: str = ""
) -> Fault:
    """Send a technician as agreed in a complaint: a fault of the service that costs nothing.

    An open report of the same trouble becomes this one, and costs nothing from now on. Ordered
    twice it is one. Raises NotAuthorised, and FaultRefused for a service that does not run.
    """
    with transaction.atomic():
        fault = report_fault(
            service=service,
            report=Report(trouble=Trouble.OTHER, what=what, reach=reach),
            by=by,
            at=at,
        )
        if fault.free_under != complaint:
            fault.free_under = complaint
            fault.save(update_fields=["free_under"])
    return fault


def accept_cost(
    *,
    fault: Fault,
    by: User,
    at: datetime,
    caller: str = "",
    estimate: Decimal | None = None,
) -> Fault:
    """Note that the customer agrees to what it costs if there is no fault on our side.

    `estimate` is a price agreed for work that terms let be charged once it was priced. Agreed to
    twice it is once. Raises NotAuthorised, and FaultRefused once it is over.
    """
    decision = _require(fault, by, at, Action.TROUBLESHOOT)
    _require_expense(by, fault.service, cost_told(fault.service, at), at)
    with transaction.atomic():
        row, account = _locked(fault)
        _require_open(row)
        if row.free_under:
            raise FaultRefused("It costs nothing: that was agreed on.")
        if row.cost_accepted_at is None or estimate not in (None, row.estimate):
            row.estimate = estimate if estimate is not None else row.estimate
            _accept(row, caller or str(by), authority.with_customer(by, decision), at)
            tell_of_fault(
                row,
                account,
                at,
                "You agreed to the cost of looking into your fault",
                "If there is no fault on our side it costs what your terms say and you were "
                "told. If it is our fault, it costs nothing.",
            )
    return row


def take_fault(*, fault: Fault, by: User, at: datetime) -> Fault:
    """Take a fault in hand. Raises NotAuthorised, IllegalStep."""
    decision = _require_staff(fault, by, at)
    with transaction.atomic():
        row, _ = _locked(fault)
        _step(row, FaultAct.TAKE, at)
        row.save(update_fields=["state"])
        _note(row, "take_fault", at, authority.with_customer(by, decision))
    return row


def preview_work(
    *, fault: Fault, on_site: bool, started_at: datetime, ended_at: datetime, found: Found
) -> Fee:
    """What noting this work would cost the customer, and why; nothing where that was agreed."""
    if fault.free_under:
        return Fee(amount=ZERO, is_known=True, because=[])
    agreed_at = fault.cost_accepted_at
    return fee_of(
        fault.service,
        found=found,
        started_at=started_at,
        ended_at=ended_at,
        on_site=on_site,
        is_agreed=agreed_at is not None and agreed_at <= started_at,
        estimate=fault.estimate,
    )


def note_work(
    *,
    fault: Fault,
    on_site: bool,
    started_at: datetime,
    ended_at: datetime,
    found: Found,
    words: str,
    by: User,
    at: datetime,
) -> FaultWork:
    """Note a visit or work from afar with its hours; the next bill carries what the terms charge.

    It costs nothing where the fault was ours, or nobody had agreed to the cost before it began.
    Noted twice it is one. Raises NotAuthorised, IllegalStep, and FaultRefused for hours that can't
    be, or that lie inside those of other work.
    """
    decision = _require_staff(fault, by, at)
    with transaction.atomic():
        row, account = _locked(fault)
        same = row.work.filter(started_at=started_at, on_site=on_site).first()
        if same is not None and same.ended_at == ended_at:
            return same
        _require_hours(row, started_at, ended_at, at)
        _step(row, FaultAct.VISIT, at)
        row.save(update_fields=["state"])
        fee = preview_work(
            fault=row, on_site=on_site, started_at=started_at, ended_at=ended_at, found=found
        )
        work = FaultWork.objects.create(
            fault=row,
            on_site=on_site,
            started_at=started_at,
            ended_at=ended_at,
            found=found,
            words=words,
            amount=fee.amount,
            because=fee.because,
            noted_by=by,
            noted_at=at,
        )
        if fee.amount > ZERO:
            work.chargeable = _charge(row, work, at)
            work.save(update_fields=["chargeable"])
        actor = authority.with_customer(by, decision)
        _note(row, "work_on_fault", at, actor, why=words, cost=in_dollars(fee.amount))
        tell_work(row, work, account, at)
    return work


def close_fault(*, fault: Fault, is_mended: bool, outcome: str, by: User, at: datetime) -> Fault:
    """Close a fault: it works again, or none was found; they are told. Raises as `take_fault`."""
    decision = _require_staff(fault, by, at)
    with transaction.atomic():
        row, account = _locked(fault)
        _step(row, FaultAct.MEND if is_mended else FaultAct.FIND_NOTHING, at)
        _end(row, outcome, at)
        _note(row, "close_fault", at, authority.with_customer(by, decision), why=outcome)
        tell_of_fault(
            row, account, at, f"Your fault {row.reference}: {row.get_state_display()}", outcome
        )
    return row


def withdraw_fault(*, fault: Fault, by: User, at: datetime) -> Fault:
    """Take a report back: it works again by itself. Raises NotAuthorised, IllegalStep."""
    decision = _require(fault, by, at, Action.TROUBLESHOOT)
    with transaction.atomic():
        row, _ = _locked(fault)
        _step(row, FaultAct.WITHDRAW, at)
        _end(row, "Taken back by whoever reported it.", at)
        _note(row, "withdraw_fault", at, authority.with_customer(by, decision))
    return row


def end_faults_of(outage: Outage, *, at: datetime) -> int:
    """Close the reports that joined an outage that is over; its letter tells them. How many."""
    many = 0
    for row in Fault.objects.select_for_update().filter(outage=outage, state__in=OPEN_FAULT):
        _step(row, FaultAct.MEND, at)
        _end(row, "The outage that it joined is over.", at)
        many += 1
    return many


def become_complaint(*, fault: Fault, reference: str) -> None:
    """Note which complaint a fault became, once."""
    Fault.objects.filter(pk=fault.pk, complaint="").update(complaint=reference)


def _require_possible(service: Service, report: Report, at: datetime) -> None:
    if service.status not in (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED):
        raise FaultRefused("This service does not run: there is nothing to mend.")
    if report.since is not None and not at - OLDEST <= report.since <= at:
        raise FaultRefused("Look at the day again: since when, not later than now.")


def _require_expense(by: User, service: Service, told: CostTold, at: datetime) -> None:
    """That somebody may agree to what looking into it costs; staff write down who did."""
    if by.is_staff:
        return
    account = service.contract.account
    authority.require(
        by,
        Action.INCUR_EXPENSE,
        account,
        on=authority.local_day(account, at),
        at=at,
        service=str(service.public_id),
        amount=told.most_at_first,
    )


def _require_hours(row: Fault, started_at: datetime, ended_at: datetime, at: datetime) -> None:
    if not started_at < ended_at <= at:
        raise FaultRefused("It ends after it began, and not later than now: correct the hours.")
    if ended_at - started_at > LONGEST:
        raise FaultRefused("That is more than a day: note each day's work by itself.")
    if started_at < row.reported_at - OLDEST:
        raise FaultRefused("That is long before it was reported: look at the day again.")
    if row.work.filter(started_at__lt=ended_at, ended_at__gt=started_at).exists():
        raise FaultRefused("Other work is noted for some of these hours already.")


def _require_open(row: Fault) -> None:
    if row.state not in OPEN_FAULT:
        raise FaultRefused("This fault is over. If it does not work, report it again.")


def _require(fault: Fault, by: User, at: datetime, action: Action) -> authority.Decision:
    account = fault.service.contract.account
    on = authority.local_day(account, at)
    service = str(fault.service.public_id)
    return authority.require(by, action, account, on=on, at=at, service=service)


def _require_staff(fault: Fault, by: User, at: datetime) -> authority.Decision:
    decision = _require(fault, by, at, Action.TROUBLESHOOT)
    if not by.is_staff:
        raise NotAuthorised(decision, Action.TROUBLESHOOT)
    return decision


def _step(row: Fault, act: FaultAct, at: datetime) -> None:
    """Move it; whatever staff do about it does the duty to take it in hand."""
    row.state = FAULT.after(FaultState(row.state), act)
    if act == FaultAct.WITHDRAW:
        drop_deadlines(subject=row.reference, at=at)
    else:
        meet_deadline(subject=row.reference, duty=TAKE, at=at)


def _end(row: Fault, outcome: str, at: datetime) -> None:
    row.result, row.closed_at = outcome, at
    row.save(update_fields=["state", "result", "closed_at"])


def _accept(fault: Fault, who: str, actor: Actor, at: datetime) -> None:
    fault.cost_accepted_at, fault.cost_accepted_by = at, who[:150]
    fault.save(update_fields=["cost_accepted_at", "cost_accepted_by", "estimate"])
    estimate = in_dollars(fault.estimate) if fault.estimate is not None else ""
    _note(fault, "accept_fault_cost", at, actor, why=who, estimate=estimate)


def _charge(row: Fault, work: FaultWork, at: datetime) -> Any:
    hours = (work.ended_at - work.started_at).total_seconds() / 3600
    where = "visit" if work.on_site else "work from afar"
    return agree_charge(
        service=row.service,
        kind=ChargeableKind.SUPPORT,
        source=f"fault:{work.pk}",
        description=f"{work.get_found_display()}, {where}, {hours:.2f} h ({row.reference})",
        amount=work.amount,
        incurred_on=authority.local_day(row.service.contract.account, work.started_at),
        at=at,
        because=work.because,
    )


def _note(
    fault: Fault, action: str, at: datetime, actor: Actor, *, why: str = "", **after: str
) -> None:
    record(
        account_id=fault.service.contract.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=fault.reference,
        reason=why[:250],
        after={"state": FaultState(fault.state).label, **after},
        because=fault.desk_because if action == "report_fault" else [],
    )


def _locked(fault: Fault) -> tuple[Fault, Account]:
    account = lock_account(fault.service.contract.account.pk)
    row = (
        Fault.objects.select_for_update(of=("self",))
        .select_related("service__contract", "service__plan", "outage")
        .get(pk=fault.pk)
    )
    row.service.contract.account = account
    return row, account
