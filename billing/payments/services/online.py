"""Pay in the portal: open the gateway's page for a payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from billing.invoices.models import Invoice
from billing.payments.models import Mandate, OnlinePayment
from billing.payments.states import OnlineState
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority.selectors import local_day, require, with_customer
from parties.people.models import User
from records.audit.services import record
from terms.facts import Action
from terms.money import in_dollars
from terms.vocabulary import Card

from .amounts import PaymentRefused, require_amount
from .gateway import LEAST, MOST, GatewayDown, Order, gateway_of
from .ways import Way, ways_to_pay


class SurchargeChanged(PaymentRefused):
    """The payer agreed to another surcharge than applies now, or to none yet."""

    def __init__(self, surcharge: Decimal) -> None:
        super().__init__(
            f"Paying this way adds {in_dollars(surcharge)}. Nothing was taken: look at it again."
        )
        self.surcharge = surcharge


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants to pay: dollars without surcharge, with which card or account.

    `key` is the form's own, `agreed` the surcharge that it showed. `kept` is whose card the
    gateway keeps, where that is to pay.
    """

    amount: Decimal
    card: str
    key: UUID
    agreed: Decimal
    towards: Invoice | None = None
    kept: Mandate | None = None


def start_payment(
    *, account: Account, wish: Wish, by: User, back: str, at: datetime
) -> OnlinePayment:
    """Open the gateway's page for a payment; the same form again leads to the same page.

    `back` is where the payer returns to, with {} for the payment's id. Nothing is paid yet. Raises
    NotAuthorised, PaymentRefused, SurchargeChanged, and GatewayDown: then the same form can be
    sent again.
    """
    row = begin_payment(account, wish, by, at)
    if row.address or row.state != OnlineState.STARTED:
        return row
    gateway = gateway_of(account.customer.provider.key)
    if gateway is None:
        raise GatewayDown("no gateway")
    opened = gateway.open(
        Order(
            reference=str(row.public_id),
            total=row.total,
            what=f"{account.customer.provider.name}, account {account.number}",
            cards=_cards(row),
            email=by.email,
            back=f"{back.format(row.public_id)}?done=1",
            cancelled=back.format(row.public_id),
        )
    )
    row.session, row.address = opened.session, opened.address
    # What the gateway has said of it meanwhile stands in other fields.
    row.save(update_fields=["session", "address"])
    return row


def begin_payment(account: Account, wish: Wish, by: User, at: datetime) -> OnlinePayment:
    """The row of a payment that somebody starts, or the one that the same form has started.

    Raises what `start_payment` raises, but for the gateway.
    """
    require_amount(wish.amount)
    if not LEAST <= wish.amount <= MOST:
        raise PaymentRefused(
            f"Pay between {in_dollars(LEAST)} and {in_dollars(MOST)} at once in the portal."
        )
    with transaction.atomic():
        locked = lock_account(account.pk)
        on = local_day(locked, at)
        decision = require(by, Action.PAY_BILL, locked, on=on, at=at)
        known = OnlinePayment.objects.filter(account=locked, key=wish.key).first()
        if known is not None:
            _require_same(known, wish)
            return known
        way = _agreed(locked, wish, on)
        row = OnlinePayment.objects.create(
            account=locked,
            key=wish.key,
            amount=wish.amount,
            surcharge=way.surcharge,
            method=way.method,
            cards=way.key if wish.kept is None else wish.card,
            towards=wish.towards,
            kept=wish.kept,
            because=way.because,
            started_at=at,
            started_by=by,
        )
        record(
            account_id=locked.pk,
            at=at,
            action="start_payment",
            actor=with_customer(by, decision),
            subject=row.reference,
            after={"amount": str(row.amount), "method": row.get_method_display()},
            because=way.because,
        )
    return row


def _require_same(known: OnlinePayment, wish: Wish) -> None:
    """Raise PaymentRefused where a form that was sent comes again with something else in it."""
    kept = wish.kept.pk if wish.kept is not None else None
    is_same = known.amount == wish.amount and known.kept_id == kept
    if not is_same or wish.card not in _cards(known):
        raise PaymentRefused(
            f"This form has begun a payment of {in_dollars(known.amount)} already. To pay "
            "something else, send it once more."
        )


def _agreed(account: Account, wish: Wish, on: date) -> Way:
    """The way that was chosen, if it is still offered at the surcharge that was shown."""
    way = ways_to_pay(account, amount=wish.amount, on=on).of(wish.card)
    if way is None:
        raise PaymentRefused("This way to pay is not offered: choose another.")
    if way.surcharge != wish.agreed:
        raise SurchargeChanged(way.surcharge)
    return way


def _cards(row: OnlinePayment) -> tuple[Card, ...]:
    return tuple(map(Card, row.cards.split("-")))
