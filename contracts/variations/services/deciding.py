"""A change for many is sent to a second person, decided, dropped or withdrawn."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction

from contracts.catalogue.services import needs_two, require_right
from contracts.variations import selectors as variations
from contracts.variations.models import ChangeForMany
from contracts.variations.states import (
    OPEN,
    VARIATION,
    ChangeState,
    VariationAct,
    VariationState,
)
from parties.people.models import User

from .base import VariationRefused
from .kinds import kind_of
from .working_out import AT_ONCE, locked, work_out

Many = TypeVar("Many", bound=ChangeForMany)

# What was worked out longer ago may rest on days that have moved.
FRESH = timedelta(hours=1)


def ask_for_approval(*, change: Many, by: User, at: datetime) -> Many:
    """Send a draft to a second person; a provider with one member of staff sends it out at once.

    Sent twice, it waits once. Raises NotAuthorised, and VariationRefused while it is being worked
    out, where it would change nothing, where nobody chose how long reasonable notice is, or where
    somebody would be told too late: with the first day that suits all.
    """
    require_right(by, change.provider, kind_of(change).drafts)
    with transaction.atomic():
        row = locked(change)
        if row.state == VariationState.ASKED:
            return row
        _require_ready(row)
        step(row, VariationAct.ASK)
        if not needs_two(row.provider):
            step(row, VariationAct.APPROVE, by=by, at=at)
    return row


def decide_change(*, change: Many, approve: bool, by: User, at: datetime, why: str = "") -> Many:
    """Approve a change, and so let everybody be told, or refuse it with a reason.

    It is worked out anew first, so that each notice still has its days. Raises NotAuthorised,
    IllegalStep, and VariationRefused for whoever drafted it, or as asking does.
    """
    require_right(by, change.provider, kind_of(change).decides)
    if approve:
        work_out_again(change=change, at=at)
    with transaction.atomic():
        row = locked(change)
        if row.drafted_by_id == by.pk and needs_two(row.provider):
            raise VariationRefused("Whoever drafted it can't decide: another person has to.")
        if not approve:
            if not why.strip():
                raise VariationRefused("A refusal gives its reason.")
            step(row, VariationAct.REFUSE, by=by, why=why, at=at)
            return row
        VARIATION.after(VariationState(row.state), VariationAct.APPROVE)
        _require_ready(row)
        step(row, VariationAct.APPROVE, by=by, why=why, at=at)
    return row


def work_out_again(*, change: ChangeForMany, at: datetime) -> None:
    """Work a draft out anew: days go by, services and contracts begin and end.

    A small one at once; a large one that is older than an hour begins anew, and the sweep goes on
    with it. Raises VariationRefused then.
    """
    with transaction.atomic():
        row = locked(change)
        if row.state not in OPEN:
            return
        is_small = row.changes.count() <= AT_ONCE
        if not is_small and row.worked_at and at - row.worked_at < FRESH:
            return
        row.changes.all().delete()
        row.worked_through, row.worked_at = 0, None
        row.save(update_fields=["worked_through", "worked_at"])
    work_out(row, at=at, most=AT_ONCE)
    if not is_small:
        raise VariationRefused(
            "It was worked out a while ago and is being worked out again. Come back when it is "
            "done: this page says so."
        )


def drop_draft(*, change: Many, by: User, at: datetime) -> Many:
    """Drop what nobody was told of. Raises NotAuthorised, and IllegalStep once it was approved."""
    require_right(by, change.provider, kind_of(change).drafts)
    with transaction.atomic():
        row = locked(change)
        if row.state != VariationState.DROPPED:
            step(row, VariationAct.DROP, by=by, at=at)
    return row


def withdraw_change(*, change: Many, why: str, by: User, at: datetime) -> Many:
    """Let nobody else be told, and all stay as it was for who was; the sweep tells them.

    Twice is once. Raises NotAuthorised, IllegalStep for what nobody was told of (drop it), and
    VariationRefused without a reason, or once it is in force for somebody.
    """
    kind = kind_of(change)
    require_right(by, change.provider, kind.decides)
    if not why.strip():
        raise VariationRefused("Say why: everybody who was told reads it.")
    with transaction.atomic():
        row = locked(change)
        if row.state == VariationState.WITHDRAWN:
            return row
        if kind.is_in_force(row):
            raise VariationRefused(kind.in_force)
        step(row, VariationAct.WITHDRAW, by=by, why=why, at=at)
    return row


def step(
    row: ChangeForMany,
    act: VariationAct,
    *,
    by: User | None = None,
    why: str = "",
    at: datetime | None = None,
) -> None:
    """Move a change by the table. Raises IllegalStep."""
    row.state = VARIATION.after(VariationState(row.state), act)
    fields = ["state"]
    if by is not None:
        row.decided_by, row.decided_at, row.decided_why = by, at, why
        fields += ["decided_by", "decided_at", "decided_why"]
    row.save(update_fields=fields)


def _require_ready(row: ChangeForMany) -> None:
    """Raise VariationRefused for what can't be told as it stands."""
    if row.worked_at is None:
        raise VariationRefused("It is still being worked out. Come back when it is done.")
    if not row.changes.filter(state=ChangeState.WAITING).exists():
        raise VariationRefused(kind_of(row).nothing)
    unknown = variations.without_notice_days(row)
    if unknown:
        raise VariationRefused(
            f"For {unknown} of them the terms ask for reasonable notice: draft it again and say "
            "how many days, and why."
        )
    kind_of(row).require_in_time(row)
