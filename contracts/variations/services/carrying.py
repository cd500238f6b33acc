"""What the calendar does with changes of price: tell everybody once, plan, put into force."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet

from contracts.agreements.selectors import binding
from contracts.catalogue.services import replace_list_price
from contracts.supply.models import Service
from contracts.supply.selectors import period_on
from contracts.supply.services import change_price
from contracts.variations.models import PriceChange, TermsChange, Variation
from contracts.variations.selectors import Told, effect_of, told_at
from contracts.variations.states import (
    CHANGE,
    OPEN,
    UNFINISHED,
    ChangeAct,
    ChangeState,
    PriceWay,
    VariationAct,
    VariationState,
)
from parties.accounts.models import Account
from parties.authority.selectors import local_day
from records.audit.services import SYSTEM, Actor, record
from records.notices.models import Notice
from records.notices.states import GIVEN, Status
from records.sweeps import each
from terms.money import ZERO

from .deciding import locked, step
from .drafting import effect_fields, working_out
from .letters import tell_of_price, tell_that_it_stays

Row = TypeVar("Row", PriceChange, TermsChange)
ONE_DAY = timedelta(days=1)
BATCH = 200
WORKED_OUT = 5_000  # services of one draft in a sweep
BUDGET = 45  # seconds: a sweep makes way for other work, and the next one goes on
OF_CHANGE = ("variation__plan", "variation__provider", "service__contract")


def carry_price_changes(*, at: datetime) -> int:
    """Do what is due about all changes of price, row by row; return how many were told.

    Each service is told in a transaction of its own, so that whatever stops a sweep, the next one
    goes on and nobody is told twice.
    """
    until = time.monotonic() + BUDGET
    drafts = Variation.objects.filter(state__in=OPEN, worked_at__isnull=True)
    each(drafts, lambda change: working_out(change, at=at, most=WORKED_OUT), at=at)
    rows = PriceChange.objects.select_related(*OF_CHANGE)

    def do(due: QuerySet[PriceChange], one: Callable[[PriceChange], bool]) -> int:
        return each(in_batches(due, until), one, at=at)

    running = rows.exclude(variation__state=VariationState.WITHDRAWN)
    taken_back = rows.filter(variation__state=VariationState.WITHDRAWN)
    told = do(
        running.filter(state=ChangeState.WAITING, variation__state=VariationState.TELLING),
        lambda change: _tell(change, at),
    )
    do(
        running.filter(state=ChangeState.TOLD, notice__status__in=GIVEN),
        lambda change: _plan(change, at),
    )
    # Somewhere in Australia it may be tomorrow already; each account's own day decides.
    near = running.filter(effective_on__lte=at.date() + ONE_DAY)
    do(near.filter(state=ChangeState.TOLD), lambda change: _miss(change, at))
    do(near.filter(state=ChangeState.PLANNED), lambda change: _apply(change, at))
    do(taken_back.filter(state__in=UNFINISHED), lambda change: _take_back(change, at))
    sent = (VariationState.TELLING, VariationState.TOLD)
    each(Variation.objects.filter(state__in=sent), lambda change: _finish(change, at), at=at)
    return told


def in_batches(due: QuerySet[Row], until: float) -> Iterator[Row]:
    """The rows by their number, a batch at a time, as long as the sweep has time."""
    last = 0
    while batch := list(due.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for row in batch:
            if time.monotonic() > until:
                return
            yield row
        last = batch[-1].pk


def _tell(change: PriceChange, at: datetime) -> bool:
    """Tell one customer, unless the notice of today needs a later day: then that day."""
    with transaction.atomic():
        account, row = held(change)
        if row.state != ChangeState.WAITING or not _is_telling(row):
            return False
        effect = effect_of(row.variation, row.service, sent_at=at, not_before=row.not_before)
        for name, value in effect_fields(effect).items():
            setattr(row, name, value)
        if effect.is_kept_for_good:
            move(row, ChangeAct.KEEP)
            row.save()
            return False
        if effect.earliest_on is None or effect.effective_on is None:
            raise ValueError("The terms ask for reasonable notice, and nobody chose how long.")
        row.effective_on = max(effect.effective_on, effect.earliest_on)
        told = _days_of(row.service, at)
        row.told_on, row.received_on = told.on, told.received_on
        row.notice = tell_of_price(row, account, at)
        move(row, ChangeAct.TELL)
        row.save()
        note(row, "tell_price_change", at)
    return True


def _plan(change: PriceChange, at: datetime) -> bool:
    """Plan the new price once its notice was really given, and in time."""
    with transaction.atomic():
        _, row = held(change)
        if row.state != ChangeState.TOLD or row.effective_on is None:
            return False
        sent = row.notice
        if sent is None or sent.sent_at is None or sent.status not in GIVEN:
            return False
        told = _told(row.service, sent)
        effect = effect_of(
            row.variation,
            row.service,
            sent_at=sent.sent_at,
            not_before=row.effective_on,
            told=told,
        )
        row.told_on, row.received_on = told.on, told.received_on
        if effect.earliest_on is not None and row.effective_on < effect.earliest_on:
            row.earliest_on = effect.earliest_on
            move(row, ChangeAct.MISS)
            row.save()
            return False
        if row.service.ended_on is not None and row.service.ended_on < row.effective_on:
            # It ends first; if that is taken back, the price comes on its day all the same.
            return False
        if effect.way_out_until is not None:
            row.way_out_until = effect.way_out_until
        if not _costs(row.service, row.effective_on, row):
            changed = change_price(
                service=row.service,
                on=row.effective_on,
                before=row.unit_before,
                after=row.unit_after,
                at=at,
                why=row.variation.says,
            )
            if not changed:
                move(row, ChangeAct.LAPSE)
                row.save()
                return False
        move(row, ChangeAct.PLAN)
        row.save()
    return True


def _miss(change: PriceChange, at: datetime) -> bool:
    """Mark what nobody was told of by its day: the price stays, and staff decide."""
    with transaction.atomic():
        account, row = held(change)
        if row.state != ChangeState.TOLD or not _has_come(row, account, at):
            return False
        ended = row.service.ended_on
        is_over = ended is not None and row.effective_on is not None and ended < row.effective_on
        move(row, ChangeAct.LAPSE if is_over else ChangeAct.MISS)
        row.save()
    return True


def _apply(change: PriceChange, at: datetime) -> bool:
    with transaction.atomic():
        account, row = held(change)
        if row.state != ChangeState.PLANNED or not _has_come(row, account, at):
            return False
        day = row.effective_on
        if day is None or not _costs(row.service, day, row):
            # Another plan, or the end of the service, came first.
            move(row, ChangeAct.LAPSE)
        else:
            move(row, ChangeAct.APPLY)
            row.applied_at = at
            note(row, "apply_price_change", at)
        row.save()
    return True


def _take_back(change: PriceChange, at: datetime) -> bool:
    """Undo what was planned of a withdrawn change, and tell whoever had heard of it."""
    with transaction.atomic():
        account, row = held(change)
        if row.state not in UNFINISHED:
            return False
        heard = row.state in (ChangeState.TOLD, ChangeState.PLANNED)
        if row.state == ChangeState.PLANNED and row.effective_on is not None:
            change_price(
                service=row.service,
                on=row.effective_on,
                before=row.unit_after,
                after=row.unit_before,
                at=at,
                why=row.variation.decided_why,
            )
        move(row, ChangeAct.WITHDRAW)
        row.save()
        if heard:
            note(row, "withdraw_price_change", at)
            tell_that_it_stays(row, account, row.variation.decided_why, at)
    return True


def _finish(change: Variation, at: datetime) -> bool:
    """Let the list follow on its day, and close what is told, then what is in force for all."""
    with transaction.atomic():
        row = locked(change)
        if row.state not in (VariationState.TELLING, VariationState.TOLD):
            return False
        _list(row, at)
        waits = row.changes.filter(state=ChangeState.WAITING).exists()
        if row.state == VariationState.TELLING and not waits:
            step(row, VariationAct.FINISH_TELLING)
        is_listed = row.service_id is not None or row.listed_at is not None
        is_open = row.changes.filter(state__in=UNFINISHED).exists()
        if row.state == VariationState.TOLD and is_listed and not is_open:
            step(row, VariationAct.FINISH)
    return True


def _list(row: Variation, at: datetime) -> None:
    """Let new orders pay the new price from its day on."""
    if row.service_id is not None or row.listed_at is not None or at.date() < row.effective_on:
        return
    fee = row.amount if row.way == PriceWay.TO else row.plan.monthly_fee + row.amount
    replace_list_price(plan=row.plan, monthly_fee=max(fee, ZERO), on=row.effective_on)
    row.listed_at = at
    row.save(update_fields=["listed_at"])


def held(change: PriceChange) -> tuple[Account, PriceChange]:
    """The account, locked, and the change as it stands now, with its service."""
    account = (
        Account.objects.select_for_update(of=("self",), no_key=True)
        .select_related("customer__provider")
        .get(pk=change.service.contract.account_id)
    )
    row = (
        PriceChange.objects.select_for_update(of=("self",))
        .select_related("variation__plan", "notice")
        .get(pk=change.pk)
    )
    row.service = (
        Service.objects.select_related("plan", "contract")
        .prefetch_related("periods")
        .get(pk=row.service_id)
    )
    row.service.contract.account = account
    return account, row


def move(row: PriceChange, act: ChangeAct) -> None:
    """Move the change of one service by the table. Raises IllegalStep."""
    row.state = CHANGE.after(ChangeState(row.state), act)


def note(
    row: PriceChange, action: str, at: datetime, actor: Actor = SYSTEM, why: str = ""
) -> None:
    """Record on the account what became of a change of its price."""
    record(
        account_id=row.service.contract.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=str(row.service.public_id),
        reason=why or row.variation.says,
        before={"monthly": str(row.monthly_before)},
        after={
            "monthly": str(row.monthly_after),
            "from": row.effective_on.isoformat() if row.effective_on else "",
        },
        because=row.because,
    )


def _is_telling(row: PriceChange) -> bool:
    return row.variation.state == VariationState.TELLING


def _has_come(row: PriceChange, account: Account, at: datetime) -> bool:
    return row.effective_on is not None and row.effective_on <= local_day(account, at)


def _costs(service: Service, day: date, row: PriceChange) -> bool:
    """Whether a service costs on a day what was told."""
    period = period_on(service, day)
    ends = period.ends_on if period else None
    runs = ends is None or ends >= day
    return period is not None and runs and period.unit_fee == row.unit_after


def _days_of(service: Service, sent_at: datetime) -> Told:
    on = local_day(service.contract.account, sent_at)
    return told_at(service.contract.account, binding(service.contract, on), sent_at)


def _told(service: Service, sent: Notice) -> Told:
    """The days of a notice as it was given; what staff told was received when they told it."""
    sent_at = sent.sent_at or sent.given_at
    if sent.status == Status.TOLD:
        on = local_day(service.contract.account, sent_at)
        return Told(on=on, received_on=on)
    return _days_of(service, sent_at)
