"""Ends that no notice of the customer's brings: a move to another provider, or the provider's."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from contracts.agreements.selectors import binding
from contracts.leaving import selectors as leaving
from contracts.leaving.models import EndNotice
from contracts.leaving.selectors import Grounds
from contracts.leaving.states import NoticeForm, NoticeState, Side
from contracts.supply.models import Service
from parties.accounts.selectors import blocks_at
from parties.authority import selectors as authority
from parties.people.models import User
from records.audit.services import Actor, record
from terms.calendar import in_words
from terms.facts import Action
from terms.rules.leaving import By, Cause

from .carrying_out import carry_out
from .letters import tell_of, tell_of_numbers
from .notices import LeavingRefused, cut_off, frozen, locked, note, replace_living


def record_transfer(
    *, service: Service, told_on: date, by: User, at: datetime, said: str = ""
) -> EndNotice | None:
    """Note that another provider told of a move, on a day that has come.

    Where the terms let the move end the service, it ends on that day, whatever notice ran; where
    they don't, its numbers have left and it goes on (None). Raises NotAuthorised, and
    LeavingRefused for a day still to come, or after the service had ended.
    (VP-SUS-15, BS-CON-19, CV-TRM-07.)
    """
    account = service.contract.account
    on = authority.local_day(account, at)
    decision = authority.require(by, Action.CLOSE_SERVICE, account, on=on, at=at)
    if told_on > on:
        raise LeavingRefused("That day is still to come.")
    with transaction.atomic():
        row = locked(service)
        _require_before_end(row, told_on, on)
        actor = authority.with_customer(by, decision)
        found = leaving.porting_of(row, on=told_on, today=told_on)
        if not found.ends_service or found.cost is None:
            if row.numbers_left_on is None:
                row.numbers_left_on = told_on
                row.save(update_fields=["numbers_left_on"])
                record(
                    account_id=account.pk,
                    at=at,
                    action="note_numbers_left",
                    actor=actor,
                    subject=str(row.public_id),
                    reason=said,
                    after={"on": told_on.isoformat()},
                    because=found.because,
                )
                tell_of_numbers(row, found, at)
            return None
        replace_living(row, by=by, at=at, actor=actor)
        notice = EndNotice.objects.create(
            service=row,
            side=Side.PORT,
            form=NoticeForm.TRANSFER,
            state=NoticeState.RUNNING,
            received_on=told_on,
            ends_on=told_on,
            **frozen(found.cost),
            because=found.because,
            given_at=at,
            given_by=by,
            authority=decision.authority,
            said=said,
        )
        cut_off(notice, at=at, actor=actor)
        note(notice, "record_transfer", at, actor)
        carry_out(notice, at=at)
        tell_of(notice, "moved", at)
    return notice


def end_by_provider(
    *,
    service: Service,
    grounds: Grounds,
    by: User,
    at: datetime,
    said: str,
    shown_on: date | None = None,
    blocked: bool = False,
) -> EndNotice:
    """End a service by the provider's notice, on a ground of its terms and not before its day.

    The notice is sent now and runs from its deemed receipt; `said` are the facts, which the
    customer is told. `shown_on` is the last day that staff confirmed. What blocks the asking for
    money blocks this too, and so does what only the caller knows to hold every step (`blocked`).
    Raises NotAuthorised and LeavingRefused.
    """
    account = service.contract.account
    on = authority.local_day(account, at)
    decision = authority.require(by, Action.CLOSE_SERVICE, account, on=on, at=at)
    with transaction.atomic():
        row = locked(service)
        stops = blocks_at(account, at)
        if blocked or any(one.is_private for one in stops):
            raise LeavingRefused("It can't be ended now. Ask the privacy role.")
        if stops:
            raise LeavingRefused(f"Not now: {stops[0].get_kind_display().lower()}.")
        if grounds.cause.value not in dict(leaving.grounds_of(row, on)):
            raise LeavingRefused("That is no ground of these terms. Choose one that they name.")
        found = leaving.provider_end(row, grounds, at=at)
        if found.ends_on is None or found.cost is None:
            raise LeavingRefused(found.refusal, found.because)
        if shown_on is not None and shown_on != found.ends_on:
            raise LeavingRefused(
                f"The day has moved: it would end on {in_words(found.ends_on)}. Look again."
            )
        _require_before_end(row, found.ends_on, on)
        actor = authority.with_customer(by, decision)
        replace_living(row, by=by, at=at, actor=actor)
        notice = EndNotice.objects.create(
            service=row,
            side=Side.PROVIDER,
            cause="" if grounds.cause is Cause.NONE else grounds.cause.value,
            form=NoticeForm.EMAIL,
            state=NoticeState.RUNNING,
            received_on=found.received_on,
            ends_on=found.ends_on,
            **frozen(found.cost),
            because=found.because,
            given_at=at,
            given_by=by,
            authority=decision.authority,
            said=said,
        )
        cut_off(notice, at=at, actor=actor)
        note(notice, "end_by_provider", at, actor)
        tell_of(notice, "provider", at)
    return notice


def end_for_debt(
    *,
    service: Service,
    received_on: date,
    because: list[dict[str, Any]],
    by: User,
    actor: Actor,
    at: datetime,
    said: str,
) -> EndNotice:
    """End a service today for what is unpaid; its charges stand on the last bill.

    Credit management asks whether, from when and by whom (`because`), under the account's lock;
    `received_on` is when the notice that announced it counted as received. Raises LeavingRefused
    for a service that has ended or ends today.
    """
    account = service.contract.account
    on = authority.local_day(account, at)
    with transaction.atomic():
        row = locked(service)
        _require_before_end(row, on, on)
        cost = leaving.cost_of(
            row,
            binding(row.contract, on),
            ends_on=on,
            by=By.PROVIDER,
            cause=Cause.NON_PAYMENT,
        )
        replace_living(row, by=by, at=at, actor=actor)
        notice = EndNotice.objects.create(
            service=row,
            side=Side.PROVIDER,
            cause=Cause.NON_PAYMENT.value,
            form=NoticeForm.EMAIL,
            state=NoticeState.RUNNING,
            received_on=received_on,
            ends_on=on,
            **frozen(cost),
            because=because,
            given_at=at,
            given_by=by,
            said=said,
        )
        cut_off(notice, at=at, actor=actor)
        note(notice, "end_by_provider", at, actor)
        carry_out(notice, at=at)
        tell_of(notice, "provider", at)
    return notice


def _require_before_end(row: Service, day: date, today: date) -> None:
    if row.activated_on is None or day < row.activated_on:
        raise LeavingRefused("That day lies before the service began.")
    if row.ended_on is not None and max(day, today) >= row.ended_on:
        raise LeavingRefused(f"This service ends on {in_words(row.ended_on)} already.")
