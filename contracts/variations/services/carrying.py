"""What the calendar does with a change for many: tell everybody once, plan, put into force."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from contracts.variations.models import ChangeForMany, ChangeOfOne
from contracts.variations.selectors import Told, told_at
from contracts.variations.states import (
    CHANGE,
    OPEN,
    UNFINISHED,
    ChangeAct,
    ChangeState,
    VariationAct,
    VariationState,
)
from parties.accounts.models import Account
from parties.authority.selectors import local_day
from records.audit.services import SYSTEM, Actor, record
from records.notices.states import GIVEN, Channel, Status
from records.sweeps import each
from terms.calendar import Channel as TermsChannel

from .base import Kind
from .deciding import step
from .kinds import kind_of
from .letters import goes_as_letter
from .new_terms import TERMS
from .prices import PRICES
from .working_out import locked, work_out

One = TypeVar("One", bound=ChangeOfOne)
ONE_DAY = timedelta(days=1)
BATCH = 200
WORKED_OUT = 5_000  # of one draft in a sweep
BUDGET = 45  # seconds: a sweep makes way for other work, and the next one goes on


def carry_price_changes(*, at: datetime) -> int:
    """Do what is due about all changes of price; return how many services were told of."""
    return _carry(PRICES, at)


def carry_terms_changes(*, at: datetime) -> int:
    """Do what is due about all new versions of the terms; return how many contracts were told."""
    return _carry(TERMS, at)


def _carry(kind: Kind[Any, Any], at: datetime) -> int:
    """Do what is due about all changes of a kind, row by row; return how many were told.

    Each is told in a transaction of its own, so that whatever stops a sweep, the next one goes on
    and nobody is told twice.
    """
    until = time.monotonic() + BUDGET
    drafts = kind.many().filter(state__in=OPEN, worked_at__isnull=True)
    each(drafts, lambda change: work_out(change, at=at, most=WORKED_OUT), at=at)

    def do(
        due: QuerySet[ChangeOfOne], one: Callable[[Kind[Any, Any], ChangeOfOne, datetime], bool]
    ) -> int:
        return each(_in_batches(due, until), lambda change: one(kind, change, at), at=at)

    running = kind.ones().exclude(variation__state=VariationState.WITHDRAWN)
    taken_back = kind.ones().filter(variation__state=VariationState.WITHDRAWN)
    waiting = running.filter(state=ChangeState.WAITING)
    told = do(waiting.filter(variation__state=VariationState.TELLING), _tell)
    do(running.filter(state=ChangeState.TOLD, notice__status__in=GIVEN), _plan)
    # Somewhere in Australia it may be tomorrow already; each account's own day decides.
    near = running.filter(effective_on__lte=at.date() + ONE_DAY)
    do(near.filter(state=ChangeState.TOLD), _miss)
    do(near.filter(state=ChangeState.PLANNED), _apply)
    do(taken_back.filter(state__in=UNFINISHED), _take_back)
    sent = (VariationState.TELLING, VariationState.TOLD)
    each(kind.many().filter(state__in=sent), lambda change: _finish(change, at), at=at)
    return told


def _in_batches(due: QuerySet[One], until: float) -> Iterator[One]:
    """The rows by their number, a batch at a time, as long as the sweep has time."""
    last = 0
    while batch := list(due.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for row in batch:
            if time.monotonic() > until:
                return
            yield row
        last = batch[-1].pk


def _tell(kind: Kind[Any, Any], change: ChangeOfOne, at: datetime) -> bool:
    """Tell one customer, unless the notice of today needs a later day: then that day."""
    with transaction.atomic():
        account, row = kind.held(change)
        if row.state != ChangeState.WAITING or row.variation.state != VariationState.TELLING:
            return False
        by_post = goes_as_letter(account, at)
        way = TermsChannel.POST if by_post else TermsChannel.EMAIL
        told = told_at(account, kind.bound(row, local_day(account, at)), at, way)
        effect = kind.effect(row, sent_at=at, not_before=row.not_before, told=told)
        for name, value in kind.fields_of(effect).items():
            setattr(row, name, value)
        if effect.is_kept_for_good or kind.is_over(row, account, at):
            move(row, ChangeAct.KEEP)
            row.save()
            return False
        if effect.earliest_on is None or effect.effective_on is None:
            raise ValueError("The terms ask for reasonable notice, and nobody chose how long.")
        row.effective_on = max(effect.effective_on, effect.earliest_on)
        row.told_on, row.received_on = told.on, told.received_on
        row.notice = kind.write(row, account, at, by_post=by_post)
        move(row, ChangeAct.TELL)
        row.save()
        note(row, ChangeAct.TELL, at)
    return True


def _plan(kind: Kind[Any, Any], change: ChangeOfOne, at: datetime) -> bool:
    """Count on it once its notice was really given, and in time for its day."""
    with transaction.atomic():
        account, row = kind.held(change)
        given = _given(kind, row, account)
        if row.state != ChangeState.TOLD or row.effective_on is None or given is None:
            return False
        sent_at, told = given
        effect = kind.effect(row, sent_at=sent_at, not_before=row.effective_on, told=told)
        row.told_on, row.received_on = told.on, told.received_on
        if effect.earliest_on is not None and row.effective_on < effect.earliest_on:
            row.earliest_on = effect.earliest_on
            move(row, ChangeAct.MISS)
            row.save()
            return False
        act = kind.plan(row, at)
        if act is None:
            return False
        if effect.way_out_until is not None:
            row.way_out_until = effect.way_out_until
        move(row, act)
        row.save()
    return True


def _miss(kind: Kind[Any, Any], change: ChangeOfOne, at: datetime) -> bool:
    """Mark what nobody was told of by its day: all stays as it is, and staff decide."""
    with transaction.atomic():
        account, row = kind.held(change)
        if row.state != ChangeState.TOLD or not _has_come(row, account, at):
            return False
        move(row, ChangeAct.LAPSE if kind.is_over(row, account, at) else ChangeAct.MISS)
        row.save()
    return True


def _apply(kind: Kind[Any, Any], change: ChangeOfOne, at: datetime) -> bool:
    """Put it into force on its day, unless something else came first."""
    with transaction.atomic():
        account, row = kind.held(change)
        day = row.effective_on
        if row.state != ChangeState.PLANNED or day is None or not _has_come(row, account, at):
            return False
        if kind.apply(row, account, day, at):
            move(row, ChangeAct.APPLY)
            row.applied_at = at
            note(row, ChangeAct.APPLY, at)
        else:
            move(row, ChangeAct.LAPSE)
        row.save()
    return True


def _take_back(kind: Kind[Any, Any], change: ChangeOfOne, at: datetime) -> bool:
    """Undo what was planned of a withdrawn change, and tell whoever had heard of it."""
    with transaction.atomic():
        account, row = kind.held(change)
        if row.state not in UNFINISHED:
            return False
        if row.state == ChangeState.PLANNED:
            kind.undo(row, at)
        move(row, ChangeAct.WITHDRAW)
        row.save()
        if row.notice_id is not None:
            why = row.variation.decided_why
            note(row, ChangeAct.WITHDRAW, at, why=why)
            kind.tell_that_it_stays(row, account, why, at)
    return True


def _finish(change: ChangeForMany, at: datetime) -> bool:
    """Close what everybody was told of, then what is in force for everybody."""
    with transaction.atomic():
        row = locked(change)
        if row.state not in (VariationState.TELLING, VariationState.TOLD):
            return False
        is_done = kind_of(row).finish(row, at)
        waits = row.changes.filter(state=ChangeState.WAITING).exists()
        if row.state == VariationState.TELLING and not waits:
            step(row, VariationAct.FINISH_TELLING)
        is_open = row.changes.filter(state__in=UNFINISHED).exists()
        if row.state == VariationState.TOLD and is_done and not is_open:
            step(row, VariationAct.FINISH)
    return True


def move(row: ChangeOfOne, act: ChangeAct) -> None:
    """Move what changes for one by the table. Raises IllegalStep."""
    row.state = CHANGE.after(ChangeState(row.state), act)


def note(
    row: ChangeOfOne, act: ChangeAct, at: datetime, actor: Actor = SYSTEM, why: str = ""
) -> None:
    """Record on the account what became of a change."""
    kind = kind_of(row)
    entry = kind.entry_of(row)
    entry["after"]["from"] = row.effective_on.isoformat() if row.effective_on else ""
    record(
        at=at,
        action=kind.actions[act],
        actor=actor,
        reason=why or row.variation.says[:300],
        because=row.because,
        **entry,
    )


def _has_come(row: ChangeOfOne, account: Account, at: datetime) -> bool:
    return row.effective_on is not None and row.effective_on <= local_day(account, at)


def _given(
    kind: Kind[Any, Any], row: ChangeOfOne, account: Account
) -> tuple[datetime, Told] | None:
    """When the notice was given and its days; what staff told was received when they told it."""
    sent = row.notice
    if sent is None or sent.sent_at is None or sent.status not in GIVEN:
        return None
    on = local_day(account, sent.sent_at)
    if sent.status == Status.TOLD:
        return sent.sent_at, Told(on=on, received_on=on)
    way = TermsChannel.POST if sent.channel == Channel.POST else TermsChannel.EMAIL
    return sent.sent_at, told_at(account, kind.bound(row, on), sent.sent_at, way)
