"""Draw bills from kept cards on their day: asked of the gateway once, whatever dies meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import structlog
from django.db import transaction

from billing.ledger.models import OpenItem
from billing.payments.models import Draw, OnlinePayment
from billing.payments.selectors import unanswered, why_not_drawn
from billing.payments.states import (
    DRAW,
    ONLINE_PAYMENT,
    DrawAct,
    DrawState,
    MandateKind,
    OnlineAct,
    OnlineState,
    PaymentMethod,
)
from parties.accounts.selectors import zone_of
from parties.accounts.services import lock_account
from parties.authority.selectors import local_day
from records.audit.services import record
from records.sweeps import each
from terms.money import ZERO

from .draws import latest_day, locked_draw, plan_draws
from .gateway import Charge, GatewayDown, Word, gateway_of
from .hearing import hear

log = structlog.get_logger(__name__)

# Nothing is drawn before the customer's morning: who wakes up to the letter can still act.
MORNING = 6
# What the gateway has not answered is asked about again after so long.
ASK_AGAIN = timedelta(minutes=10)


def charge_cards(*, at: datetime) -> int:
    """Draw from cards what is planned for today, and ask about what was not answered.

    Return how many draws moved. A draw is first put on its way, in a transaction of its own; then
    the gateway is asked under the payment's own name. A process that dies in between, or a gateway
    that does not answer, leaves a draw on its way: the next sweep looks at the gateway for that
    name before it asks once more.
    """
    due = Draw.objects.filter(
        state=DrawState.PLANNED, mandate__kind=MandateKind.CARD, on__lte=latest_day(at)
    )
    count = each(due.select_related("account"), lambda row: _begin(row, at), at=at)
    waiting = unanswered(Draw.objects.all()).order_by("pk")
    rows = waiting.select_related("account__customer__provider", "mandate", "online", "invoice")
    return count + sum(_ask(row, at) for row in list(rows))


def _begin(found: Draw, at: datetime) -> int:
    """Put a draw on its way, if it is still to be drawn today; return 1 if it was."""
    account = lock_account(found.account_id)
    if at.astimezone(zone_of(account)).hour < MORNING:
        return 0
    plan_draws(account, at=at)
    row = locked_draw(found)
    if row.state != DrawState.PLANNED or row.on > local_day(account, at):
        return 0
    row.online = OnlinePayment.objects.create(
        account=account,
        key=uuid4(),
        amount=row.amount,
        surcharge=row.surcharge,
        method=PaymentMethod.CARD,
        cards=row.mandate.card,
        towards=row.invoice,
        because=row.because,
        started_at=at,
        started_by_id=row.mandate.agreed_by_id,
    )
    row.state = DRAW.after(DrawState(row.state), DrawAct.CHARGE)
    row.save(update_fields=["state", "online"])
    record(
        account_id=account.pk,
        at=at,
        action="charge_card",
        subject=row.invoice.number,
        after={"amount": str(row.total), "reference": row.online.reference},
        because=row.because,
    )
    return 1


def _ask(row: Draw, at: datetime) -> int:
    """Ask the gateway for a draw that is on its way; return 1 if it moved."""
    online = row.online
    if online is None:
        return 0
    asked = online.asked_at
    if asked is not None and asked > at - ASK_AGAIN:
        return 0
    # One process at a time, and what comes after knows that it may have been asked for.
    mine = OnlinePayment.objects.filter(pk=online.pk, asked_at=asked).update(asked_at=at)
    if not mine:
        return 0
    kept = Draw.objects.filter(pk=row.pk)
    try:
        word = _word(row, online, at, is_first=asked is None)
    except GatewayDown as failure:
        log.warning("gateway_not_reached", why=str(failure))
        kept.update(problem=f"The gateway did not answer: {failure}"[:300], problem_at=at)
        return 0
    if word is not None:
        hear(provider=row.account.customer.provider, word=word, at=at)
    kept.update(problem="", problem_at=None)
    return int(not kept.filter(state=DrawState.SENT).exists())


def _word(row: Draw, online: OnlinePayment, at: datetime, *, is_first: bool) -> Word | None:
    """What the gateway says of a draw; None where it is not asked for after all."""
    gateway = gateway_of(row.account.customer.provider.key)
    if gateway is None:
        raise GatewayDown("no gateway")
    reference = str(online.public_id)
    if not is_first:
        known = gateway.charged(row.mandate.payer, reference, at=at)
        if known is not None:
            return known
        if _give_up(row, at):
            return None
    provider = row.account.customer.provider
    return gateway.charge(
        Charge(
            reference=reference,
            total=online.total,
            what=f"{provider.name}, bill {row.invoice.number}",
            token=row.mandate.token,
            payer=row.mandate.payer,
        ),
        at=at,
    )


def _give_up(found: Draw, at: datetime) -> bool:
    """Leave out what nobody has asked for yet and must not be drawn any more; True if it was."""
    with transaction.atomic():
        account = lock_account(found.account_id)
        row = locked_draw(found)
        row.account = row.mandate.account = account
        if row.state != DrawState.SENT or row.online is None:
            return True
        barred = why_not_drawn(row.mandate, local_day(account, at), at)
        if barred is None and _open(row) >= row.amount:
            return False
        online = OnlinePayment.objects.select_for_update(of=("self",)).get(pk=row.online.pk)
        online.state = ONLINE_PAYMENT.after(OnlineState(online.state), OnlineAct.LAPSE)
        online.settled_at = at
        online.save(update_fields=["state", "settled_at"])
        row.state = DRAW.after(DrawState(row.state), DrawAct.GIVE_UP)
        row.reason = barred.words if barred else "All of it is contested or paid otherwise"
        row.ended_at = at
        row.save(update_fields=["state", "reason", "ended_at"])
    return True


def _open(row: Draw) -> Decimal:
    """What of a bill is open and not contested, in dollars."""
    item = OpenItem.objects.filter(invoice=row.invoice_id).first()
    return item.amount - item.held if item is not None else ZERO
