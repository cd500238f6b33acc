"""What the calendar does with notices: remind before the end, carry out on the day."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from contracts.leaving.models import EndNotice
from contracts.leaving.states import NoticeAct, NoticeState, Side
from contracts.supply.services import agree_charge, close_ended, reopen_supply
from contracts.supply.states import ChargeableKind
from parties.accounts.selectors import blocks_at
from parties.authority.selectors import local_day
from records.audit.services import SYSTEM
from records.sweeps import each
from terms.money import ZERO

from .letters import tell_of
from .notices import locked_notice, note, step

ONE_DAY = timedelta(days=1)
REMIND_DAYS_BEFORE = 7


def carry_out_ends(*, at: datetime) -> int:
    """Remind of ends that come near, and carry out those whose last day has come, one by one.

    The provider's own lapse where something stops them.

    On its last day, before bills are made, an end's charges are written, so that the last bill
    carries them; services whose last day is over are then marked as ended. Returns how many
    notices were carried out.
    """
    running = EndNotice.objects.filter(state=NoticeState.RUNNING)
    each(running.filter(side=Side.PROVIDER), lambda notice: _let_lapse(notice, at), at=at)
    # Somewhere in Australia it may be tomorrow already; each account's own day decides.
    near = at.date() + timedelta(days=REMIND_DAYS_BEFORE + 1)
    to_remind = running.filter(side=Side.CUSTOMER, reminded_at__isnull=True, ends_on__lte=near)
    each(to_remind, lambda notice: _remind(notice, at), at=at)
    due = running.filter(ends_on__lte=at.date() + ONE_DAY)
    done = each(due, lambda notice: _carry_out_if_due(notice, at), at=at)
    close_ended(at=at)
    return done


def carry_out(row: EndNotice, *, at: datetime) -> None:
    """Write what an end costs, each part once with its clause, and mark the notice as done."""
    for part in row.parts:
        amount = Decimal(part["amount"])
        if amount <= ZERO:
            continue
        agree_charge(
            service=row.service,
            kind=ChargeableKind.EARLY_END,
            source=f"{row.public_id}:{part['key']}",
            description=part["label"],
            amount=amount,
            incurred_on=row.ends_on,
            at=at,
            because=part["because"],
        )
    step(row, NoticeAct.CARRY_OUT, by=row.decided_by, why=row.decided_why, at=at)
    note(row, "carry_out_end", at, SYSTEM)


def _let_lapse(notice: EndNotice, at: datetime) -> bool:
    """End the provider's notice where something came up that stops such steps.

    Help with paying, a threat to somebody's safety: the service goes on. A private reason is
    named in no letter, so none is written.
    """
    stops = blocks_at(notice.service.contract.account, at)
    if not stops:
        return False
    with transaction.atomic():
        row = locked_notice(notice)
        if row.state != NoticeState.RUNNING:
            return False
        reopen_supply(service=row.service, planned=row.cut, at=at, actor=SYSTEM)
        step(row, NoticeAct.TAKE_BACK, by=None, why="", at=at)
        note(row, "take_back_end_notice", at, SYSTEM)
        if not any(one.is_private for one in stops):
            tell_of(row, "taken_back", at)
    return True


def _carry_out_if_due(notice: EndNotice, at: datetime) -> bool:
    with transaction.atomic():
        row = locked_notice(notice)
        today = local_day(row.service.contract.account, at)
        if row.state != NoticeState.RUNNING or row.ends_on > today:
            return False
        carry_out(row, at=at)
        tell_of(row, "ended", at)
    return True


def _remind(notice: EndNotice, at: datetime) -> bool:
    """Remind once, a week ahead; a shorter notice was confirmed just now and needs none."""
    with transaction.atomic():
        row = locked_notice(notice)
        account = row.service.contract.account
        first = row.ends_on - timedelta(days=REMIND_DAYS_BEFORE)
        today = local_day(account, at)
        if row.state != NoticeState.RUNNING or row.reminded_at or today < first:
            return False
        row.reminded_at = at
        row.save(update_fields=["reminded_at"])
        if local_day(account, row.given_at) < first and today < row.ends_on:
            tell_of(row, "soon", at)
    return True
