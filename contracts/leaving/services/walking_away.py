"""A customer leaves without a fee because a price changes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from contracts.leaving import selectors as leaving
from contracts.leaving.models import EndNotice
from contracts.leaving.states import ALIVE, NoticeForm, NoticeState, Side
from contracts.variations.models import PriceChange
from contracts.variations.services import leave_because_of
from parties.authority import selectors as authority
from parties.people.models import User
from parties.security.services import require_no_pause
from terms.facts import Action
from terms.money import ZERO

from .letters import tell_of
from .notices import (
    LeavingRefused,
    cut_off,
    frozen,
    locked,
    note,
    replace_living,
    require_end_notice,
)


def walk_away(
    *,
    change: PriceChange,
    by: User,
    at: datetime,
    ends_on: date | None = None,
    usage: Decimal = ZERO,
    shown: tuple[date, Decimal] | None = None,
    form: NoticeForm = NoticeForm.PORTAL,
    received_on: date | None = None,
    proof: str = "",
    said: str = "",
) -> EndNotice:
    """End a service without a fee for leaving, inside the days that a change of price opens.

    It ends on `ends_on`, or the day on which this is said; a notice that runs gives way. `usage`
    is what was used and not billed yet, in dollars, GST included; `shown` are the last day and
    the sum that the person agreed to. Said again, it is the same. Raises NotAuthorised, also
    while high-risk steps are paused, and LeavingRefused outside the days.
    (VP-VAR-03, -04, BS-VAR-05, -06, RF-TCP-24.)
    """
    account = change.service.contract.account
    on = authority.local_day(account, at)
    with transaction.atomic():
        row = locked(change.service)
        fresh = PriceChange.objects.select_related("variation").get(pk=change.pk)
        fresh.service = row
        found = leaving.way_out(fresh, today=received_on or on, ends_on=ends_on, usage=usage)
        decision = require_end_notice(by, row, found.cost, on=on, at=at)
        if not by.is_staff:
            require_no_pause(account, Action.CLOSE_ACCOUNT, at=at)
        again = EndNotice.objects.filter(because_of=fresh, state__in=ALIVE).first()
        if again is not None:
            return again
        if found.refusal:
            raise LeavingRefused(found.refusal, found.because)
        if row.ended_on is not None and row.ended_on <= found.ends_on:
            raise LeavingRefused("It ends already, and no later than that.")
        if shown is not None and shown != (found.ends_on, found.total):
            raise LeavingRefused(
                "The day or the cost has changed since you looked. Look again, then confirm."
            )
        actor = authority.with_customer(by, decision)
        replace_living(row, by=by, at=at, actor=actor)
        notice = EndNotice.objects.create(
            service=row,
            side=Side.CUSTOMER,
            cause="change",
            because_of=fresh,
            form=form,
            state=NoticeState.RUNNING,
            received_on=received_on or on,
            asked_on=ends_on,
            ends_on=found.ends_on,
            **frozen(found.cost),
            because=found.because,
            given_at=at,
            given_by=by,
            authority=decision.authority,
            said=said,
        )
        cut_off(notice, at=at, actor=actor)
        leave_because_of(fresh, at=at)
        note(notice, "walk_away", at, actor, identity_check=proof)
        tell_of(notice, "walked_away", at)
    return notice
