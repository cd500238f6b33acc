"""The customer accepts an offer, declines it, or takes an order back before anything works."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction

from contracts.agreements.selectors import ask
from contracts.orders.models import Order, Withdrawal
from contracts.orders.selectors import (
    bound_of,
    committed_by_orders,
    figures,
    is_open,
    withdrawal_cost,
    works_partly,
)
from contracts.orders.states import OrderAct, OrderState, TickKind
from contracts.supply.selectors import committed_a_month
from contracts.supply.services import agree_charge
from contracts.supply.states import ChargeableKind
from parties.accounts.models import Account
from parties.accounts.services import accept_terms
from parties.accounts.states import AcceptanceAct
from parties.authority import selectors as authority
from parties.people.models import User
from parties.security.services import require_no_pause
from records.audit.services import Actor
from terms import rules
from terms.calendar import in_words
from terms.facts import Action
from terms.money import ZERO, gst_on, in_dollars, to_cents

from .base import OrderRefused, locked, note, require_open_account, require_staff, step, today_of
from .letters import Word, freeze_contract, tell_of
from .porting import end_moves


class TicksMissing(OrderRefused):
    """Something that has to be confirmed by itself was not; `missing` are their keys."""

    def __init__(self, missing: list[int], because: list[dict[str, Any]]) -> None:
        super().__init__("Confirm each of these by itself; without them it can't go on.", because)
        self.missing = missing


def accept_order(
    *,
    order: Order,
    ticked: Collection[int],
    signed_as: str,
    total_shown: Decimal,
    by: User,
    at: datetime,
    proof: str = "",
) -> Order:
    """Accept an offer: from now on it is agreed; what is ordered is not supplied yet.

    `ticked` are the keys of what was confirmed, `total_shown` the total over the term in dollars
    that the person saw, `proof` the identity check that they passed. The agreement begins today,
    a minimum term only as the terms have it. Accepted twice it is once. Raises NotAuthorised, also
    while high-risk steps are paused; TicksMissing; OrderRefused for an offer that is over.
    (CV-CON-02, CP-PTY-02, CP-CON-05, RF-ID-02.)
    """
    with transaction.atomic():
        row = locked(order)
        on = today_of(row.account, at)
        require_open_account(row.account)
        decision = require_accept(by, row, on=on, at=at)
        if row.state in (OrderState.ACCEPTED, OrderState.DONE):
            return row
        require_no_pause(row.account, Action.OPEN_SERVICE, at=at)
        if not is_open(row, on):
            raise OrderRefused(_why_over(row))
        if total_shown != row.total_inc:
            raise OrderRefused("The total has changed since you looked. Look again, then accept.")
        actor = authority.with_customer(by, decision)
        return agree(
            row,
            ticked=ticked,
            signed_as=signed_as,
            by=by,
            rests_on=decision.authority,
            actor=actor,
            at=at,
            identity_check=proof,
        )


def agree(
    row: Order,
    *,
    ticked: Collection[int],
    signed_as: str,
    by: User,
    rests_on: str,
    actor: Actor,
    at: datetime,
    identity_check: str = "",
    signed_on: str = "",
) -> Order:
    """Let a locked offer bind: ticks, signature, terms, contract on paper, letter.

    Raises TicksMissing, and OrderRefused without a name that signs.
    """
    on = today_of(row.account, at)
    if not signed_as.strip():
        raise OrderRefused("Type your name: it signs the order.")
    _require_ticks(row, ticked)
    row.ticks.update(ticked_at=at)
    row.accepted_at, row.accepted_by = at, by
    row.signed_as, row.authority = signed_as.strip(), rests_on
    step(row, OrderAct.ACCEPT, at=at)
    keep_acceptance(row, AcceptanceAct.ACCEPT_QUOTE, actor=actor, on=on, at=at)
    note(
        row,
        "accept_order",
        at,
        actor,
        amount=str(row.total_inc),
        version=row.version,
        identity_check=identity_check,
        signed_on=signed_on,
    )
    # Read anew: what is frozen now says which things were confirmed.
    agreed = locked(row)
    offered_on = today_of(row.account, row.offered_at or at)
    paper = freeze_contract(agreed, figures(agreed, offered_on), offered_on, at)
    tell_of(agreed, _accepted(agreed, paper), at)
    return agreed


def require_accept(by: User, order: Order, *, on: date, at: datetime) -> authority.Decision:
    """Return the authority to agree to what an order costs a month. Raises NotAuthorised.

    With what was agreed under it before, orders and changes of plan, it may not be more than its
    limit (VP-PAR-14). Staff accept nothing in a customer's place.
    """
    account = order.account
    decision = authority.require(
        by,
        Action.OPEN_SERVICE,
        account,
        on=on,
        at=at,
        amount=order.monthly_inc or ZERO,
        committed=partial(_committed, account, order),
    )
    if by.is_staff:
        raise authority.NotAuthorised(decision, Action.OPEN_SERVICE)
    return decision


def decline_order(*, order: Order, by: User, at: datetime, why: str = "") -> Order:
    """Decline an offer, or take a wish back that is still looked at; nothing follows.

    Declined twice it is once.

    Raises NotAuthorised, OrderRefused for an offer that is over.
    """
    account = order.account
    on = today_of(account, at)
    decision = authority.require(by, Action.OPEN_SERVICE, account, on=on, at=at)
    with transaction.atomic():
        row = locked(order)
        if row.state == OrderState.DECLINED:
            return row
        if row.state not in (OrderState.ASKED, OrderState.OFFERED):
            raise OrderRefused(_why_over(row))
        was_offered = row.state == OrderState.OFFERED
        step(row, OrderAct.DECLINE, at=at, by=by, why=why or "Declined by the customer")
        note(row, "decline_order", at, authority.with_customer(by, decision), why=why)
        tell_of(
            row,
            Word(
                headline=f"You declined our offer {row.reference}"
                if was_offered
                else f"You took your order {row.reference} back",
                body="Nothing was agreed and nothing is owed.",
            ),
            at,
        )
    return row


def withdraw_order(*, order: Order, by: User, at: datetime, why: str = "") -> Order:
    """Take an accepted order back before anything of it works.

    Where work was done the terms may name a fee by what was done: its range is told, and nothing
    is charged before staff have worked it out. Withdrawn twice it is once. Raises NotAuthorised,
    and OrderRefused once something works or a number is being moved. (CV-TRM-04.)
    """
    account = order.account
    on = today_of(account, at)
    decision = authority.require(by, Action.OPEN_SERVICE, account, on=on, at=at)
    with transaction.atomic():
        row = locked(order)
        if row.state == OrderState.WITHDRAWN:
            return row
        if works_partly(row):
            raise OrderRefused(
                "Some of it works already: give notice for what you no longer want."
            )
        if row.state != OrderState.ACCEPTED:
            raise OrderRefused(_why_over(row))
        cost = withdrawal_cost(row, on)
        step(row, OrderAct.WITHDRAW, at=at, by=by, why=why or "Withdrawn by the customer")
        end_moves(row, at=at)
        is_free = cost.min_ex is None
        Withdrawal.objects.create(
            order=row,
            asked_at=at,
            asked_by=by,
            min_ex=cost.min_ex,
            max_ex=cost.max_ex,
            because=cost.because,
            settled_at=at if is_free else None,
            amount_ex=ZERO if is_free else None,
        )
        actor = authority.with_customer(by, decision)
        note(row, "withdraw_order", at, actor, why=why, because=cost.because)
        tell_of(row, _withdrawn(row, cost.min_ex, cost.max_ex, cost.because), at)
    return row


def settle_withdrawal(
    *, order: Order, amount_ex: Decimal, breakdown: str, by: User, at: datetime
) -> Withdrawal:
    """Charge what withdrawing an order cost, with its breakdown, on the next bill; 0: nothing.

    `amount_ex` is dollars before GST, inside the range that the terms name. Settled twice with the
    same it is once. Raises NotAuthorised, OrderRefused.
    """
    actor = require_staff(order.account, by, at)
    with transaction.atomic():
        row = locked(order)
        found = Withdrawal.objects.select_for_update().filter(order=row).first()
        if found is None:
            raise OrderRefused("This order was not withdrawn.")
        if found.settled_at is not None:
            if (found.amount_ex, found.breakdown) == (amount_ex, breakdown):
                return found
            raise OrderRefused(
                f"It was settled already, with {in_dollars(found.amount_ex or ZERO)} before GST."
            )
        low, high = found.min_ex or ZERO, found.max_ex or ZERO
        if amount_ex != ZERO and not low <= amount_ex <= high:
            raise OrderRefused(
                f"The terms allow {in_dollars(low)} to {in_dollars(high)} before GST, by the work "
                "that was done. Give an amount in that range, or 0.00 to charge nothing.",
                found.because,
            )
        if len(breakdown.strip()) < 5:
            raise OrderRefused("Say what the amount is made of: they read it.")
        found.amount_ex, found.breakdown = amount_ex, breakdown
        found.settled_at, found.settled_by = at, by
        found.save()
        inc = amount_ex + to_cents(gst_on(amount_ex))
        if inc:
            agree_charge(
                account=row.account,
                kind=ChargeableKind.ONE_OFF,
                source=f"order:{row.reference}:withdrawn",
                description=f"Order {row.reference} withdrawn: {breakdown}"[:200],
                amount=inc,
                incurred_on=today_of(row.account, at),
                at=at,
                because=found.because,
                actor=actor,
            )
        note(
            row,
            "settle_withdrawal",
            at,
            actor,
            why=breakdown,
            because=found.because,
            amount=str(inc),
        )
        tell_of(row, _settled(row, amount_ex, inc, breakdown, found.because), at)
    return found


def keep_acceptance(
    row: Order, act: AcceptanceAct, *, actor: Actor, on: date, at: datetime
) -> None:
    """Keep which version was accepted, by whom and how, where the terms take it for acceptance.

    Where they do not list acts, accepting the order is one. (CP-PTY-02, CV-CON-01.)
    """
    answer = ask(bound_of(row, on), rules.terms_acceptance, act=act.value)
    if getattr(answer.result, "accepted", None) is False:
        return
    accept_terms(account=row.account, version=row.version, act=act, actor=actor, on=on, at=at)


def _committed(account: Account, order: Order, authorities: frozenset[str]) -> Decimal:
    by_orders = committed_by_orders(account, authorities, without=order)
    return by_orders + committed_a_month(account, authorities)


def _require_ticks(row: Order, ticked: Collection[int]) -> None:
    missing = [one for one in row.ticks.all() if one.pk not in ticked]
    if missing:
        waiver = [one for one in missing if one.kind == TickKind.CSG_WAIVER]
        because = [reason for one in waiver for reason in one.because]
        raise TicksMissing([one.pk for one in missing], because)


def _why_over(row: Order) -> str:
    if row.state == OrderState.OFFERED and row.open_until is not None:
        return (
            f"This offer could be accepted until {in_words(row.open_until)}. Ask us for a new one."
        )
    return f"{row.get_state_display()}: it can't be changed here any more. Ask us for a new offer."


def _accepted(row: Order, paper: Any) -> Word:
    waits = (
        f" Please pay the deposit of {in_dollars(row.deposit)}: we deliver once it is here."
        if row.deposit
        else " We deliver it now, and tell you when each part works."
    )
    return Word(
        headline=f"You accepted order {row.reference}",
        body=f"It is agreed from today. A minimum term does not run yet.{waits} You can take the "
        "order back until something of it works; the order's page says what that costs.",
        because=row.because,
        papers=[paper],
    )


def _withdrawn(
    row: Order, low: Decimal | None, high: Decimal | None, because: list[dict[str, Any]]
) -> Word:
    if low is None or high is None:
        body = "Nothing is charged for it. A deposit that you paid comes back to you."
    else:
        with_gst = [in_dollars(one + to_cents(gst_on(one))) for one in (low, high)]
        body = (
            f"Work was done for it, so your terms name a fee of {with_gst[0]} to {with_gst[1]}, "
            "GST included, by the work done. Nothing is charged before we have told you what it "
            "is made of."
        )
    return Word(headline=f"Order {row.reference} is withdrawn", body=body, because=because)


def _settled(
    row: Order, ex: Decimal, inc: Decimal, breakdown: str, because: list[dict[str, Any]]
) -> Word:
    if not inc:
        body = f"We charge nothing for withdrawing it. {breakdown}"
    else:
        body = (
            f"{in_dollars(ex)} and {in_dollars(inc - ex)} GST: {in_dollars(inc)} stands on your "
            f"next bill. It is made of: {breakdown}"
        )
    return Word(
        headline=f"What withdrawing order {row.reference} costs", body=body, because=because
    )
