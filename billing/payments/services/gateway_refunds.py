"""Give money back through the gateway: asked once, whatever dies meanwhile, until it says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q

from billing.payments.models import GatewayEvent, OnlinePayment, Refund
from billing.payments.states import RefundState, RefundWay
from parties.accounts.models import Provider
from parties.accounts.services import lock_account
from terms.lifecycle import IllegalStep
from terms.money import in_dollars

from .gateway import CURRENCY, GatewayDown, Return, Said, Word, gateway_of
from .gateway_events import keep_for_staff, note_event
from .refund_outcomes import refund_arrived, refund_failed

log = structlog.get_logger(__name__)

# What the gateway has not answered is asked about again after so long; what waits for a bank, too.
ASK_AGAIN, ASK_OF_WAITING = timedelta(minutes=10), timedelta(hours=6)
BATCH = 50
NOBODYS = "Money was given back at the gateway, and nobody asked for it here."


def send_refunds(*, at: datetime) -> int:
    """Ask the gateway for refunds that are on their way; return how many moved.

    A refund was put on its way before, in a transaction of its own, and its credit is gone from
    that moment. The gateway is asked under the refund's own name. A process that dies in between,
    or a gateway that does not answer, leaves it on its way: the next sweep looks at the gateway
    for that name before it asks once more.
    """
    rows = Refund.objects.filter(
        Q(gateway_asked_at__isnull=True)
        | Q(gateway_asked_at__lte=at - ASK_AGAIN, money="")
        | Q(gateway_asked_at__lte=at - ASK_OF_WAITING),
        state=RefundState.GOING,
        way=RefundWay.GATEWAY,
    )
    rows = rows.select_related("account__customer__provider", "of").order_by("pk")
    return sum(_ask(row, at) for row in list(rows[:BATCH]))


def hear_of_refund(*, provider: Provider, word: Word, at: datetime) -> str:
    """Act on what the gateway says of money that goes back. Return what became of it.

    Said twice it changes nothing more; what does not fit is kept for staff. The name of a try that
    was given up says nothing of the one that followed.
    """
    with transaction.atomic():
        row = _meant(provider, word)
        if row is not None:
            lock_account(row.account_id)
            row = Refund.objects.select_for_update(of=("self",)).get(pk=row.pk)
        event = note_event(provider, word, row.of if row else _paid(provider, word), at)
        if event is None and word.event:
            return "heard already"
        if row is None:
            if _is_known(event, word):
                return "nothing new: staff know of it"
            return keep_for_staff(event, NOBODYS)
        problem = _problem(row, word)
        if problem:
            return keep_for_staff(event, problem)
        return _act(row, word, at)


def _meant(provider: Provider, word: Word) -> Refund | None:
    """The refund that is meant, by our reference."""
    name = word.reference.rpartition("-")[0]
    try:
        public_id = UUID(name)
    except ValueError:
        return None
    rows = Refund.objects.filter(account__customer__provider=provider, way=RefundWay.GATEWAY)
    return rows.filter(public_id=public_id).select_related("account").first()


def _paid(provider: Provider, word: Word) -> OnlinePayment | None:
    """The payment of which money goes back."""
    if not word.session:
        return None
    mine = OnlinePayment.objects.filter(account__customer__provider=provider)
    return mine.filter(money=word.session).first()


def _is_known(event: GatewayEvent | None, word: Word) -> bool:
    """Whether staff were told of a refund before that nobody asked for here."""
    if event is None:
        return False
    told = GatewayEvent.objects.filter(provider=event.provider, money=word.money, problem=NOBODYS)
    return told.exists()


def _problem(row: Refund, word: Word) -> str:
    """Why nothing can follow from what was said; empty where something can."""
    if word.reference != row.reference:
        gave = word.said is Said.PAID
        return "An earlier try, which was given up, was paid back after all." if gave else ""
    if word.said is Said.FAILED:
        return ""
    if word.currency != CURRENCY:
        return f"It is in {word.currency}, and we asked for {CURRENCY}."
    if word.amount != row.amount:
        given = "no amount" if word.amount is None else in_dollars(word.amount)
        return f"It is about {given}, and we asked for {in_dollars(row.amount)}."
    if word.said is Said.PAID and row.state in (RefundState.FAILED, RefundState.REFUSED):
        return "It was paid back after all, and had failed before."
    return ""


def _act(row: Refund, word: Word, at: datetime) -> str:
    nothing_new = f"nothing new: it is {row.get_state_display().lower()}"
    if word.reference != row.reference:
        return nothing_new
    if word.money and word.money != row.money:
        row.money = word.money
        row.save(update_fields=["money"])
    if word.said not in (Said.PAID, Said.FAILED):
        return nothing_new
    try:
        if word.said is Said.PAID:
            refund_arrived(row, at)
        else:
            refund_failed(row, word.why, at)
    except IllegalStep:
        return nothing_new
    return f"done: it is {row.get_state_display().lower()}"


def _ask(row: Refund, at: datetime) -> int:
    """Ask the gateway for a refund that is on its way; return 1 if it moved."""
    asked = row.gateway_asked_at
    kept = Refund.objects.filter(pk=row.pk)
    # One process at a time, and what comes after knows that it may have been asked for.
    if not kept.filter(gateway_asked_at=asked).update(gateway_asked_at=at):
        return 0
    provider = row.account.customer.provider
    gateway, paid = gateway_of(provider.key), row.of
    try:
        if gateway is None or paid is None:
            raise GatewayDown("no gateway")
        wanted = Return(reference=row.reference, amount=row.amount, money=paid.money)
        word = gateway.given_back(wanted, at=at) if asked is not None else None
        word = word or gateway.give_back(wanted, at=at)
    except GatewayDown as failure:
        log.warning("gateway_not_reached", why=str(failure))
        kept.update(problem=f"The gateway did not answer: {failure}"[:300], problem_at=at)
        return 0
    hear_of_refund(provider=provider, word=word, at=at)
    kept.update(problem="", problem_at=None)
    return int(not kept.filter(state=RefundState.GOING).exists())
