"""A customer's notice: given once, taken back until it takes effect, agreed to where need be."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from contracts.agreements.selectors import binding
from contracts.leaving import selectors as leaving
from contracts.leaving.models import EndNotice
from contracts.leaving.selectors import Cost, Leaving
from contracts.leaving.states import ALIVE, NOTICE, NoticeAct, NoticeForm, NoticeState, Side
from contracts.supply.models import Service
from contracts.supply.services import (
    drop_plan_change,
    end_supply,
    planned_beyond,
    reopen_supply,
)
from contracts.variations.services import come_back
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.people.models import User
from parties.security.services import require_no_pause
from records.audit.services import Actor, record
from terms.calendar import in_words
from terms.facts import Action
from terms.money import ZERO
from terms.rules.leaving import By, Cause

from .letters import tell_of


class LeavingRefused(Exception):
    """The service can't be ended so; the message says what to do, `because` holds the clauses."""

    def __init__(self, message: str, because: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.because = because or []


def give_end_notice(
    *,
    service: Service,
    by: User,
    at: datetime,
    asked_on: date | None = None,
    form: NoticeForm = NoticeForm.PORTAL,
    received_on: date | None = None,
    shown: tuple[date, Decimal] | None = None,
    proof: str = "",
    said: str = "",
) -> EndNotice:
    """Give a customer's notice that ends a service, or ask for an early end that needs agreement.

    It runs from `received_on` (today, if none is given) and ends the service on the day asked for,
    or the first that the terms allow. `shown` are the last day and the known cost in dollars that
    the person agreed to; what it costs is kept as it stands now. The same notice sent again is the
    first. Raises NotAuthorised, also while high-risk steps are paused, and LeavingRefused.
    (CV-TRM-01, VP-SUS-11, BS-CON-06, GL-CON-10, RF-ID-04.)
    """
    account = service.contract.account
    on = authority.local_day(account, at)
    with transaction.atomic():
        row = locked(service)
        found = leaving.leaving_of(row, today=received_on or on, asked_on=asked_on)
        decision = require_end_notice(by, row, found.cost, on=on, at=at)
        if not by.is_staff:
            require_no_pause(account, Action.CLOSE_ACCOUNT, at=at)
        given = {"side": Side.CUSTOMER, "form": form, "asked_on": asked_on}
        again = _same_alive(row, given | ({"received_on": received_on} if received_on else {}))
        if again is not None:
            return again
        _require_runs(row)
        if found.end.ends_on is None:
            raise LeavingRefused(
                "Your terms give no day for this. Talk to us, and we agree on one.",
                found.end.because,
            )
        _require_as_shown(found, shown)
        waits = found.end.needs_agreement
        notice = EndNotice.objects.create(
            service=row,
            **given,
            state=NoticeState.ASKED if waits else NoticeState.RUNNING,
            received_on=received_on or on,
            ends_on=found.end.ends_on,
            **frozen(found.cost),
            because=found.end.because,
            given_at=at,
            given_by=by,
            authority=decision.authority,
            said=said,
        )
        actor = authority.with_customer(by, decision)
        if not waits:
            cut_off(notice, at=at, actor=actor)
        note(notice, "give_end_notice", at, actor, identity_check=proof)
        tell_of(notice, "asked" if waits else "given", at)
    return notice


def require_end_notice(
    by: User, service: Service, cost: Cost, *, on: date, at: datetime
) -> authority.Decision:
    """Return the authority to end a service at a cost. Raises NotAuthorised."""
    return authority.require(
        by,
        Action.CLOSE_SERVICE,
        service.contract.account,
        on=on,
        at=at,
        amount=cost.total if cost.total > ZERO else None,
        service=str(service.public_id),
    )


def take_back_end_notice(*, notice: EndNotice, by: User, at: datetime, why: str = "") -> EndNotice:
    """Take a notice back until the day before the service ends: as if it had never been given.

    Staff take back the provider's own. Taking back what was taken back changes nothing. Raises
    NotAuthorised, and LeavingRefused once its last day has come, or for the other side's notice.
    """
    account = notice.service.contract.account
    on = authority.local_day(account, at)
    service = str(notice.service.public_id)
    decision = authority.require(by, Action.CLOSE_SERVICE, account, on=on, at=at, service=service)
    with transaction.atomic():
        row = locked_notice(notice)
        if row.state == NoticeState.TAKEN_BACK:
            return row
        if row.side == Side.PORT or (row.side == Side.PROVIDER and not by.is_staff):
            raise LeavingRefused("Only whoever gave the notice can take it back. Talk to us.")
        if not leaving.may_be_taken_back(row, on):
            raise LeavingRefused(
                f"The service ends on {in_words(row.ends_on)}, and the notice could be taken back "
                "until the day before. Ask us for a new service."
            )
        actor = authority.with_customer(by, decision)
        if row.state == NoticeState.RUNNING:
            reopen_supply(service=row.service, planned=row.cut, at=at, actor=actor, why=why)
        step(row, NoticeAct.TAKE_BACK, by=by, why=why, at=at)
        if row.because_of is not None:
            come_back(row.service, at=at)
        note(row, "take_back_end_notice", at, actor)
        tell_of(row, "taken_back", at)
    return row


def decide_early_end(
    *, notice: EndNotice, agree: bool, by: User, why: str, at: datetime
) -> EndNotice:
    """The provider agrees to an end inside the term, at the cost that was shown, or refuses.

    A day that has passed by then becomes today, at what that costs. Raises NotAuthorised and
    IllegalStep. (BS-SUSP-12, BS-SUSP-15.)
    """
    account = notice.service.contract.account
    on = authority.local_day(account, at)
    decision = authority.require(by, Action.CLOSE_SERVICE, account, on=on, at=at)
    with transaction.atomic():
        row = locked_notice(notice)
        step(row, NoticeAct.AGREE if agree else NoticeAct.REFUSE, by=by, why=why, at=at)
        actor = authority.with_customer(by, decision)
        if agree:
            if row.ends_on < on:
                row.ends_on = on
                bound = binding(row.service.contract, row.received_on)
                for name, value in frozen(leaving.cost_of(row.service, bound, ends_on=on)).items():
                    setattr(row, name, value)
                row.save(update_fields=["ends_on", "charge", "parts", "unknown"])
            cut_off(row, at=at, actor=actor)
        note(row, "agree_early_end" if agree else "refuse_early_end", at, actor)
        tell_of(row, "agreed" if agree else "refused", at)
    return row


def complete_end_cost(*, notice: EndNotice, by: User, at: datetime) -> EndNotice:
    """Work a cost of which something was unknown out again from what is on record, and tell it.

    Nothing that was unknown is charged without this. Raises NotAuthorised, and LeavingRefused
    where nothing was unknown, or it still is.
    """
    account = notice.service.contract.account
    on = authority.local_day(account, at)
    decision = authority.require(by, Action.CLOSE_SERVICE, account, on=on, at=at)
    with transaction.atomic():
        row = locked_notice(notice)
        if row.state not in ALIVE or not row.unknown:
            raise LeavingRefused("The cost of this notice is complete.")
        cost = _cost_now(row)
        if len(cost.unknown) == len(row.unknown):
            raise LeavingRefused(
                f"Still not on record: {', '.join(cost.unknown)}. Note the amount agreed first."
            )
        for name, value in frozen(cost).items():
            setattr(row, name, value)
        row.save(update_fields=["charge", "parts", "unknown"])
        note(row, "complete_end_cost", at, authority.with_customer(by, decision))
        tell_of(row, "cost", at)
    return row


def _cost_now(row: EndNotice) -> Cost:
    """What an end costs by what is on record now."""
    change = row.because_of or row.because_of_terms
    if change is not None:
        return leaving.way_out(
            change, service=row.service, today=row.received_on, ends_on=row.ends_on
        ).cost
    bound = binding(row.service.contract, row.received_on)
    cause = Cause(row.cause or "none")
    by = By(row.side)
    return leaving.cost_of(row.service, bound, ends_on=row.ends_on, by=by, cause=cause)


def frozen(cost: Cost) -> dict[str, Any]:
    """A cost as a notice keeps it."""
    parts = [
        asdict(part)
        | {"amount": str(part.amount), "ex": None if part.ex is None else str(part.ex)}
        for part in cost.parts
    ]
    return {"charge": cost.total, "parts": parts, "unknown": list(cost.unknown)}


def cut_off(notice: EndNotice, *, at: datetime, actor: Actor) -> None:
    """Let the supply end on the notice's day; what was planned beyond is kept with it."""
    notice.cut = planned_beyond(notice.service, notice.ends_on)
    notice.save(update_fields=["cut"])
    drop_plan_change(service=notice.service, at=at, actor=actor)
    end_supply(service=notice.service, last_day=notice.ends_on, at=at, actor=actor)


def replace_living(row: Service, *, by: User, at: datetime, actor: Actor) -> None:
    """Let another end overtake the notice that runs."""
    alive = leaving.living_notice(row)
    if alive is None:
        return
    if alive.state == NoticeState.RUNNING:
        reopen_supply(service=row, planned=alive.cut, at=at, actor=actor)
    step(alive, NoticeAct.REPLACE, by=by, why="", at=at)


def step(row: EndNotice, act: NoticeAct, *, by: User | None, why: str, at: datetime) -> None:
    """Move a notice by the table. Raises IllegalStep."""
    row.state = NOTICE.after(NoticeState(row.state), act)
    row.decided_by, row.decided_at, row.decided_why = by, at, why
    row.save(update_fields=["state", "decided_by", "decided_at", "decided_why"])


def note(row: EndNotice, action: str, at: datetime, actor: Actor, **facts: str) -> None:
    """Record what was done about a notice, with its reasons."""
    record(
        account_id=row.service.contract.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=str(row.service.public_id),
        reason=row.decided_why or row.said,
        after={
            "state": row.state,
            "ends_on": row.ends_on.isoformat(),
            "amount": str(row.charge),
            **{name: value for name, value in facts.items() if value},
        },
        because=row.because,
    )


def locked(service: Service) -> Service:
    """The service as it stands, while nobody else ends or changes anything of its account."""
    lock_account(service.contract.account_id)
    return (
        Service.objects.select_for_update(of=("self",))
        .select_related("contract__account__customer__provider", "plan")
        .get(pk=service.pk)
    )


def locked_notice(notice: EndNotice) -> EndNotice:
    """The notice as it stands, with its service locked."""
    service = locked(notice.service)
    row = EndNotice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
    row.service = service
    return row


def _same_alive(row: Service, given: dict[str, Any]) -> EndNotice | None:
    """The living notice, if it says the same. Raises LeavingRefused for another one."""
    alive = leaving.living_notice(row)
    if alive is None:
        return None
    if all(getattr(alive, name) == value for name, value in given.items()):
        return alive
    if alive.state == NoticeState.ASKED:
        raise LeavingRefused(
            f"You asked already to end it on {in_words(alive.ends_on)}. Take that back first."
        )
    raise LeavingRefused(
        f"It ends already on {in_words(alive.ends_on)}. To end it on another day, take that "
        "notice back first."
    )


def _require_runs(row: Service) -> None:
    if row.ended_on is not None:
        raise LeavingRefused(f"This service ends on {in_words(row.ended_on)} already.")
    if row.activated_on is None:
        raise LeavingRefused("This service has not begun yet. Tell us that you don't want it.")


def _require_as_shown(found: Leaving, shown: tuple[date, Decimal] | None) -> None:
    """Refuse where the day or the cost is no longer what the person saw."""
    if shown is not None and shown != (found.end.ends_on, found.cost.total):
        raise LeavingRefused(
            "The day or the cost has changed since you looked. Look again, then confirm."
        )
