"""What an order costs, over which term, under which version, and whether it must be assessed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from contracts.agreements.selectors import ask, version_of_paper
from contracts.catalogue.models import Plan
from contracts.orders.models import Order, OrderLine
from contracts.orders.states import MONTHS_MOST
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from terms import library, rules
from terms.binding import Binding
from terms.calendar import State, last_day_of_term
from terms.facts import BadFacts
from terms.money import ZERO
from terms.rules.lines import LineAmounts, PriceBasis

Reasons = list[dict[str, Any]]
QUOTE = "quote"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Sum:
    """Dollars before GST and with it."""

    ex: Decimal
    inc: Decimal


@dataclass(frozen=True, kw_only=True)
class LineFigures:
    """One line: what it costs a month, once, and over its term.

    `months` is the minimum term as ordered, or as the terms fill a blank one; None: month to
    month, of which one month is committed to. `leaving` is what ending it on its first day would
    cost by the terms, GST included, the most there is; None: not computed here, see the clause.
    """

    line: OrderLine
    months: int | None
    monthly: Sum
    once: Sum
    total: Sum
    leaving: Decimal | None
    term_because: Reasons
    leaving_because: Reasons


@dataclass(frozen=True, kw_only=True)
class OrderFigures:
    """All lines and their sums in dollars."""

    lines: list[LineFigures]
    monthly: Sum
    once: Sum
    total: Sum
    because: Reasons


@dataclass(frozen=True, kw_only=True)
class Assessed:
    """Whether capacity to pay has to be looked at before an order binds; None: nothing says so."""

    required: bool
    because: Reasons


def version_offered(account: Account, on: date) -> tuple[str, Reasons]:
    """The version of the terms that binds an offer of a day, and why (CP-VAR-02).

    Where no clause ties a paper to a version it is the newest in force on that day: a new
    contract is made under the text of its day, whatever the customer's older ones keep.
    """
    version, because = version_of_paper(account, QUOTE, on)
    return version or library.in_force(account.customer.provider.key, on), because


def bound_of(order: Order, on: date) -> Binding:
    """What binds an order: the version that it was offered under, or would be today."""
    version = order.version or version_offered(order.account, on)[0]
    return binding(order.account, on, version=version)


def figures(order: Order, on: date) -> OrderFigures:
    """What an order costs a month, once, and over its term (rules line_amounts, term_end)."""
    bound = bound_of(order, on)
    lines = [_line(one, bound, on) for one in live_lines(order)]
    kept = [one.line for one in lines]
    months = [one.months or 1 for one in lines]
    monthly, because = _sum(bound, [(one, 1, False) for one in kept])
    once, _ = _sum(bound, [(one, 0, True) for one in kept])
    total, _ = _sum(bound, [(one, many, True) for one, many in zip(kept, months, strict=True)])
    return OrderFigures(lines=lines, monthly=monthly, once=once, total=total, because=because)


def live_lines(order: Order) -> list[OrderLine]:
    """The lines that were not dropped, as written."""
    return [one for one in order.lines.all() if one.dropped_at is None]


def assessment(order: Order, value: Decimal, on: date) -> Assessed:
    """Whether capacity to pay is assessed first, for what is committed to (RF-TCP-25).

    `value` is the total over the term in dollars, GST included.
    """
    answer = ask(bound_of(order, on), rules.capacity_assessment, contract_value=value)
    required = bool(getattr(answer.result, "required", False))
    return Assessed(required=required, because=answer.because)


def line_sum(bound: Binding, line: OrderLine, *, months: int, once: bool) -> Sum:
    """What so many months of a line cost in dollars, and what it costs once if asked for."""
    return _sum(bound, [(line, months, once)])[0]


def _line(line: OrderLine, bound: Binding, on: date) -> LineFigures:
    months, because = _months(line, bound, on)
    monthly = line_sum(bound, line, months=1, once=False)
    leaving, why = _leaving(line, bound, on, months, monthly)
    return LineFigures(
        line=line,
        months=months,
        monthly=monthly,
        once=line_sum(bound, line, months=0, once=True),
        total=line_sum(bound, line, months=months or 1, once=True),
        leaving=leaving,
        term_because=because,
        leaving_because=why,
    )


def _months(line: OrderLine, bound: Binding, on: date) -> tuple[int | None, Reasons]:
    """The minimum term in months as the form or, where it is blank, the terms have it."""
    if line.plan is None:
        return None, []
    answer = ask(
        bound,
        rules.term_end,
        contract_start=on,
        activated_on=on,
        minimum_months=line.months,
        state=State(line.order.account.state),
        service=line.plan.kind,
    )
    ends_on = getattr(answer.result, "ends_on", None)
    if line.months is not None or ends_on is None:
        return line.months, answer.because
    filled = (one for one in range(1, MONTHS_MOST + 1) if last_day_of_term(on, one) >= ends_on)
    return next(filled, None), answer.because


def _leaving(
    line: OrderLine, bound: Binding, on: date, months: int | None, monthly: Sum
) -> tuple[Decimal | None, Reasons]:
    """What ending a line on its first day would cost, with GST (rule early_termination)."""
    if line.plan is None or months is None:
        return None, []
    facts: dict[str, Any] = {
        "contract_start": on,
        "activated_on": on,
        "minimum_months": months,
        "ended_on": on,
        "service": line.plan.kind,
    }
    try:
        answer = ask(bound, rules.early_termination, monthly_fee=monthly.ex, **facts)
        if getattr(answer.result, "basis", None) is PriceBasis.INC:
            answer = ask(bound, rules.early_termination, monthly_fee=monthly.inc, **facts)
    except BadFacts:
        # It counts things that nobody knows before there is a service.
        return None, []
    return getattr(answer.result, "charge_inc", None), answer.because


def _sum(bound: Binding, parts: Iterable[tuple[OrderLine, int, bool]]) -> tuple[Sum, Reasons]:
    """Add up months and single charges of lines as one bill would."""
    rows = [row for line, months, once in parts for row in _rows(line, months, once)]
    if not rows:
        return Sum(ex=ZERO, inc=ZERO), []
    answer = ask(bound, rules.line_amounts, lines=rows)
    return _of(answer.result), answer.because


def _rows(line: OrderLine, months: int, once: bool) -> list[dict[str, Any]]:
    rows = []
    if line.unit_fee and months:
        many = Decimal(line.quantity * months)
        rows.append(_row(line.label, many, line.unit_fee, line.basis))
    if once and line.once:
        rows.append(_row(line.label, Decimal(1), line.once, line.basis))
    return rows


def _row(label: str, quantity: Decimal, price: Decimal, basis: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "description": label,
        "quantity": quantity,
        "unit_price": price,
        "gst": "taxable",
        "from_list": True,
    }
    return row | ({"price_basis": basis} if basis else {})


def _of(answer: LineAmounts) -> Sum:
    return Sum(ex=answer.subtotal_ex or ZERO, inc=answer.total_inc or ZERO)


@dataclass(frozen=True, kw_only=True)
class PlanToOrder:
    """A plan of today's price list as a customer reads it: dollars for one unit."""

    plan: Plan
    monthly: Sum


def plans_to_order(account: Account, on: date) -> list[PlanToOrder]:
    """What can be ordered from the price list, by kind and price. One query for the plans."""
    version, _ = version_offered(account, on)
    bound = binding(account, on, version=version)
    rows = Plan.objects.filter(provider=account.customer.provider_id, is_listed=True)
    found = []
    for plan in rows.order_by("kind", "monthly_fee", "name"):
        line = OrderLine(plan=plan, label=plan.name, quantity=1, unit_fee=plan.monthly_fee)
        found.append(PlanToOrder(plan=plan, monthly=line_sum(bound, line, months=1, once=False)))
    return found
