"""Gather what an account is to be billed for: recurring fees, usage, one-off charges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from billing.usage.models import UsageRecord
from billing.usage.selectors import is_help_line
from contracts.supply.models import Service
from parties.accounts.models import Account
from terms import rules
from terms.binding import Binding
from terms.calendar import State, months_on
from terms.clause import dump
from terms.facts import read_facts
from terms.money import NIL, in_dollars
from terms.profile import TermsSilent

from .models import Charge

# How many calls of a line the invoice itself spells out.
CALLS_SHOWN = 25


@dataclass(frozen=True, kw_only=True)
class Item:
    """Something to bill. `price_basis`: ex or inc GST; None for the terms' own basis."""

    description: str
    unit_price: Decimal
    quantity: Decimal = Decimal(1)
    service_label: str = ""
    gst: str = "taxable"
    price_basis: str | None = None
    period_start: date | None = None
    period_end: date | None = None
    because: list[dict[str, Any]] = field(default_factory=list)
    usage_ids: tuple[int, ...] = ()
    charge_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Period:
    """The days that an invoice bills in advance."""

    start: date
    end: date

    @classmethod
    def from_issue(cls, issue_on: date) -> Period:
        return cls(start=issue_on, end=months_on(issue_on, 1) - timedelta(days=1))


def gather(account: Account, bound: Binding, issue_on: date) -> list[Item]:
    """Return the account's items for an invoice issued that day, in the order they are printed."""
    period = Period.from_issue(issue_on)
    services = list(
        Service.objects.filter(contract__account=account, activated_on__lte=issue_on)
        .exclude(ended_on__lt=months_on(issue_on, -1))
        .select_related("plan", "contract")
        .order_by("contract__started_on", "label")
    )
    charges = Charge.objects.filter(account=account, line__isnull=True, incurred_on__lte=issue_on)
    return [
        *_part_periods(services, bound, account, period),
        *_recurring(services, period),
        *_usage(services, bound, account, issue_on),
        *_one_off(charges),
    ]


def _recurring(services: Iterable[Service], period: Period) -> list[Item]:
    return [
        Item(
            description=f"{service.plan.name}, monthly fee",
            service_label=f"{service.label} ({service.identifier})",
            quantity=Decimal(service.quantity),
            unit_price=service.plan.monthly_fee,
            period_start=period.start,
            period_end=period.end,
        )
        for service in services
        if service.ended_on is None or service.ended_on >= period.start
    ]


def _part_periods(
    services: Iterable[Service], bound: Binding, account: Account, period: Period
) -> list[Item]:
    """Services that began inside the period before: its days are billed now."""
    items = []
    last_issue = months_on(period.start, -1)
    for service in services:
        began = service.activated_on
        if began is None or not last_issue < began < period.start:
            continue
        facts = {
            "monthly_fee": service.plan.monthly_fee * service.quantity,
            "activated_on": began,
            "bill_day": account.bill_day,
        }
        try:
            answer = bound.decide(rules.prorata, **read_facts(rules.prorata, facts))
        except TermsSilent:
            continue
        items.append(
            Item(
                description=f"{service.plan.name}, part of a month",
                service_label=f"{service.label} ({service.identifier})",
                unit_price=answer.amount,
                period_start=began,
                period_end=period.start - timedelta(days=1),
                because=dump(answer.because),
            )
        )
    return items


def _usage(
    services: list[Service], bound: Binding, account: Account, issue_on: date
) -> list[Item]:
    """Unbilled calls up to the issue date, one line for each service and kind of call.

    Calls to help lines are neither charged nor shown (RF-DFV-05).
    """
    zone = State(account.state).zone
    until = datetime.combine(issue_on, time(), zone)
    records = UsageRecord.objects.filter(
        service__in=services, line__isnull=True, started_at__lt=until
    ).order_by("service", "kind", "started_at")
    by_line: dict[tuple[int, str], list[UsageRecord]] = defaultdict(list)
    for record in records:
        if is_help_line(record.called):
            continue
        if _still_billable(record.started_at.astimezone(zone).date(), bound, account, issue_on):
            by_line[record.service_id, record.kind].append(record)
    named = {service.pk: service for service in services}
    items = []
    for (service_id, kind), calls in by_line.items():
        total, because = _rate(calls, bound, zone)
        if total > NIL:
            service = named[service_id]
            minutes = sum(call.seconds for call in calls) // 60
            items.append(
                Item(
                    description=f"{kind.replace('_', ' ').capitalize()} calls: "
                    f"{len(calls)} call{'s' if len(calls) > 1 else ''}, {minutes} min",
                    service_label=f"{service.label} ({service.identifier})",
                    unit_price=total,
                    price_basis="ex",
                    period_start=calls[0].started_at.astimezone(zone).date(),
                    period_end=calls[-1].started_at.astimezone(zone).date(),
                    because=because,
                    usage_ids=tuple(call.pk for call in calls),
                )
            )
    return items


def _rate(
    calls: list[UsageRecord], bound: Binding, zone: ZoneInfo
) -> tuple[Decimal, list[dict[str, Any]]]:
    """Price the calls of one line; each call is a step of the reason, and so is their sum."""
    total, reasons, steps = Decimal(0), [], []
    for call in calls:
        facts = {
            "kind": call.kind,
            "seconds": call.seconds,
            "rate_per_minute": call.rate_per_minute,
        }
        try:
            answer = bound.decide(rules.call_charge, **read_facts(rules.call_charge, facts))
        except TermsSilent as silence:
            return NIL, dump(silence.because)
        total += answer.to_add_ex
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


def _still_billable(incurred_on: date, bound: Binding, account: Account, issue_on: date) -> bool:
    facts = {"charge_incurred_on": incurred_on, "tcp": account.customer.is_tcp}
    try:
        answer = bound.decide(rules.back_billing, **read_facts(rules.back_billing, facts))
    except TermsSilent:
        return True
    return answer.last_billable_on is None or issue_on <= answer.last_billable_on


def _one_off(charges: Iterable[Charge]) -> list[Item]:
    return [
        Item(
            description=charge.description,
            unit_price=charge.amount,
            price_basis="inc" if charge.gst == "taxable" else "ex",
            gst=charge.gst,
            period_start=charge.incurred_on,
            because=charge.because,
            charge_id=charge.pk,
        )
        for charge in charges
    ]
