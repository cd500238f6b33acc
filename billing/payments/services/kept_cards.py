"""Pay once with a card that the gateway keeps, and warn before such a card runs out."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db.models import QuerySet

from billing.payments.models import Mandate, OnlinePayment
from billing.payments.selectors import kept_card
from billing.payments.states import MandateKind, MandateState, OnlineState
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority.selectors import local_day
from parties.people.models import User
from records.audit.services import SYSTEM
from records.sweeps import each
from terms.calendar import in_words

from .amounts import PaymentRefused
from .gateway import Charge, GatewayDown, gateway_of
from .hearing import hear
from .mandate_letters import note_mandate, tell_of
from .mandates import require_right
from .online import Wish, begin_payment

log = structlog.get_logger(__name__)

# So long before its last day whoever pays by a card is told (house rule: neither terms nor law
# say when); never again of the same card.
WARN_BEFORE = timedelta(days=30)


def pay_with_kept_card(*, account: Account, wish: Wish, by: User, at: datetime) -> OnlinePayment:
    """Pay with the card that the account's bills are paid by; the same form again pays once.

    The payment is kept before the gateway is asked under its name. Without an answer it stays
    begun, and beat looks at the gateway for that name; then it was taken, or it was not. Raises
    NotAuthorised, PaymentRefused, SurchargeChanged.
    """
    on = local_day(account, at)
    require_right(by, account, on, at)
    card = kept_card(account, on)
    if card is None or wish.kept is None or wish.kept.pk != card.pk:
        raise PaymentRefused("This card can't be used any more: choose another way to pay.")
    row = begin_payment(account, wish, by, at)
    # Whoever sends the form twice, or at the same moment, asks once.
    mine = OnlinePayment.objects.filter(pk=row.pk, state=OnlineState.STARTED, asked_at=None)
    if not mine.update(asked_at=at):
        row.refresh_from_db()
        return row
    provider = account.customer.provider
    gateway = gateway_of(provider.key)
    try:
        if gateway is None:
            raise GatewayDown("no gateway")
        word = gateway.charge(
            Charge(
                reference=str(row.public_id),
                total=row.total,
                what=f"{provider.name}, account {account.number}",
                token=card.token,
                payer=card.payer,
            ),
            at=at,
        )
    except GatewayDown as failure:
        log.warning("gateway_not_reached", why=str(failure))
    else:
        hear(provider=provider, word=word, at=at)
    row.refresh_from_db()
    return row


def warn_of_cards(*, at: datetime) -> int:
    """Tell, once for each card, that it runs out in the next 30 days; return how many."""
    return each(_running_out(at), lambda row: _warn(row, at), at=at)


def _running_out(at: datetime) -> QuerySet[Mandate]:
    rows = Mandate.objects.filter(
        kind=MandateKind.CARD,
        warned_at__isnull=True,
        valid_to__lte=(at + WARN_BEFORE).date(),
        valid_to__gte=(at - timedelta(days=1)).date(),
    )
    return rows.exclude(state=MandateState.ENDED).select_related("account__customer__provider")


def _warn(found: Mandate, at: datetime) -> int:
    account = lock_account(found.account_id)
    row = Mandate.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if row.warned_at is not None or row.state == MandateState.ENDED or row.valid_to is None:
        return 0
    row.account = account
    row.warned_at = at
    row.save(update_fields=["warned_at"])
    note_mandate(row, "warn_of_card", SYSTEM, at)
    tell_of(
        row,
        f"Your card runs out on {in_words(row.valid_to)}",
        f"Your bills are paid by {row.source}. After that day its bank may pay nothing more. If "
        "you have a new card, give it in the portal; what is signed for "
        "the old one ends then. You can also pay another way.",
        at,
    )
    return 1
