"""Calls and other use, billed afterwards."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing.charging.states import LeftOut, LineKind
from billing.usage.models import UsageRecord
from billing.usage.selectors import is_help_line
from contracts.supply.models import Service
from parties.accounts.models import Account
from terms import rules
from terms.binding import Binding
from terms.calendar import State
from terms.clause import as_json
from terms.money import ZERO, in_dollars
from terms.profile import TermsSilent
from terms.vocabulary import Listed

from .days import is_old, last_billable
from .items import Due, Item, Reasons

# How many calls of a line the invoice itself spells out.
CALLS_SHOWN = 25


def usage_of(
    due: Due, services: list[Service], bound: Binding, account: Account, on: date
) -> None:
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
            limits[day] = last_billable(day, bound, account)[0]
        limit = limits[day]
        if limit is not None and on > limit:
            due.left_out[LeftOut.TOO_OLD].append(record.pk)
            continue
        by_line[record.service_id, record.kind, is_old(day, account, on)].append(record)
    named = {service.pk: service for service in services}
    nil: list[Item] = []
    for (service_id, kind, old), calls in by_line.items():
        item = _usage_item(named[service_id], kind, old, calls, bound, zone)
        (due.items if item.unit_price > ZERO else nil).append(item)
    if due.items:
        due.items.extend(nil)
    else:
        for item in nil:
            due.left_out[LeftOut.ZERO].extend(item.usage_ids)


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
    total = Decimal(0)
    reasons: Reasons = []
    steps: list[str] = []
    for call in calls:
        try:
            answer = bound.decide(
                rules.call_charge,
                kind=Listed(call.kind),
                seconds=call.seconds,
                rate_per_minute=call.rate_per_minute,
            )
        except TermsSilent as silence:
            return ZERO, as_json(silence.because)
        total += answer.to_add_ex or ZERO
        reasons = reasons or as_json(answer.because)
        if len(steps) < CALLS_SHOWN:
            day = call.started_at.astimezone(zone)
            steps.append(f"{day:%-d %b %H:%M}: {'; '.join(answer.because[-1].steps)}")
    if len(calls) > CALLS_SHOWN:
        steps.append(f"and {len(calls) - CALLS_SHOWN} more calls, priced the same way")
    if len(calls) > 1:
        steps.append(f"{len(calls)} calls together: {in_dollars(total)} without GST")
    reasons[-1] = reasons[-1] | {"steps": steps}
    return total, reasons
