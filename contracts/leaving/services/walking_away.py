"""A customer leaves without a fee because a price or the terms change."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from contracts.leaving import selectors as leaving
from contracts.leaving.models import EndNotice
from contracts.leaving.states import ALIVE, NoticeForm, NoticeState, Side
from contracts.supply.models import Service
from contracts.variations.models import PriceChange, TermsChange
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
    change: PriceChange | TermsChange,
    by: User,
    at: datetime,
    service: Service | None = None,
    ends_on: date | None = None,
    usage: Decimal = ZERO,
    shown: tuple[date, Decimal] | None = None,
    form: NoticeForm = NoticeForm.PORTAL,
    received_on: date | None = None,
    proof: str = "",
    said: str = "",
) -> EndNotice:
    """End a service without a fee for leaving, inside the days that a change opens.

    `service` says which, where the change is one of a whole contract's terms: they bind what is
    left of the contract all the same. It ends on `ends_on`, or the day on which this is said; a
    notice that runs gives way. `usage` is what was used and not billed yet, in dollars, GST
    included; `shown` are the last day and the sum that the person agreed to. Said again, it is
    the same. Raises NotAuthorised, also while high-risk steps are paused, and LeavingRefused
    outside the days.
    (VP-VAR-03, -04, BS-VAR-05, -06, RF-TCP-24.)
    """
    left = change.service if isinstance(change, PriceChange) else service
    if left is None:
        raise ValueError("Terms change for a contract: say which service is left.")
    account = left.contract.account
    on = authority.local_day(account, at)
    with transaction.atomic():
        row = locked(left)
        fresh = _fresh(change, row)
        found = leaving.way_out(
            fresh, service=row, today=received_on or on, ends_on=ends_on, usage=usage
        )
        decision = require_end_notice(by, row, found.cost, on=on, at=at)
        if not by.is_staff:
            require_no_pause(account, Action.CLOSE_ACCOUNT, at=at)
        again = EndNotice.objects.filter(service=row, state__in=ALIVE, **_because(fresh)).first()
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
            **_because(fresh),
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
        if isinstance(fresh, PriceChange):
            leave_because_of(fresh, at=at)
        note(notice, "walk_away", at, actor, identity_check=proof)
        tell_of(notice, "walked_away", at)
    return notice


def _fresh(change: PriceChange | TermsChange, service: Service) -> PriceChange | TermsChange:
    """The change as it stands now, for the service that is left."""
    if isinstance(change, TermsChange):
        terms = TermsChange.objects.select_related("variation")
        return terms.get(pk=change.pk, contract=service.contract_id)
    price = PriceChange.objects.select_related("variation").get(pk=change.pk)
    price.service = service
    return price


def _because(change: PriceChange | TermsChange) -> dict[str, Any]:
    """By which change a notice says that it was given."""
    return {"because_of" if isinstance(change, PriceChange) else "because_of_terms": change}
