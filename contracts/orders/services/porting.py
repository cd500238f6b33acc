"""Numbers move in: the advice goes out, is rejected or sent again, the cut-over comes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from contracts.orders.models import Order, PortIn
from contracts.orders.selectors import cutover_from, first_day, is_porting_hour, may_stop_move
from contracts.orders.states import PORT, OrderState, PortAct, PortState
from parties.accounts.selectors import zone_of
from parties.authority import selectors as authority
from parties.people.models import User
from terms.calendar import in_words
from terms.facts import Action

from .base import OrderRefused, finish, locked, note, require_staff, today_of
from .letters import Word, tell_of

ENDED = (PortState.MOVED, PortState.WITHDRAWN)


def send_advice(*, port: PortIn, sent_at: datetime, by: User, at: datetime) -> PortIn:
    """Note that a port advice went out, or went out again; the count of days begins with it.

    The customer is told the first day of the cut-over. The same again is once. Raises
    NotAuthorised, IllegalStep, OrderRefused. (CV-VOI-01.)
    """
    actor = require_staff(port.line.order.account, by, at)
    with transaction.atomic():
        row = _locked(port)
        order = row.line.order
        if row.state == PortState.SENT and sent_at in (row.advice_sent_at, row.resubmitted_at):
            return row
        _require_moment(order, sent_at, at)
        if row.rejected_at is not None and sent_at < row.rejected_at:
            raise OrderRefused("It was rejected after that: give when it was sent again.")
        row.state = PORT.after(PortState(row.state), PortAct.SEND)
        if row.advice_sent_at is None:
            row.advice_sent_at = sent_at
        else:
            row.resubmitted_at = sent_at
        found = cutover_from(row, row.advice_sent_at, row.resubmitted_at)
        row.not_before, row.because = first_day(found), found.because
        row.save()
        day = f"not before {in_words(row.not_before)}" if row.not_before else "not known yet"
        note(order, "send_port_advice", at, actor, because=found.because, until=day)
        again = " again" if row.resubmitted_at else ""
        tell_of(
            order,
            Word(
                headline=f"Your numbers move to us: {day}",
                body=f"We asked your old provider{again} for {row.numbers}. Keep your old service "
                "until they have moved. You can stop the move here until its request has come.",
                because=found.because,
            ),
            at,
        )
    return row


def reject_move(
    *, port: PortIn, rejected_at: datetime, why: str, by: User, at: datetime
) -> PortIn:
    """Note that the losing provider rejects a move: it has to be sent again.

    Raises NotAuthorised, IllegalStep, OrderRefused.
    """
    actor = require_staff(port.line.order.account, by, at)
    with transaction.atomic():
        row = _locked(port)
        order = row.line.order
        _require_moment(order, rejected_at, at)
        if not why.strip():
            raise OrderRefused("Say why they reject it: it helps to send it right.")
        row.state = PORT.after(PortState(row.state), PortAct.REJECT)
        row.rejected_at, row.rejected_why = rejected_at, why
        row.not_before, row.requested_at = None, None
        row.save()
        note(order, "reject_port", at, actor, why=why)
        tell_of(
            order,
            Word(
                headline="Your old provider rejected the move of your numbers",
                body=f"The reason given: {why.strip().rstrip('.')}. We send it again; the days "
                "then count anew. Your old service goes on meanwhile.",
            ),
            at,
        )
    return row


def request_cutover(*, port: PortIn, received_at: datetime, by: User, at: datetime) -> PortIn:
    """Note that the cut-over request has come: from then on the move can't be stopped.

    Raises NotAuthorised, IllegalStep, OrderRefused. (CV-VOI-02.)
    """
    actor = require_staff(port.line.order.account, by, at)
    with transaction.atomic():
        row = _locked(port)
        order = row.line.order
        _require_moment(order, received_at, at)
        sent_at = row.resubmitted_at or row.advice_sent_at
        if sent_at is not None and received_at < sent_at:
            raise OrderRefused("The advice went out after that: look at the time again.")
        row.state = PORT.after(PortState(row.state), PortAct.REQUEST)
        row.requested_at = received_at
        row.save()
        note(order, "request_cutover", at, actor)
    return row


def note_moved(*, port: PortIn, moved_at: datetime, by: User, at: datetime) -> PortIn:
    """Note that the numbers work here now.

    Raises NotAuthorised, IllegalStep, and OrderRefused before the first day that the terms allow,
    or outside the hours in which numbers are moved. (CV-VOI-01, CV-NOT-04.)
    """
    actor = require_staff(port.line.order.account, by, at)
    with transaction.atomic():
        row = _locked(port)
        order = row.line.order
        _require_moment(order, moved_at, at)
        if row.not_before is not None and today_of(order.account, moved_at) < row.not_before:
            raise OrderRefused(
                f"A cut-over is not before {in_words(row.not_before)}.", row.because
            )
        is_open, because = is_porting_hour(row, moved_at)
        if not is_open:
            raise OrderRefused("Numbers are not moved at that hour: see when.", because)
        row.state = PORT.after(PortState(row.state), PortAct.MOVE)
        row.moved_at = moved_at
        row.save()
        note(order, "move_number", at, actor, because=because)
        tell_of(
            order,
            Word(
                headline="Your numbers work with us now",
                body=f"{row.numbers} moved. End what you no longer need at your old provider.",
            ),
            at,
        )
        finish(locked(order), at=at, actor=actor)
    return row


def stop_move(*, port: PortIn, by: User, at: datetime) -> PortIn:
    """Stop a move while it can be stopped; the rest of the order goes on.

    Stopped twice it is once. Raises NotAuthorised, IllegalStep, and OrderRefused once the cut-over
    request has come. (CV-VOI-02.)
    """
    account = port.line.order.account
    on = today_of(account, at)
    decision = authority.require(by, Action.OPEN_SERVICE, account, on=on, at=at)
    with transaction.atomic():
        row = _locked(port)
        order = row.line.order
        if row.state == PortState.WITHDRAWN:
            return row
        _require_stoppable(row, at)
        _stop(row, at)
        note(order, "stop_port", at, authority.with_customer(by, decision))
        tell_of(
            order,
            Word(
                headline="Your numbers stay where they are",
                body=f"The move of {row.numbers} is stopped. The rest of the order goes on.",
                because=row.because,
            ),
            at,
        )
        finish(locked(order), at=at, actor=authority.with_customer(by, decision))
    return row


def end_moves(order: Order, *, at: datetime) -> None:
    """Stop what still moves in with an order that is given up.

    Raises OrderRefused where a cut-over was asked for already.
    """
    for line in order.lines.all():
        if hasattr(line, "port") and line.port.state not in ENDED:
            line.port.line = line
            _require_stoppable(line.port, at)
            _stop(line.port, at)


def _require_stoppable(row: PortIn, at: datetime) -> None:
    found = may_stop_move(row, at)
    allowed = getattr(found.result, "allowed", None)
    if allowed is False or row.state == PortState.REQUESTED:
        raise OrderRefused(
            f"{row.numbers} is being moved: the request for the cut-over has come, and from then "
            "on it can't be stopped. Talk to us.",
            found.because,
        )


def _stop(row: PortIn, at: datetime) -> None:
    row.state = PORT.after(PortState(row.state), PortAct.WITHDRAW)
    row.withdrawn_at = at
    row.save()


def _require_moment(order: Order, moment: datetime, at: datetime) -> None:
    if order.state != OrderState.ACCEPTED:
        raise OrderRefused("The order is not being delivered: nothing moves for it.")
    if moment > at:
        raise OrderRefused("That time is still to come.")
    if order.accepted_at is not None and moment < order.accepted_at:
        zone = zone_of(order.account)
        here = order.accepted_at.astimezone(zone)
        raise OrderRefused(
            f"The order was accepted only on {in_words(here.date())}, {here:%H:%M}."
        )


def _locked(port: PortIn) -> PortIn:
    order = locked(port.line.order)
    row = PortIn.objects.select_for_update().get(pk=port.pk)
    row.line = next(one for one in order.lines.all() if one.pk == row.line_id)
    return row
