"""Write an order: its lines, and whether the customer can pay it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from contracts.catalogue.models import Plan
from contracts.orders.models import CapacityCheck, Order, OrderLine, PortIn
from contracts.orders.selectors import assessment, figures
from contracts.orders.states import MONTHS_MOST, UNOFFERED, OrderAct, OrderState, Outcome
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.people.models import User
from records.references import new_reference
from terms.money import ZERO, in_dollars

from .base import (
    OrderRefused,
    locked,
    note,
    require_open_account,
    require_staff,
    step,
    today_of,
)
from .letters import Word, tell_of

# No order of a customer comes near it: beyond it somebody mistyped.
LARGEST = Decimal("100000000.00")
MOST_OF_A_LINE = 10_000
MOST_LINES = 50


@dataclass(frozen=True, kw_only=True)
class LineWish:
    """A line as it is written: prices in dollars, in `basis` (empty: as the provider's list).

    `unit_fee` None takes the plan's price of today. `numbers` are those that move in with it.
    """

    label: str
    plan: Plan | None = None
    quantity: int = 1
    unit_fee: Decimal | None = None
    basis: str = ""
    months: int | None = None
    once: Decimal | None = None
    identifier: str = ""
    vendor: str = ""
    numbers: str = ""


def draft_order(
    *,
    account: Account,
    by: User,
    at: datetime,
    line: LineWish,
    quotation: str = "",
    deposit: Decimal | None = None,
) -> Order:
    """Begin an order with its first line; the customer sees nothing before it is offered.

    The same again, while it is being written, is the same. Raises NotAuthorised, and OrderRefused
    for a closed account or a line that can't be.
    """
    actor = require_staff(account, by, at)
    with transaction.atomic():
        kept = lock_account(account.pk)
        require_open_account(kept)
        require_line(kept, line)
        drafts = Order.objects.filter(
            account=kept, state=OrderState.DRAFT, quotation=quotation, drafted_by=by
        )
        for known in drafts.filter(deposit=deposit):
            if same_line(known, line) is not None:
                return known
        row = Order.objects.create(
            account=kept,
            reference=new_reference("N"),
            quotation=quotation,
            deposit=deposit or None,
            drafted_at=at,
            drafted_by=by,
        )
        add_to(row, line)
        require_believable(row, at)
        note(row, "draft_order", at, actor, what=line.label)
    return row


def add_line(*, order: Order, line: LineWish, by: User, at: datetime) -> OrderLine:
    """Add a line to an order that is being written; the same line again is the same.

    More of the same is a quantity. Raises NotAuthorised, OrderRefused.
    """
    actor = require_staff(order.account, by, at)
    with transaction.atomic():
        row = locked(order)
        _require_draft(row)
        require_line(row.account, line)
        known = same_line(row, line)
        if known is not None:
            return known
        if row.lines.count() >= MOST_LINES:
            raise OrderRefused(f"An order has up to {MOST_LINES} lines: write a second one.")
        made = add_to(row, line)
        require_believable(row, at)
        note(row, "change_order", at, actor, what=f"Added: {line.label}")
    return made


def remove_line(*, line: OrderLine, by: User, at: datetime) -> None:
    """Take a line out of an order that is being written. Raises NotAuthorised, OrderRefused."""
    actor = require_staff(line.order.account, by, at)
    with transaction.atomic():
        row = locked(line.order)
        _require_draft(row)
        if row.lines.count() == 1:
            raise OrderRefused("It is the only line: cancel the order instead.")
        PortIn.objects.filter(line=line).delete()
        row.lines.filter(pk=line.pk).delete()
        note(row, "change_order", at, actor, what=f"Took out: {line.label}")


def check_capacity(
    *, order: Order, outcome: Outcome, reasons: str, by: User, at: datetime
) -> CapacityCheck:
    """Note whether the customer can pay what an order commits to, how it was found out, by whom.

    A no ends the order, and they are told the reasons (RF-TCP-25). The same again is the same.
    Raises NotAuthorised, OrderRefused.
    """
    actor = require_staff(order.account, by, at)
    with transaction.atomic():
        row = locked(order)
        on = today_of(row.account, at)
        same = row.capacity_checks.filter(finding=outcome, reasons=reasons).first()
        if same is not None and same.value == figures(row, on).total.inc:
            return same
        if row.state not in UNOFFERED:
            _require_draft(row)
        if not reasons.strip():
            raise OrderRefused("Say how it was found out: it is kept.")
        value = figures(row, on).total.inc
        found = assessment(row, value, on)
        check = CapacityCheck.objects.create(
            order=row,
            value=value,
            finding=outcome,
            reasons=reasons,
            because=found.because,
            checked_at=at,
            checked_by=by,
        )
        if outcome == Outcome.CANNOT_PAY:
            step(row, OrderAct.REFUSE, at=at, by=by, why=reasons[:300])
        note(
            row,
            "check_capacity",
            at,
            actor,
            why=reasons,
            because=found.because,
            what=check.get_finding_display(),
            amount=str(value),
        )
        if outcome == Outcome.CANNOT_PAY:
            tell_of(
                row,
                Word(
                    headline="We can't offer you what you asked for",
                    body=f"We looked at whether you can pay {in_dollars(value)} over the whole "
                    f"term. {reasons.strip().rstrip('.')}. Nothing was agreed and nothing is "
                    "owed. Ask us for something smaller, or tell us what has changed.",
                    because=found.because,
                ),
                at,
            )
    return check


def _require_draft(row: Order) -> None:
    if row.state != OrderState.DRAFT:
        raise OrderRefused(
            "It was offered already, so nothing in it changes: cancel it and write another."
        )


def require_line(account: Account, line: LineWish) -> None:
    """Refuse what can't be ordered, with what to do."""
    if line.plan is not None:
        _require_plan(account, line.plan)
    if line.plan is None and line.once is None:
        raise OrderRefused("Choose a plan, or give what it costs once.")
    if line.plan is None and (line.months is not None or line.unit_fee is not None):
        raise OrderRefused("What is paid each month needs a plan: choose the nearest one.")
    if not 1 <= line.quantity <= MOST_OF_A_LINE:
        raise OrderRefused(f"Give how many: 1 to {MOST_OF_A_LINE:,}.")
    if line.months is not None and not 1 <= line.months <= MONTHS_MOST:
        raise OrderRefused(f"Give a term of 1 to {MONTHS_MOST} months, or leave it empty.")
    for price in (line.unit_fee, line.once):
        if price is not None and price < ZERO:
            raise OrderRefused("A price is not below $0.00.")
    if line.numbers and line.plan is None:
        raise OrderRefused("Numbers move in with a service: choose its plan.")
    if not line.label.strip():
        raise OrderRefused("Say what it is, as the customer reads it.")


def _require_plan(account: Account, plan: Plan) -> None:
    if plan.provider_id != account.customer.provider_id:
        raise OrderRefused("This plan is another provider's: choose one of the customer's.")
    if not plan.is_listed:
        raise OrderRefused(f"{plan.name} is not offered now: choose another plan.")


def require_believable(row: Order, at: datetime) -> None:
    """Refuse sums that nobody means."""
    fresh = Order.objects.get(pk=row.pk)
    fresh.account = row.account
    rough = sum(
        (
            (one.unit_fee or ZERO) * one.quantity * (one.months or 1) + (one.once or ZERO)
            for one in fresh.lines.all()
        ),
        ZERO,
    )
    if rough >= LARGEST:
        raise OrderRefused(
            f"Together it comes to more than {in_dollars(LARGEST)}: look at the price, the number "
            "and the months again."
        )


def _facts(line: LineWish) -> dict[str, object]:
    fee = line.unit_fee
    if fee is None and line.plan is not None:
        fee = line.plan.monthly_fee
    return {
        "plan": line.plan,
        "label": line.label.strip(),
        "identifier": line.identifier.strip(),
        "quantity": line.quantity,
        "unit_fee": fee,
        "basis": line.basis,
        "months": line.months,
        "once": line.once,
        "vendor": line.vendor.strip(),
    }


def same_line(row: Order, line: LineWish) -> OrderLine | None:
    """The line of an order that says the same, or None."""
    return row.lines.filter(**_facts(line)).first()


def add_to(row: Order, line: LineWish) -> OrderLine:
    """Write a line into an order, with the numbers that move in."""
    made: OrderLine = row.lines.create(**_facts(line))
    if line.numbers.strip():
        PortIn.objects.create(line=made, numbers=line.numbers.strip())
    return made
