"""Whom a change of price touches, in counts and dollars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum

from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus
from contracts.variations.models import ChangeForMany, Variation
from contracts.variations.states import ChangeState, Keeps
from terms.money import ZERO

RUNS = (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """A change in figures: services by where they stand, dollars a month with GST."""

    pays_other: int
    keeps_agreed: int
    keeps_fixed: int
    untouched: int
    told: int
    in_time: int
    late: int
    in_force: int
    left: int
    with_way_out: int
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """What all together pay more a month once it is in force for everybody."""
        return self.after - self.before


def totals(change: Variation) -> Totals:
    """A change in figures, in one query."""

    def state(*states: ChangeState) -> Count:
        return Count("pk", filter=Q(state__in=states))

    moves = ~Q(state=ChangeState.KEEPS)
    found: dict[str, Any] = change.changes.aggregate(
        pays_other=Count("pk", filter=moves),
        keeps_agreed=Count("pk", filter=Q(keeps=Keeps.AGREED)),
        keeps_fixed=Count("pk", filter=Q(keeps=Keeps.FIXED)),
        untouched=Count("pk", filter=Q(keeps__in=[Keeps.ENDS, Keeps.SAME])),
        told=state(ChangeState.TOLD),
        in_time=state(ChangeState.PLANNED),
        late=state(ChangeState.LATE),
        in_force=state(ChangeState.APPLIED),
        left=state(ChangeState.LEFT),
        with_way_out=Count("pk", filter=moves & ~Q(way_out_by="")),
        before=Sum("monthly_before", filter=moves),
        after=Sum("monthly_after", filter=moves),
    )
    sums = {name: found[name] or ZERO for name in ("before", "after")}
    return Totals(**found | sums)


def to_work_out(change: Variation) -> QuerySet[Service]:
    """The services that run on the plan, or the one meant, that are not worked out yet."""
    rows = Service.objects.filter(status__in=RUNS, pk__gt=change.worked_through)
    if change.service_id is not None:
        rows = rows.filter(pk=change.service_id)
    else:
        rows = rows.filter(plan=change.plan_id)
    return (
        rows.select_related("plan", "contract__account__customer__provider")
        .prefetch_related("periods")
        .order_by("pk")
    )


def _to_tell(change: ChangeForMany) -> QuerySet[Any]:
    return change.changes.filter(state=ChangeState.WAITING)


def earliest_for_all(change: Variation) -> tuple[int, date | None]:
    """For how many the day comes before their notice has run, and the first day for all."""
    early = _to_tell(change).filter(effective_on__lt=F("earliest_on"))
    found = early.aggregate(count=Count("pk"), day=Max("earliest_on"))
    return found["count"], found["day"]


def without_notice_days(change: ChangeForMany) -> int:
    """For how many the terms leave the length of the notice to the provider, who chose none."""
    return _to_tell(change).filter(earliest_on__isnull=True).count()
