"""Orders of people without a log-in: a new customer's first one, and one signed on paper."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from contracts.orders.models import Order
from contracts.orders.selectors import is_open
from contracts.orders.states import OrderState
from parties.accounts.models import Account, Provider
from parties.accounts.services import NewCustomer, open_customer
from parties.appointments.services import invite_holder
from parties.authority import selectors as authority
from parties.people.models import User
from terms.calendar import in_words

from .answering import agree
from .base import OrderRefused, locked, require_open_account, require_staff, today_of
from .drafting import LineWish, draft_order, same_line


def order_for_new_customer(
    *,
    provider: Provider,
    who: NewCustomer,
    line: LineWish,
    by: User,
    at: datetime,
    quotation: str = "",
    deposit: Decimal | None = None,
) -> Order:
    """Take down a new customer with an account and the first line of an order, all or nothing.

    They are invited to claim the account. The same twice is one. Raises NotAuthorised, and
    OrderRefused for somebody who is a customer already, or a line that can't be.
    """
    with transaction.atomic():
        # Two who take down the same customer at once: the second finds what the first made.
        Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
        known = Account.objects.filter(
            customer__provider=provider,
            customer__name__iexact=who.name,
            customer__email__iexact=who.email,
        ).first()
        if known is not None:
            return _same_order(known, line, by, at)
        account = open_customer(provider=provider, who=who, at=at)
        order = draft_order(
            account=account, by=by, at=at, line=line, quotation=quotation, deposit=deposit
        )
        invite_holder(account=account, email=who.email, at=at, by=require_staff(account, by, at))
    return order


def accept_on_paper(
    *,
    order: Order,
    ticked: Collection[int],
    signed_as: str,
    signed_on: date,
    total_signed: Decimal,
    by: User,
    at: datetime,
) -> Order:
    """Take down that somebody without a log-in signed an offer on paper.

    `ticked` are the keys of what the paper confirms, `total_signed` the total over the term that
    it names, in dollars, GST included. It counts from today, the day on which it is here. Taken
    down twice it is once. Raises NotAuthorised; TicksMissing; OrderRefused where somebody holds
    the account in the portal, for another total, or a day outside the offer's. (RF-TCP-23.)
    """
    actor = require_staff(order.account, by, at)
    with transaction.atomic():
        row = locked(order)
        require_open_account(row.account)
        if row.state in (OrderState.ACCEPTED, OrderState.DONE):
            return row
        if authority.holder(row.account) is not None:
            raise OrderRefused("They have a log-in: they accept it there, after a second factor.")
        today = today_of(row.account, at)
        if not is_open(row, today):
            raise OrderRefused("This offer is over: make a new one, and let them sign that.")
        offered_on = today_of(row.account, row.offered_at or at)
        if not offered_on <= signed_on <= today:
            raise OrderRefused(
                f"Give the day on the paper: from {in_words(offered_on)} to {in_words(today)}."
            )
        if total_signed != row.total_inc:
            raise OrderRefused("That is not the total of this offer: did they sign another one?")
        return agree(
            row,
            ticked=ticked,
            signed_as=signed_as,
            by=by,
            rests_on=f"On paper, signed {signed_on.isoformat()}",
            actor=actor,
            at=at,
            signed_on=signed_on.isoformat(),
        )


def _same_order(known: Account, line: LineWish, by: User, at: datetime) -> Order:
    """What the same member of staff wrote for them a moment ago. Raises OrderRefused."""
    require_staff(known, by, at)
    drafts = Order.objects.filter(account=known, state=OrderState.DRAFT, drafted_by=by)
    for draft in drafts:
        if same_line(draft, line) is not None:
            return draft
    raise OrderRefused(
        f"They are a customer already, account {known.number}: write the order there."
    )
