"""What the calendar does with new versions of the terms: tell everybody once, plan, bind."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from contracts.agreements.models import Contract
from contracts.agreements.selectors import binding
from contracts.agreements.services import bind_version
from contracts.supply.models import Service
from contracts.variations.models import TermsChange, TermsVariation
from contracts.variations.selectors import (
    Told,
    older_versions,
    running,
    terms_effect_of,
    told_at,
)
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
from parties.accounts.services import accept_terms
from parties.accounts.states import AcceptanceAct
from parties.authority.selectors import local_day
from records.audit.services import SYSTEM, Actor, record
from records.notices.states import GIVEN, Channel, Status
from records.sweeps import each
from terms.calendar import Channel as TermsChannel

from .carrying import BUDGET, ONE_DAY, WORKED_OUT, in_batches
from .deciding import step
from .terms_deciding import locked_terms
from .terms_drafting import terms_effect_fields, work_out_terms
from .terms_letters import goes_as_letter, tell_of_terms, tell_that_terms_stay


def carry_terms_changes(*, at: datetime) -> int:
    """Do what is due about all new versions, contract by contract; return how many were told.

    Each contract is told in a transaction of its own, so that whatever stops a sweep, the next one
    goes on and nobody is told twice.
    """
    until = time.monotonic() + BUDGET
    drafts = TermsVariation.objects.filter(state__in=OPEN, worked_at__isnull=True)
    each(drafts, lambda change: work_out_terms(change, at=at, most=WORKED_OUT), at=at)
    rows = TermsChange.objects.select_related("variation__provider", "contract")

    def do(due: QuerySet[TermsChange], one: Callable[[TermsChange], bool]) -> int:
        return each(in_batches(due, until), one, at=at)

    running_ones = rows.exclude(variation__state=VariationState.WITHDRAWN)
    taken_back = rows.filter(variation__state=VariationState.WITHDRAWN)
    told = do(
        running_ones.filter(state=ChangeState.WAITING, variation__state=VariationState.TELLING),
        lambda change: _tell(change, at),
    )
    do(
        running_ones.filter(state=ChangeState.TOLD, notice__status__in=GIVEN),
        lambda change: _plan(change, at),
    )
    # Somewhere in Australia it may be tomorrow already; each account's own day decides.
    near = running_ones.filter(effective_on__lte=at.date() + ONE_DAY)
    do(near.filter(state=ChangeState.TOLD), lambda change: _miss(change, at))
    do(near.filter(state=ChangeState.PLANNED), lambda change: _bind(change, at))
    do(taken_back.filter(state__in=UNFINISHED), lambda change: _take_back(change, at))
    sent = (VariationState.TELLING, VariationState.TOLD)
    each(TermsVariation.objects.filter(state__in=sent), _finish, at=at)
    return told


def _tell(change: TermsChange, at: datetime) -> bool:
    """Tell one customer, for the first day that a notice of today allows."""
    with transaction.atomic():
        account, row = held_terms(change)
        if row.state != ChangeState.WAITING or row.variation.state != VariationState.TELLING:
            return False
        if _is_over(row, account, at):
            move_terms(row, ChangeAct.KEEP)
            row.save()
            return False
        on = local_day(account, at)
        by_post = goes_as_letter(account, at)
        told = told_at(account, binding(row.contract, on), at, _way(by_post=by_post))
        effect = terms_effect_of(
            row.variation, row.contract, sent_at=at, not_before=row.not_before, told=told
        )
        for name, value in terms_effect_fields(effect).items():
            setattr(row, name, value)
        if row.effective_on is None:
            raise ValueError("The terms ask for reasonable notice, and nobody chose how long.")
        row.told_on, row.received_on = told.on, told.received_on
        row.notice = tell_of_terms(row, account, at)
        move_terms(row, ChangeAct.TELL)
        row.save()
        note_terms(row, "tell_terms_change", at)
    return True


def _plan(change: TermsChange, at: datetime) -> bool:
    """Count on the new version once its notice was really given, and in time for its day."""
    with transaction.atomic():
        _, row = held_terms(change)
        if row.state != ChangeState.TOLD:
            return False
        told = _told(row)
        if told is None:
            return False
        sent_at, days = told
        effect = terms_effect_of(
            row.variation, row.contract, sent_at=sent_at, not_before=row.effective_on, told=days
        )
        row.told_on, row.received_on = days.on, days.received_on
        row.earliest_on = effect.earliest_on
        if effect.way_out_until is not None:
            row.way_out_until = effect.way_out_until
        is_late = effect.effective_on != row.effective_on
        move_terms(row, ChangeAct.MISS if is_late else ChangeAct.PLAN)
        row.save()
    return not is_late


def _miss(change: TermsChange, at: datetime) -> bool:
    """Mark what nobody was told of by its day: the old terms stay, and staff decide."""
    with transaction.atomic():
        account, row = held_terms(change)
        if row.state != ChangeState.TOLD or not _has_come(row, account, at):
            return False
        move_terms(row, ChangeAct.LAPSE if _is_over(row, account, at) else ChangeAct.MISS)
        row.save()
    return True


def _bind(change: TermsChange, at: datetime) -> bool:
    """Move the contract's pin on its day, and the account's once no contract of it lags behind."""
    with transaction.atomic():
        account, row = held_terms(change)
        day = row.effective_on
        if row.state != ChangeState.PLANNED or day is None or not _has_come(row, account, at):
            return False
        version = row.variation.version
        older = older_versions(row.variation.provider.key, version)
        if _is_over(row, account, at) or row.contract.version not in older:
            # It ended first, or a newer version came.
            move_terms(row, ChangeAct.LAPSE)
            row.save()
            return False
        bind_version(contract=row.contract, version=version, on=day)
        move_terms(row, ChangeAct.APPLY)
        row.applied_at = at
        row.save()
        note_terms(row, "apply_terms_change", at)
        lag = Contract.objects.filter(account=account, version__in=older)
        if not any(running(one, day) for one in lag.prefetch_related("services")):
            accept_terms(
                account=account,
                version=version,
                act=AcceptanceAct.VARIATION,
                actor=SYSTEM,
                on=day,
                at=at,
            )
    return True


def _take_back(change: TermsChange, at: datetime) -> bool:
    """End what was planned of a withdrawn version, and tell whoever had heard of it."""
    with transaction.atomic():
        account, row = held_terms(change)
        if row.state not in UNFINISHED:
            return False
        heard = row.notice_id is not None
        move_terms(row, ChangeAct.WITHDRAW)
        row.save()
        if heard:
            why = row.variation.decided_why
            note_terms(row, "withdraw_terms_change", at, why=why)
            tell_that_terms_stay(row, account, why, at)
    return True


def _finish(change: TermsVariation) -> bool:
    """Close what everybody was told of, then what binds everybody."""
    with transaction.atomic():
        row = locked_terms(change)
        waits = row.changes.filter(state=ChangeState.WAITING).exists()
        if row.state == VariationState.TELLING and not waits:
            step(row, VariationAct.FINISH_TELLING)
        is_open = row.changes.filter(state__in=UNFINISHED).exists()
        if row.state == VariationState.TOLD and not is_open:
            step(row, VariationAct.FINISH)
    return True


def held_terms(change: TermsChange) -> tuple[Account, TermsChange]:
    """The account, locked, and the change as it stands now, with its contract and services."""
    account = (
        Account.objects.select_for_update(of=("self",), no_key=True)
        .select_related("customer__provider")
        .get(pk=change.contract.account_id)
    )
    row = (
        TermsChange.objects.select_for_update(of=("self",))
        .select_related("variation__provider", "notice", "contract")
        .get(pk=change.pk)
    )
    row.contract.account = account
    for service in _services(row.contract):
        service.contract = row.contract
    return account, row


def _services(contract: Contract) -> list[Service]:
    """Its services, read once and kept with it."""
    kept = Prefetch("services", Service.objects.select_related("plan"))
    prefetch_related_objects([contract], kept)
    return list(contract.services.all())


def move_terms(row: TermsChange, act: ChangeAct) -> None:
    """Move the change of one contract by the table. Raises IllegalStep."""
    row.state = CHANGE.after(ChangeState(row.state), act)


def note_terms(
    row: TermsChange, action: str, at: datetime, actor: Actor = SYSTEM, why: str = ""
) -> None:
    """Record on the account what became of new terms of a contract."""
    record(
        account_id=row.contract.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=row.contract.reference,
        reason=why or row.variation.says[:300],
        before={"version": row.version_before},
        after={
            "version": row.variation.version,
            "from": row.effective_on.isoformat() if row.effective_on else "",
        },
        because=row.because,
    )


def _has_come(row: TermsChange, account: Account, at: datetime) -> bool:
    return row.effective_on is not None and row.effective_on <= local_day(account, at)


def _is_over(row: TermsChange, account: Account, at: datetime) -> bool:
    """Whether nothing of the contract runs any more when the version would bind it."""
    on = max(filter(None, (row.effective_on, local_day(account, at))))
    return not running(row.contract, on)


def _way(*, by_post: bool) -> TermsChannel:
    return TermsChannel.POST if by_post else TermsChannel.EMAIL


def _told(row: TermsChange) -> tuple[datetime, Told] | None:
    """When the notice was given and its days; what staff told was received when they told it."""
    sent = row.notice
    if sent is None or sent.sent_at is None or sent.status not in GIVEN:
        return None
    account = row.contract.account
    on = local_day(account, sent.sent_at)
    if sent.status == Status.TOLD:
        return sent.sent_at, Told(on=on, received_on=on)
    way = _way(by_post=sent.channel == Channel.POST)
    return sent.sent_at, told_at(account, binding(row.contract, on), sent.sent_at, way)
