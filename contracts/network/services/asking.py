"""Ask the network to do something for a service, again, or not after all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from contracts.network.models import WorkOrder
from contracts.network.selectors import is_asked, open_work
from contracts.network.states import WORK, WorkAct, WorkKind, WorkState
from contracts.supply.models import Service
from contracts.supply.services import await_return, restore_supply, suspend_supply
from contracts.supply.states import ServiceStatus, SuspensionCause
from records.audit.services import SYSTEM, Actor, record

# A service that ended so long ago has been switched off, or nobody knows.
LATELY = timedelta(days=14)


class WorkRefused(Exception):
    """It can't be asked or noted so; the message says what to do."""


def ask_work(
    *,
    service: Service,
    kind: WorkKind,
    at: datetime,
    cause: SuspensionCause | None = None,
    actor: Actor = SYSTEM,
    why: str = "",
) -> WorkOrder | None:
    """Let a service stand still or work again: by the network, or at once where none is asked.

    Where the network is asked, a suspension counts from when it is done. A return counts from now
    for what the suspension was for: days until the network does it are our own cause, and nothing
    of a suspension that was asked and not done is left. Asked twice it is once. None: it is done.
    Raises IllegalStep, WorkRefused. The caller holds the account's lock.
    """
    facts: dict[str, Any] = {"at": at, "actor": actor, "why": why}
    if not is_asked(service):
        if kind == WorkKind.SUSPEND and cause is not None:
            suspend_supply(service=service, cause=cause, since=at, **facts)
        elif kind == WorkKind.RESTORE:
            restore_supply(service=service, since=at, **facts)
        else:
            raise WorkRefused("The network is not asked here: note it once it works.")
        return None
    with transaction.atomic():
        Service.objects.select_for_update(of=("self",)).get(pk=service.pk)
        if kind == WorkKind.RESTORE:
            _take_back_suspension(service, at=at, actor=actor)
            if service.status != ServiceStatus.SUSPENDED:
                return None
            if not open_work(service).filter(kind=kind).exists():
                await_return(service=service, since=at, **facts)
        row, is_new = WorkOrder.objects.get_or_create(
            service=service,
            kind=kind,
            state__in=(WorkState.ASKED, WorkState.FAILED),
            defaults={
                "state": WorkState.ASKED,
                "cause": cause or "",
                "why": why[:200],
                "asked_at": at,
                "asked_by": actor.name,
            },
        )
        if is_new:
            note_work(row, "ask_work", at, actor)
    return row


def ask_again(*, order: WorkOrder, at: datetime, actor: Actor) -> WorkOrder:
    """Ask once more for what failed. Raises IllegalStep."""
    with transaction.atomic():
        row = locked(order)
        row.state = WORK.after(WorkState(row.state), WorkAct.ASK_AGAIN)
        row.problem, row.asked_at, row.asked_by = "", at, actor.name
        row.ended_at, row.ended_by = None, ""
        row.save()
        note_work(row, "ask_work", at, actor)
    return row


def withdraw_work(*, order: WorkOrder, why: str, at: datetime, actor: Actor) -> WorkOrder:
    """Take back what is not done. Raises IllegalStep.

    Done all the same, a suspension is undone, at nobody's cost but ours.
    """
    with transaction.atomic():
        row = locked(order)
        row.state = WORK.after(WorkState(row.state), WorkAct.WITHDRAW)
        row.problem, row.ended_at, row.ended_by = why[:200], at, actor.name
        row.save()
        note_work(row, "withdraw_work", at, actor, reason=why)
    return row


def ask_ends(*, at: datetime) -> int:
    """Ask networks to switch off services that ended of late; return how many.

    Nothing is charged for days after the last one, whenever it is done.
    """
    rows = Service.objects.filter(
        status=ServiceStatus.ENDED,
        ended_on__gte=(at - LATELY).date(),
        contract__account__customer__provider__network_work="asked",
    ).exclude(work_orders__kind=WorkKind.END)
    count = 0
    for service in rows.select_related("contract__account__customer__provider"):
        with transaction.atomic():
            for order in open_work(service).exclude(kind=WorkKind.END):
                withdraw_work(order=order, why="The service has ended", at=at, actor=SYSTEM)
            ask_work(service=service, kind=WorkKind.END, at=at)
        count += 1
    return count


def locked(order: WorkOrder) -> WorkOrder:
    """The order, with its service and account, locked."""
    rows = WorkOrder.objects.select_for_update(of=("self",))
    return rows.select_related("service__contract__account__customer__provider").get(pk=order.pk)


def note_work(row: WorkOrder, action: str, at: datetime, actor: Actor, reason: str = "") -> None:
    """Keep on record what became of an order."""
    record(
        account_id=row.service.contract.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=str(row.service.public_id),
        reason=reason or row.why,
        after={"what": row.get_kind_display(), "state": row.get_state_display()},
    )


def _take_back_suspension(service: Service, *, at: datetime, actor: Actor) -> None:
    for order in open_work(service).filter(kind=WorkKind.SUSPEND):
        withdraw_work(order=order, why="It is to work again", at=at, actor=actor)
