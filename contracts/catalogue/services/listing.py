"""What the price list offers to new orders: entered by one person, agreed by another, on a day.

Nothing here reaches a service that runs: it keeps its plan and its price (ADR 0205).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from contracts.catalogue.models import ListChange, Plan
from contracts.catalogue.states import (
    LIST_CHANGE,
    LIST_OPEN,
    ListAct,
    ListKind,
    ListState,
    ServiceKind,
)
from parties.accounts.models import Provider
from parties.people.models import User
from records.sweeps import each
from terms.calendar import in_words, months_on
from terms.money import ZERO, in_dollars

from .prices import replace_list_price
from .rights import needs_two, provider_day, require_right

ENTERS, DECIDES = "contracts.add_plan", "contracts.change_plan"
FURTHEST_MONTHS = 36
MONTHS_MOST = 120
# Beyond it somebody mistyped: no plan of these providers comes near it.
DEAREST = Decimal("1000000")
PERIODS = (1, 3, 6, 12)
ONE_DAY = timedelta(days=1)


class ListRefused(Exception):
    """The list can't be changed so; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A plan as it enters the list.

    `monthly_fee` and `call_rate` are dollars, the fee in the GST basis of the provider's list,
    the rate per minute without GST; `minimum_months` None is month to month.
    """

    code: str
    name: str
    kind: ServiceKind
    monthly_fee: Decimal
    call_rate: Decimal | None = None
    minimum_months: int | None = None
    every_months: int = 1
    includes: str = ""


def enter_plan(
    *, provider: Provider, offer: Offer, on: date, why: str, by: User, at: datetime
) -> ListChange:
    """Enter a plan that new orders can choose from a day on, once a second person agrees.

    The same plan entered twice is one. Raises NotAuthorised, and ListRefused for a code in use,
    a price or term that can't be, a day that is over, or no reason.
    """
    require_right(by, provider, ENTERS)
    _require_day(provider, on, why, at)
    _require_offer(offer)
    with transaction.atomic():
        Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
        known = Plan.objects.filter(provider=provider, code=offer.code).first()
        if known is not None:
            waits = known.list_changes.filter(kind=ListKind.NEW, on=on, state__in=LIST_OPEN)
            same = waits.first()
            if same is not None and _offer_of(known) == offer:
                return same
            raise ListRefused(
                f"The code “{offer.code}” is in use, if only by a plan that was refused: choose "
                "another."
            )
        plan = Plan.objects.create(provider=provider, is_listed=False, **vars(offer))
        return _enter(plan, ListKind.NEW, on, why, by, at, monthly_fee=offer.monthly_fee)


def enter_price(
    *, plan: Plan, monthly_fee: Decimal, on: date, why: str, by: User, at: datetime
) -> ListChange:
    """Enter what new orders pay for a plan from a day on; whoever has it goes on as before.

    Twice is one. Raises NotAuthorised, and ListRefused for a plan that is not offered, a price
    that can't be or is the same, a day that is over, or no reason.
    """
    require_right(by, plan.provider, ENTERS)
    _require_day(plan.provider, on, why, at)
    _require_price(monthly_fee)
    with transaction.atomic():
        row = _locked_plan(plan)
        _require_listed(row)
        if row.monthly_fee == monthly_fee:
            raise ListRefused("The list has that price already: nothing would change.")
        same = _waiting(row, ListKind.PRICE, on)
        if same is None:
            return _enter(row, ListKind.PRICE, on, why, by, at, monthly_fee=monthly_fee)
        if same.monthly_fee != monthly_fee:
            raise ListRefused(
                f"For {in_words(on)} {in_dollars(same.monthly_fee or ZERO)} is entered: drop that "
                "first."
            )
        return same


def enter_end(*, plan: Plan, on: date, why: str, by: User, at: datetime) -> ListChange:
    """Enter that a plan is not offered from a day on; whoever has it keeps it.

    Twice is one. Raises NotAuthorised, and ListRefused for a plan that is not offered, a day that
    is over, or no reason.
    """
    require_right(by, plan.provider, ENTERS)
    _require_day(plan.provider, on, why, at)
    with transaction.atomic():
        row = _locked_plan(plan)
        _require_listed(row)
        same = _waiting(row, ListKind.END, on)
        return same or _enter(row, ListKind.END, on, why, by, at)


def decide_list_change(
    *, change: ListChange, approve: bool, by: User, at: datetime, why: str = ""
) -> ListChange:
    """Agree to what somebody else entered, or refuse it with a reason.

    Agreed on a later day than asked for, it holds from that later day: no order that was signed
    meanwhile pays another price. Raises NotAuthorised, IllegalStep, and ListRefused for whoever
    entered it, or a no without a reason.
    """
    require_right(by, change.provider, DECIDES)
    with transaction.atomic():
        row = _locked(change)
        if row.entered_by_id == by.pk and needs_two(row.provider):
            raise ListRefused("Whoever entered it can't decide: another person has to.")
        if not approve and not why.strip():
            raise ListRefused("A refusal gives its reason.")
        if approve:
            row.on = max(row.on, provider_day(row.provider, at))
        _move(row, ListAct.AGREE if approve else ListAct.REFUSE, by, at, why)
        if approve:
            _carry(row, at)
    return row


def drop_list_change(*, change: ListChange, by: User, at: datetime, why: str) -> ListChange:
    """Take back what has not come into the list yet.

    Twice is once. Raises NotAuthorised, IllegalStep once it has come, and ListRefused without a
    reason.
    """
    require_right(by, change.provider, ENTERS)
    if not why.strip():
        raise ListRefused("Say why. It is kept.")
    with transaction.atomic():
        row = _locked(change)
        if row.state != ListState.DROPPED:
            _move(row, ListAct.DROP, by, at, why)
    return row


def carry_list_changes(*, at: datetime) -> int:
    """Let the list follow what was agreed for a day that has come; return how many did."""
    due = ListChange.objects.filter(state=ListState.AGREED, on__lte=at.date() + ONE_DAY)

    def one(change: ListChange) -> bool:
        with transaction.atomic():
            return _carry(_locked(change), at)

    return each(due.order_by("on", "pk"), one, at=at)


def _carry(row: ListChange, at: datetime) -> bool:
    if row.state != ListState.AGREED or row.on > provider_day(row.provider, at):
        return False
    if row.kind == ListKind.PRICE and row.monthly_fee is not None:
        replace_list_price(plan=row.plan, monthly_fee=row.monthly_fee, on=row.on)
    else:
        Plan.objects.filter(pk=row.plan_id).update(is_listed=row.kind == ListKind.NEW)
    row.state = LIST_CHANGE.after(ListState(row.state), ListAct.DO)
    row.done_at = at
    row.save(update_fields=["state", "done_at"])
    return True


def _enter(
    plan: Plan,
    kind: ListKind,
    on: date,
    why: str,
    by: User,
    at: datetime,
    monthly_fee: Decimal | None = None,
) -> ListChange:
    row = ListChange.objects.create(
        provider=plan.provider,
        plan=plan,
        kind=kind,
        on=on,
        monthly_fee=monthly_fee,
        why=why.strip(),
        entered_by=by,
        entered_at=at,
    )
    if not needs_two(plan.provider):
        _move(row, ListAct.AGREE, by, at, "")
        _carry(row, at)
    return row


def _move(row: ListChange, act: ListAct, by: User, at: datetime, why: str) -> None:
    row.state = LIST_CHANGE.after(ListState(row.state), act)
    row.decided_by, row.decided_at, row.decided_why = by, at, why.strip()
    row.save(update_fields=["state", "on", "decided_by", "decided_at", "decided_why"])


def _locked(change: ListChange) -> ListChange:
    rows = ListChange.objects.select_for_update(of=("self",))
    return rows.select_related("provider", "plan__provider").get(pk=change.pk)


def _locked_plan(plan: Plan) -> Plan:
    rows = Plan.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("provider").get(pk=plan.pk)


def _waiting(plan: Plan, kind: ListKind, on: date) -> ListChange | None:
    return plan.list_changes.filter(kind=kind, on=on, state__in=LIST_OPEN).first()


def _offer_of(plan: Plan) -> Offer:
    return Offer(**{name: getattr(plan, name) for name in Offer.__dataclass_fields__})


def _require_listed(plan: Plan) -> None:
    if not plan.is_listed:
        raise ListRefused(f"{plan.name} is not in the list: enter a new plan instead.")


def _require_day(provider: Provider, on: date, why: str, at: datetime) -> None:
    today = provider_day(provider, at)
    furthest = months_on(today, FURTHEST_MONTHS)
    if not today <= on <= furthest:
        raise ListRefused(f"Choose a day from {in_words(today)} to {in_words(furthest)}.")
    if not why.strip():
        raise ListRefused("Say why. It is kept.")


def _require_price(fee: Decimal) -> None:
    if not ZERO <= fee <= DEAREST:
        raise ListRefused(f"Give a price from $0.00 to {in_dollars(DEAREST)} a month.")


def _require_offer(offer: Offer) -> None:
    _require_price(offer.monthly_fee)
    if offer.call_rate is not None:
        _require_price(offer.call_rate)
    if offer.minimum_months is not None and not 1 <= offer.minimum_months <= MONTHS_MOST:
        raise ListRefused(f"Give a term of 1 to {MONTHS_MOST} months, or leave it empty.")
    if offer.every_months not in PERIODS:
        raise ListRefused("A plan is billed each month, or for 3, 6 or 12 months at once.")
    if not offer.name.strip():
        raise ListRefused("Give the plan's name, as customers read it.")
