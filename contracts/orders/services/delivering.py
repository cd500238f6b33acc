"""Deliver an accepted order: work begins, each line is set up, then works."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from contracts.agreements.models import Contract
from contracts.locations.services import file_ordered
from contracts.orders.models import Order, OrderLine
from contracts.orders.selectors import (
    bound_of,
    emergency_address,
    line_sum,
    live_lines,
    may_deliver,
    rights_waived,
)
from contracts.orders.states import OrderState, TickKind
from contracts.supply.models import Service
from contracts.supply.selectors import term_of
from contracts.supply.services import agree_charge, start_supply
from contracts.supply.states import ChargeableKind
from parties.accounts.states import AcceptanceAct
from parties.people.models import User
from records.audit.services import Actor
from terms.calendar import in_words
from terms.money import in_dollars

from .answering import keep_acceptance
from .base import OrderRefused, finish, locked, note, require_staff, today_of
from .letters import Word, tell_of
from .porting import ENDED


def note_work(*, order: Order, began_on: date, what: str, by: User, at: datetime) -> Order:
    """Note that work for an order has begun: withdrawing it can cost something from then on.

    Noted twice it is once. Raises NotAuthorised, OrderRefused. (CV-TRM-04.)
    """
    actor = require_staff(order.account, by, at)
    with transaction.atomic():
        row = locked(order)
        if (row.work_began_on, row.work_done) == (began_on, what):
            return row
        _require_day(row, began_on, at)
        if not what.strip():
            raise OrderRefused("Say what was done: a fee for withdrawing rests on it.")
        row.work_began_on = min(filter(None, (row.work_began_on, began_on)))
        row.work_done = what
        row.save(update_fields=["work_began_on", "work_done"])
        note(row, "note_order_work", at, actor, why=what, since=str(began_on))
    return row


def provision_line(
    *, line: OrderLine, on: date, held: Decimal, by: User, at: datetime
) -> OrderLine:
    """Note that a line is set up. `held` is what of deposits is held, in dollars.

    What is charged once without a service is charged with it. Noted twice it is once. Raises
    NotAuthorised, and OrderRefused before a stated deposit is paid. (CV-CON-07.)
    """
    actor = require_staff(line.order.account, by, at)
    with transaction.atomic():
        row = locked(line.order)
        one = _line_of(row, line)
        if one.provisioned_on is not None:
            return one
        _require_delivery(row, one, on, held=held, at=at)
        one.provisioned_on = on
        one.save(update_fields=["provisioned_on"])
        note(row, "provision_order", at, actor, what=one.label, since=str(on))
        if one.plan is None:
            _charge_once(row, one, None, on, at=at, actor=actor)
            finish(row, at=at, actor=actor)
    return one


def activate_line(
    *,
    line: OrderLine,
    activated_on: date,
    held: Decimal,
    by: User,
    at: datetime,
    identifier: str = "",
    ready_on: date | None = None,
    first_used_on: date | None = None,
) -> Service:
    """Note that a line works: contract and service begin, by the order's price and version.

    The agreement dates from its acceptance, a term from the day that the terms name, charges from
    `billing_start`. `held` is what of deposits is held; `ready_on` when they were told that it can
    be used, `first_used_on` when they first used it. Noted twice it is once. Raises NotAuthorised,
    OrderRefused. (CV-CON-02, -03, CV-BIL-02, BS-CON-03, -04, VP-CON-04.)
    """
    actor = require_staff(line.order.account, by, at)
    with transaction.atomic():
        row = locked(line.order)
        one = _line_of(row, line)
        if one.service is not None:
            return one.service
        _require_delivery(row, one, activated_on, held=held, at=at)
        if one.plan is None:
            raise OrderRefused("It is charged once: note that it is set up.")
        named = identifier.strip() or one.identifier
        if not named:
            raise OrderRefused("Give its number, link or host name.")
        is_first = not any(each.service_id for each in live_lines(row))
        service = Service.objects.create(
            contract=_contract_for(row, one),
            plan=one.plan,
            label=one.label,
            identifier=named,
            quantity=one.quantity,
            ready_notified_on=ready_on,
            first_used_on=first_used_on,
        )
        service = start_supply(
            service=service,
            activated_on=activated_on,
            provisioned_on=one.provisioned_on,
            unit_fee=one.unit_fee,
            price_basis=one.basis,
            at=at,
            actor=actor,
            why=f"Order {row.reference}",
        )
        one.service, one.identifier = service, named
        one.save(update_fields=["service", "identifier"])
        _file_address(row, service, at)
        if one.once:
            _charge_once(row, one, service, activated_on, at=at, actor=actor)
        if is_first:
            keep_acceptance(row, AcceptanceAct.ENGAGE_SERVICE, actor=actor, on=activated_on, at=at)
        tell_of(row, _works(row, service, service.activated_on or activated_on), at)
        finish(row, at=at, actor=actor)
    return service


def drop_line(*, line: OrderLine, why: str, by: User, at: datetime) -> OrderLine:
    """Give up a line of an accepted order that will not come; nothing is charged for it.

    Dropped twice it is once. Raises NotAuthorised, OrderRefused for what works, or the last line.
    """
    actor = require_staff(line.order.account, by, at)
    with transaction.atomic():
        row = locked(line.order)
        one = next((each for each in row.lines.all() if each.pk == line.pk), line)
        if one.dropped_at is not None:
            return one
        one = _line_of(row, line)
        if row.state != OrderState.ACCEPTED:
            raise OrderRefused("The order is not being delivered.")
        if one.service_id is not None or (one.plan is None and one.provisioned_on is not None):
            raise OrderRefused("It works already.")
        if len(live_lines(row)) == 1:
            raise OrderRefused("It is the only line left: cancel the order instead.")
        if not why.strip():
            raise OrderRefused("Say why: they read it.")
        if hasattr(one, "port") and one.port.state not in ENDED:
            raise OrderRefused("Numbers move in with it: stop their move first.")
        one.dropped_at, one.dropped_why = at, why
        one.save(update_fields=["dropped_at", "dropped_why"])
        note(row, "drop_order_line", at, actor, why=why, what=one.label)
        tell_of(
            row,
            Word(
                headline=f"{one.label} will not come with order {row.reference}",
                body=f"{why.strip().rstrip('.')}. Nothing is charged for it; the rest goes on.",
            ),
            at,
        )
        finish(locked(row), at=at, actor=actor)
    return one


def _line_of(row: Order, line: OrderLine) -> OrderLine:
    found = next((one for one in live_lines(row) if one.pk == line.pk), None)
    if found is None:
        raise OrderRefused("This line was dropped from the order.")
    return found


def _require_delivery(
    row: Order, line: OrderLine, on: date, *, held: Decimal, at: datetime
) -> None:
    _require_day(row, on, at)
    allowed, because = may_deliver(row, on, held=held)
    if not allowed and row.deposit is not None:
        raise OrderRefused(
            f"The deposit of {in_dollars(row.deposit)} is not paid yet: {in_dollars(held)} is "
            "held. Nothing is delivered before.",
            because,
        )


def _require_day(row: Order, on: date, at: datetime) -> None:
    if row.state != OrderState.ACCEPTED or row.accepted_at is None:
        raise OrderRefused("The order is not being delivered.")
    if on > today_of(row.account, at):
        raise OrderRefused("That day is still to come.")
    accepted_on = today_of(row.account, row.accepted_at)
    if on < accepted_on:
        raise OrderRefused(f"The order was accepted only on {in_words(accepted_on)}.")


def _contract_for(row: Order, line: OrderLine) -> Contract:
    """The contract of an order for a length of term: it dates from the acceptance."""
    accepted_on = today_of(row.account, row.accepted_at or row.drafted_at)
    bound = bound_of(row, accepted_on)
    ticked = any(
        one.kind == TickKind.CSG_WAIVER and one.ticked_at is not None for one in row.ticks.all()
    )
    waived_on = accepted_on if ticked and rights_waived(bound, line)[0] else None
    made = Contract.objects.filter(account=row.account, reference__startswith=row.reference)
    known = made.filter(minimum_months=line.months, csg_waived_on=waived_on).first()
    if known is not None:
        return known
    many = made.count()
    return Contract.objects.create(
        account=row.account,
        reference=f"{row.reference}-{many + 1}" if many else row.reference,
        version=row.version,
        started_on=accepted_on,
        minimum_months=line.months,
        agreed_in=row.quotation,
        csg_waived_on=waived_on,
        csg_waived_in=row.reference if waived_on else "",
    )


def _charge_once(
    row: Order,
    line: OrderLine,
    service: Service | None,
    on: date,
    *,
    at: datetime,
    actor: Actor,
) -> None:
    amount = line_sum(bound_of(row, on), line, months=0, once=True).inc
    if not amount:
        return
    agree_charge(
        account=row.account,
        service=service,
        kind=ChargeableKind.SET_UP,
        source=f"order:{row.reference}:{line.pk}",
        description=f"{line.label}, once",
        amount=amount,
        incurred_on=on,
        at=at,
        because=row.because,
        actor=actor,
    )


def _works(row: Order, service: Service, activated_on: date) -> Word:
    term = term_of(service.contract, service, activated_on)
    ends_on: Any = getattr(term.result, "ends_on", None)
    words = (
        f"Its minimum term runs until {in_words(ends_on)}; after it, month by month."
        if ends_on
        else "It runs month by month."
    )
    return Word(
        headline=f"{service.label} works since {in_words(activated_on)}",
        body=f"{words} It is billed from then on, whatever else of order {row.reference} is still "
        "to come.",
        because=term.because,
    )


def _file_address(row: Order, service: Service, at: datetime) -> None:
    """Let calls to 000 show what was confirmed with the order."""
    confirmed = (
        one for one in row.ticks.all() if one.kind == TickKind.EMERGENCY and one.ticked_at
    )
    tick = next(confirmed, None)
    if tick is None or tick.ticked_at is None:
        return
    file_ordered(
        service=service,
        confirmed_line=emergency_address(tick),
        confirmed_at=tick.ticked_at,
        confirmed_by=row.accepted_by,
        because=tick.because,
        at=at,
    )
