"""A customer asks for something of the price list: offered at once, or looked at first."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from contracts.catalogue.models import Plan
from contracts.orders.models import Order
from contracts.orders.selectors import assessment, figures, is_open
from contracts.orders.states import OrderState
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.people.models import User
from records.references import new_reference
from terms.facts import Action

from .base import OrderRefused, locked, note, require_open_account, today_of
from .drafting import LineWish, add_to, require_believable, require_line, same_line
from .letters import Word, tell_of
from .offering import make_offer

# How long an offer of the price list stands: a rule of ours; no terms name it.
STANDS = timedelta(days=14)
# So that nobody fills the queue of those who look at orders.
MOST_ASKED = 5


def ask_order(
    *,
    account: Account,
    plan: Plan,
    quantity: int,
    by: User,
    at: datetime,
    numbers: str = "",
) -> Order:
    """Ask for a plan of today's price list; nothing is agreed by it.

    What nobody has to look at is offered at once for 14 days, with its summary. Where capacity to
    pay is assessed first, it waits for staff. `numbers` are those that move in, as written at the
    old provider. The same again, while it is asked for or offered, is the same. Raises
    NotAuthorised, also for staff, who write orders themselves; OrderRefused for what can't be, or
    once five are open. (RF-TCP-23, RF-TCP-25.)
    """
    on = today_of(account, at)
    decision = authority.require(by, Action.OPEN_SERVICE, account, on=on, at=at)
    if by.is_staff:
        raise authority.NotAuthorised(decision, Action.OPEN_SERVICE)
    actor = authority.with_customer(by, decision)
    wish = LineWish(
        label=plan.name[:80],
        plan=plan,
        quantity=quantity,
        months=plan.minimum_months,
        numbers=numbers,
    )
    with transaction.atomic():
        kept = lock_account(account.pk)
        require_open_account(kept)
        require_line(kept, wish)
        standing = Order.objects.filter(
            account=kept, state__in=[OrderState.ASKED, OrderState.OFFERED], drafted_by=by
        )
        for known in standing:
            if same_line(known, wish) is not None and _still_stands(known, kept, at):
                return known
        if standing.filter(state=OrderState.ASKED).count() >= MOST_ASKED:
            raise OrderRefused(
                f"We look at {MOST_ASKED} orders of yours already. Wait for our answer, or take "
                "one back."
            )
        made = Order.objects.create(
            account=kept,
            reference=new_reference("N"),
            state=OrderState.ASKED,
            drafted_at=at,
            drafted_by=by,
        )
        add_to(made, wish)
        require_believable(made, at)
        row = locked(made)
        note(row, "ask_order", at, actor, what=wish.label)
        if assessment(row, figures(row, on).total.inc, on).required:
            tell_of(row, _looked_at(row), at)
            return row
        return make_offer(row, on + STANDS, at=at, by=None, actor=actor)


def _still_stands(row: Order, account: Account, at: datetime) -> bool:
    return row.state == OrderState.ASKED or is_open(row, today_of(account, at))


def _looked_at(row: Order) -> Word:
    return Word(
        headline=f"We have your order {row.reference}",
        body="It commits you to a larger sum, so the law asks us to look first whether it can be "
        "paid. We may ask you something. Then you get an offer with its summary; nothing is "
        "agreed before you accept that.",
    )
