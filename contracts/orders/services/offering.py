"""Offer an order; take an offer or an accepted order back; let an offer lapse."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from contracts.orders.models import Order, OrderTick
from contracts.orders.selectors import (
    OrderFigures,
    assessment,
    figures,
    live_lines,
    ticks_wanted,
    to_lapse,
    version_offered,
    works_partly,
)
from contracts.orders.states import OrderAct, OrderState, Outcome
from parties.people.models import User
from records.audit.services import SYSTEM, Actor
from records.sweeps import each
from terms.calendar import in_words
from terms.money import ZERO, in_dollars

from .base import OrderRefused, locked, note, require_open_account, require_staff, step, today_of
from .letters import Word, freeze_summary, tell_of
from .porting import end_moves

LONGEST_OPEN = timedelta(days=90)


def offer_order(*, order: Order, open_until: date, by: User, at: datetime) -> Order:
    """Offer what was written: its sums, its version of the terms and what is confirmed stay so.

    The customer gets the summary, and can accept until the end of the last day. Offered twice it
    is one offer. Raises NotAuthorised, and OrderRefused: for a last day that is none, or where
    capacity to pay has to be looked at first (RF-TCP-23, RF-TCP-25).
    """
    actor = require_staff(order.account, by, at)
    with transaction.atomic():
        row = locked(order)
        if row.state == OrderState.OFFERED and row.open_until == open_until:
            return row
        on = today_of(row.account, at)
        require_open_account(row.account)
        if not on <= open_until <= on + LONGEST_OPEN:
            raise OrderRefused(f"Give a last day from today until {in_words(on + LONGEST_OPEN)}.")
        if not live_lines(row):
            raise OrderRefused("It has no line yet: add one.")
        return make_offer(row, open_until, at=at, by=by, actor=actor)


def make_offer(
    row: Order, open_until: date, *, at: datetime, by: User | None, actor: Actor
) -> Order:
    """Freeze and offer a locked order; `by` is who of the staff offers it, None the price list.

    Raises OrderRefused where capacity to pay has to be looked at first.
    """
    on = today_of(row.account, at)
    row.version, because = version_offered(row.account, on)
    found = figures(row, on)
    assessed = assessment(row, found.total.inc, on)
    if assessed.required:
        _require_capacity(row, found, assessed.because)
    row.because = _distinct([*because, *found.because, *assessed.because])
    row.total_ex, row.total_inc = found.total.ex, found.total.inc
    row.monthly_inc = found.monthly.inc
    row.offered_at, row.offered_by, row.open_until = at, by, open_until
    step(row, OrderAct.OFFER, at=at)
    for tick in ticks_wanted(row, on):
        OrderTick.objects.create(
            order=row,
            kind=tick.kind,
            about=tick.about,
            words=tick.words[:500],
            link=tick.link,
            because=tick.because,
        )
    row.summary = freeze_summary(row, found, on, at)
    row.save(update_fields=["summary"])
    note(row, "offer_order", at, actor, amount=str(found.total.inc), until=str(open_until))
    tell_of(row, _offered(row), at)
    # Read anew: with the ticks that were made.
    return locked(row)


def cancel_order(*, order: Order, why: str, by: User, at: datetime) -> Order:
    """Give up an order of which nothing works yet; nothing is charged for it.

    They are told the reason, unless they never saw it. Cancelled twice it is once. Raises
    NotAuthorised, IllegalStep, OrderRefused.
    """
    actor = require_staff(order.account, by, at)
    with transaction.atomic():
        row = locked(order)
        if row.state == OrderState.CANCELLED:
            return row
        if works_partly(row):
            raise OrderRefused("Some of it works already: drop the lines that will not come.")
        if not why.strip():
            raise OrderRefused("Say why: they read it.")
        was_shown = row.state != OrderState.DRAFT
        step(row, OrderAct.CANCEL, at=at, by=by, why=why)
        end_moves(row, at=at)
        note(row, "cancel_order", at, actor, why=why)
        if was_shown:
            tell_of(
                row,
                Word(
                    headline=f"We have cancelled order {row.reference}",
                    body=f"{why.strip().rstrip('.')}. Nothing is charged for it. A deposit that "
                    "you paid comes back to you.",
                ),
                at,
            )
    return row


def lapse_offers(*, at: datetime) -> int:
    """End offers whose last day is over, and tell; return how many."""
    # Somewhere in Australia it may be tomorrow already; each account's own day decides.
    return each(to_lapse(at.date() + timedelta(days=1)), lambda row: _lapse(row, at), at=at)


def _lapse(order: Order, at: datetime) -> int:
    row = locked(order)
    last = row.open_until
    if row.state != OrderState.OFFERED or last is None or today_of(row.account, at) <= last:
        return 0
    step(row, OrderAct.LAPSE, at=at, why=f"Not accepted by {in_words(last)}")
    note(row, "lapse_order", at, SYSTEM, why=row.ended_why)
    tell_of(
        row,
        Word(
            headline=f"Our offer {row.reference} has ended",
            body=f"It could be accepted until {in_words(last)}. Nothing was agreed and nothing is "
            "owed. Do you still want it? Ask us for a new offer.",
        ),
        at,
    )
    return 1


def _require_capacity(row: Order, found: OrderFigures, because: list[dict[str, Any]]) -> None:
    checks = row.capacity_checks.order_by("-checked_at", "-pk")
    latest = checks.first()
    if latest is None or latest.finding != Outcome.CAN_PAY or latest.value < found.total.inc:
        raise OrderRefused(
            f"First look at whether they can pay {in_dollars(found.total.inc)}, and note it.",
            because,
        )


def _offered(row: Order) -> Word:
    last = in_words(row.open_until) if row.open_until else ""
    deposit = (
        f" A deposit of {in_dollars(row.deposit)} is paid before anything is delivered."
        if row.deposit
        else ""
    )
    return Word(
        headline=f"Our offer {row.quotation or row.reference}: read the summary",
        body=f"Over the whole term it comes to {in_dollars(row.total_inc or ZERO)}, GST included. "
        f"You can accept it until {last}; nothing is agreed before that.{deposit}",
        because=row.because,
        papers=[row.summary] if row.summary else [],
    )


def _distinct(because: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each clause once, with its first steps."""
    kept: dict[tuple[Any, Any], dict[str, Any]] = {}
    for reason in because:
        kept.setdefault((reason.get("document"), reason.get("id")), reason)
    return list(kept.values())
