"""Act on what the network says it did, or staff for it: charging follows what is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from contracts.network.models import WorkOrder
from contracts.network.selectors import open_work
from contracts.network.states import WORK, WorkAct, WorkKind, WorkState
from contracts.supply.services import restore_supply, start_supply, suspend_supply
from contracts.supply.states import ServiceStatus, SuspensionCause
from parties.accounts.models import Provider
from parties.accounts.services import lock_account
from parties.authority.selectors import local_day
from records.audit.services import Actor
from terms.lifecycle import IllegalStep

from .asking import WorkRefused, ask_work, locked, note_work

NETWORK = Actor(name="the network")


@dataclass(frozen=True, kw_only=True)
class NetworkWord:
    """What a network says of one order: our reference, done or not, when, and why not."""

    order: UUID
    done: bool
    at: datetime
    why: str = ""


def hear_of_work(*, provider: Provider, word: NetworkWord, at: datetime) -> str:
    """Act on what a network says, once however often it says it. Return what became of it.

    Raises WorkRefused for an order that is not the provider's, or a moment still to come.
    """
    mine = WorkOrder.objects.filter(service__contract__account__customer__provider=provider)
    row = mine.filter(public_id=word.order).first()
    if row is None:
        raise WorkRefused("No order of this provider has that reference.")
    try:
        done = finish_work(
            order=row, done=word.done, happened_at=word.at, why=word.why, at=at, actor=NETWORK
        )
    except IllegalStep:
        row.refresh_from_db()
        return f"nothing new: it is {row.get_state_display().lower()}"
    return f"done: it is {done.get_state_display().lower()}"


def finish_work(
    *,
    order: WorkOrder,
    done: bool,
    happened_at: datetime,
    at: datetime,
    actor: Actor,
    why: str = "",
) -> WorkOrder:
    """Note that the network did what it was asked, and since when, or that it failed and why.

    The supply, and with it charges, follow what is done. A suspension that was taken back and is
    done all the same counts as our mistake, and the way back is asked for at once. Raises
    WorkRefused for a moment before the order or still to come, IllegalStep where it is decided.
    """
    if done and not order.asked_at <= happened_at <= at:
        raise WorkRefused("Give the moment between when it was asked for and now.")
    with transaction.atomic():
        account = order.service.contract.account
        lock_account(account.pk)
        row = locked(order)
        was = WorkState(row.state)
        row.state = WORK.after(was, WorkAct.FINISH if done else WorkAct.FAIL)
        row.ended_at, row.ended_by, row.problem = at, actor.name, why[:200]
        row.happened_at = happened_at if done else None
        row.save()
        note_work(row, "finish_work" if done else "fail_work", at, actor, reason=why)
        if done:
            _supply(row, was, at, actor)
    return row


def note_directly(*, order_of: WorkKind, service_id: int, at: datetime, actor: Actor) -> None:
    """Close what was asked of the network and staff have noted as done by themselves."""
    rows = WorkOrder.objects.filter(
        service_id=service_id, kind=order_of, state__in=(WorkState.ASKED, WorkState.FAILED)
    )
    for found in rows:
        row = locked(found)
        row.state = WORK.after(WorkState(row.state), WorkAct.FINISH)
        row.happened_at, row.ended_at, row.ended_by, row.problem = at, at, actor.name, ""
        row.save()
        note_work(row, "finish_work", at, actor)


def _supply(row: WorkOrder, was: WorkState, at: datetime, actor: Actor) -> None:
    """Let the supply follow what was done."""
    service, since = row.service, row.happened_at or at
    facts: dict[str, Any] = {"at": at, "actor": actor, "why": row.why}
    if row.kind == WorkKind.ACTIVATE:
        day = local_day(service.contract.account, since)
        start_supply(service=service, activated_on=day, **facts)
    elif row.kind == WorkKind.SUSPEND:
        late = was == WorkState.WITHDRAWN
        if service.status != ServiceStatus.ACTIVE:
            return
        cause = SuspensionCause.MISTAKE if late else SuspensionCause(row.cause)
        suspend_supply(service=service, cause=cause, since=since, **facts)
        if late and not open_work(service).filter(kind=WorkKind.RESTORE).exists():
            service.refresh_from_db()
            ask_work(service=service, kind=WorkKind.RESTORE, at=at, actor=actor, why="Too late")
    elif row.kind == WorkKind.RESTORE and service.status == ServiceStatus.SUSPENDED:
        restore_supply(service=service, since=since, **facts)
