"""What each step about an order takes: the lock, who may, the move by the table, the trail."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from contracts.orders.models import Order, OrderLine
from contracts.orders.selectors import live_lines, whole
from contracts.orders.states import ORDER, OrderAct, OrderState, PortState
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.accounts.states import AccountStatus
from parties.authority import selectors as authority
from parties.authority.selectors import NotAuthorised
from parties.people.models import User
from records.audit.services import Actor, record
from terms.facts import Action


class OrderRefused(Exception):
    """The step does not fit the order; the message says what to do, `because` names clauses."""

    def __init__(self, message: str, because: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.because = because or []


def locked(order: Order) -> Order:
    """The order as it stands, with its account locked."""
    account = lock_account(order.account_id)
    row = whole(Order.objects.all()).select_for_update(of=("self",)).get(pk=order.pk)
    row.account = account
    for line in row.lines.all():
        line.order = row
    return row


def require_staff(account: Account, by: User, at: datetime) -> Actor:
    """Who works on orders: staff who open services. Raises NotAuthorised."""
    on = authority.local_day(account, at)
    decision = authority.require(by, Action.OPEN_SERVICE, account, on=on, at=at)
    if not by.is_staff:
        raise NotAuthorised(decision, Action.OPEN_SERVICE)
    return authority.with_customer(by, decision)


def require_open_account(account: Account) -> None:
    """Refuse to sell to an account that is closed."""
    if account.status == AccountStatus.CLOSED:
        raise OrderRefused(
            f"Account {account.number} is closed. Open a new account for the customer first."
        )


def step(
    row: Order, act: OrderAct, *, at: datetime, by: User | None = None, why: str = ""
) -> None:
    """Move an order by the table, and keep who ended it and why. Raises IllegalStep."""
    row.state = ORDER.after(OrderState(row.state), act)
    if act not in (OrderAct.OFFER, OrderAct.ACCEPT):
        row.ended_at, row.ended_by, row.ended_why = at, by, why
    row.save()


def note(
    row: Order,
    action: str,
    at: datetime,
    actor: Actor,
    *,
    why: str = "",
    because: list[dict[str, Any]] | None = None,
    **facts: str,
) -> None:
    """Record what was done about an order."""
    record(
        account_id=row.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=row.reference,
        reason=why,
        after={
            "state": row.get_state_display(),
            **{name: value for name, value in facts.items() if value},
        },
        because=because if because is not None else row.because,
    )


def is_delivered(line: OrderLine) -> bool:
    """Whether nothing of a line is still to come."""
    moves = hasattr(line, "port") and line.port.state not in (
        PortState.MOVED,
        PortState.WITHDRAWN,
    )
    there = line.service_id is not None or (line.plan is None and line.provisioned_on is not None)
    return there and not moves


def finish(row: Order, *, at: datetime, actor: Actor) -> None:
    """Close an order of which nothing is still to come; else it stays as it is."""
    if row.state != OrderState.ACCEPTED or not all(map(is_delivered, live_lines(row))):
        return
    step(row, OrderAct.FINISH, at=at, why="Everything works")
    note(row, "finish_order", at, actor)


def today_of(account: Account, at: datetime) -> date:
    """The account's own day of an instant."""
    return authority.local_day(account, at)
