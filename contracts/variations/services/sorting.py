"""What becomes of the change of one: told anew, given up, left because of, come back."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeVar

from django.db import transaction

from contracts.catalogue.services import require_right
from contracts.supply.models import Service
from contracts.variations.models import ChangeOfOne, PriceChange
from contracts.variations.states import ChangeAct, ChangeState, VariationAct
from parties.authority.selectors import local_day, role_names
from parties.people.models import User
from records.audit.services import Actor
from terms.calendar import in_words

from .base import VariationRefused
from .carrying import move, note
from .deciding import step
from .kinds import kind_of
from .working_out import locked

One = TypeVar("One", bound=ChangeOfOne)


def tell_again(*, change: One, on: date, by: User, at: datetime) -> One:
    """Tell a customer anew, for a later day, whom no notice reached in time.

    Raises NotAuthorised, VariationRefused for a day that is over, and IllegalStep for one who was
    told in time.
    """
    kind = kind_of(change)
    require_right(by, change.variation.provider, kind.decides)
    with transaction.atomic():
        account, held = kind.held(change)
        row: One = held
        today = local_day(account, at)
        if on <= today:
            raise VariationRefused(f"Choose a day after {in_words(today)}.")
        move(row, ChangeAct.TELL_AGAIN)
        row.not_before, row.notice = on, None
        row.save()
        step(locked(row.variation), VariationAct.TELL_AGAIN)
        note(row, ChangeAct.TELL_AGAIN, at, _actor(by))
    return row


def keep_as_it_is(*, change: One, why: str, by: User, at: datetime) -> One:
    """Let all stay as it was for a customer whom no notice reached in time.

    Raises NotAuthorised, VariationRefused without a reason, and IllegalStep as telling anew does.
    """
    kind = kind_of(change)
    require_right(by, change.variation.provider, kind.decides)
    if not why.strip():
        raise VariationRefused("Say why. It is kept, and the customer reads it.")
    with transaction.atomic():
        account, held = kind.held(change)
        row: One = held
        was_told = row.notice_id is not None
        move(row, ChangeAct.LAPSE)
        row.save()
        note(row, ChangeAct.LAPSE, at, _actor(by), why=why)
        if was_told:
            kind.tell_that_it_stays(row, account, why, at)
    return row


def leave_because_of(change: ChangeOfOne, *, at: datetime) -> None:
    """Note that the customer leaves because of a change; the caller ends the service."""
    _, row = kind_of(change).held(change)
    move(row, ChangeAct.LEAVE)
    row.save()
    note(row, ChangeAct.LEAVE, at)


def come_back(service: Service, *, at: datetime) -> None:
    """Let a change stand again that a customer was leaving because of, and who stays after all."""
    rows = PriceChange.objects.filter(service=service, state=ChangeState.LEFT)
    for change in rows.select_related("variation", "service__contract"):
        _, row = kind_of(change).held(change)
        move(row, ChangeAct.COME_BACK)
        row.save()


def _actor(by: User) -> Actor:
    return Actor(user_id=by.pk, name=str(by), acted_as=role_names(by))
