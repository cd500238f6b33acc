"""Let bills be paid by a card: agree to it, have the gateway keep the card, forget it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q

from billing.payments.models import CardRequest, Draw, Mandate, OnlinePayment
from billing.payments.selectors import mandate_of
from billing.payments.states import (
    CARD_REQUEST,
    UNDER_WAY,
    CardRequestAct,
    CardRequestState,
    DrawState,
    MandateKind,
    MandateState,
    PaymentMethod,
)
from parties.accounts.models import Account, Provider
from parties.accounts.services import lock_account
from parties.accounts.states import CustomerKind
from parties.authority.selectors import NotAuthorised, local_day, with_customer
from parties.correspondence.services import tell
from parties.people.models import User
from parties.security.services import require_no_pause
from records.notices.services import Link
from records.references import new_reference
from records.sweeps import each
from terms.facts import Action

from .draws import plan_draws
from .gateway import CardOrder, GatewayDown, KeptCard, Said, Word, gateway_of
from .mandate_letters import card_words, draw_up, note_mandate, tell_agreed
from .mandates import MandateRefused, close_mandate, require_right
from .ways import Way, ways_to_pay

log = structlog.get_logger(__name__)

SAMPLE = Decimal("100.00")
# How long the gateway has to tell before it is asked, and how often then.
PATIENCE = timedelta(minutes=15)
ASK_EVERY = timedelta(hours=1)
# A page that never got an address at the gateway can't be finished.
NEVER_OPENED = timedelta(days=1)
BATCH = 50


@dataclass(frozen=True, kw_only=True)
class CardWish:
    """What somebody signs who lets bills be paid by a card; `key` is the form's own.

    `draw_day` is a day of the month, or None for the day by which each bill is to be paid.
    """

    key: UUID
    signed_as: str
    draw_day: int | None = None
    capacity: str = ""


def card_ways(account: Account, on: date) -> tuple[Way, ...]:
    """The cards by which bills can be paid by themselves, with what each adds to 100 dollars.

    Those that terms, law and provider take on the pay page (payment_method, payment_card,
    card_surcharge); none without a gateway.
    """
    if gateway_of(account.customer.provider.key) is None:
        return ()
    offered = ways_to_pay(account, amount=SAMPLE, on=on).offered
    return tuple(way for way in offered if way.method == PaymentMethod.CARD)


def start_card(
    *, account: Account, wish: CardWish, by: User, back: str, at: datetime, proof: str = ""
) -> CardRequest:
    """Sign that bills are paid by a card, and open the gateway's page that asks for it.

    Nothing is in force before the gateway keeps a card that is taken; what was in force before
    stays until then. `back` is where the payer returns to, with {} for the wish's id. The same
    form again is the same wish. Raises NotAuthorised, also while high-risk steps are paused,
    MandateRefused, and GatewayDown: then the same form can be sent again.
    """
    row = _begin(account, wish, by, at, proof)
    if row.address or row.state != CardRequestState.STARTED:
        return row
    gateway = gateway_of(account.customer.provider.key)
    if gateway is None:
        raise GatewayDown("no gateway")
    cards = [card for way in card_ways(account, local_day(account, at)) for card in way.cards]
    opened = gateway.open_for_card(
        CardOrder(
            reference=str(row.public_id),
            cards=tuple(cards),
            email=by.email,
            back=f"{back.format(row.public_id)}?done=1",
            cancelled=back.format(row.public_id),
        )
    )
    row.session, row.address = opened.session, opened.address
    row.save(update_fields=["session", "address"])
    return row


def hear_of_card(*, provider: Provider, word: Word, at: datetime) -> str:
    """Act on what the gateway says of a page that asks for a card. Return what became of it.

    Said twice it changes nothing more; a card that can't be looked at now is looked at later.
    """
    rows = CardRequest.objects.filter(account__customer__provider=provider)
    try:
        row = rows.filter(public_id=UUID(word.reference)).first()
    except ValueError:
        row = None
    if row is None:
        return "ignored: it names no card that this portal asked for"
    if row.state != CardRequestState.STARTED:
        return f"nothing new: {row.get_state_display().lower()}"
    if word.said is Said.LAPSED:
        _lapse(row, at)
    elif word.said is Said.KEPT:
        settle_card(row, at)
    row.refresh_from_db(fields=["state"])
    return f"done: {row.get_state_display().lower()}"


def ask_about_cards(*, at: datetime) -> int:
    """Ask the gateway about cards of which it has not told in time; return how many moved.

    Cards whose mandate has ended are forgotten there and here.
    """
    waiting = CardRequest.objects.filter(
        Q(asked_at__isnull=True) | Q(asked_at__lt=at - ASK_EVERY),
        state=CardRequestState.STARTED,
        started_at__lt=at - PATIENCE,
    )
    moved = 0
    for row in waiting.order_by("started_at")[:BATCH]:
        CardRequest.objects.filter(pk=row.pk).update(asked_at=at)
        if row.session:
            moved += settle_card(row, at)
        elif row.started_at < at - NEVER_OPENED:
            moved += _lapse(row, at)
    ended = Mandate.objects.filter(kind=MandateKind.CARD, state=MandateState.ENDED)
    under_way = Draw.objects.filter(state=DrawState.SENT).values("mandate")
    once = OnlinePayment.objects.filter(state__in=UNDER_WAY, kept__isnull=False).values("kept")
    to_forget = ended.exclude(token="").exclude(pk__in=under_way).exclude(pk__in=once)
    rows = to_forget.select_related("account__customer__provider")
    return moved + each(rows[:BATCH], _forget, at=at)


def settle_card(row: CardRequest, at: datetime) -> int:
    """Look at the gateway for the card of a page; return 1 if the wish moved.

    A gateway that can't be reached is asked again by the sweep.
    """
    gateway = gateway_of(row.account.customer.provider.key)
    try:
        found = gateway.kept(row.session) if gateway and row.session else None
    except GatewayDown as failure:
        log.warning("gateway_not_reached", why=str(failure))
        return 0
    if found is None:
        return 0
    if isinstance(found, Said):
        return _lapse(row, at)
    if not _keep(row, found, at):
        return 0
    row.refresh_from_db(fields=["state"])
    if gateway is not None and row.state == CardRequestState.REFUSED:
        try:
            gateway.forget(found.token)
        except GatewayDown as failure:
            log.warning("gateway_not_reached", why=str(failure))
    return 1


def _begin(account: Account, wish: CardWish, by: User, at: datetime, proof: str) -> CardRequest:
    """The wish that somebody signs, or the one that the same form has begun."""
    with transaction.atomic():
        locked = lock_account(account.pk)
        on = local_day(locked, at)
        require_right(by, locked, on, at)
        if by.is_staff:
            raise MandateRefused("The customer signs it, or whoever may pay for them.")
        require_no_pause(locked, Action.PAY_BILL, at=at)
        known = CardRequest.objects.filter(account=locked, key=wish.key).first()
        if known is not None:
            return known
        ways = card_ways(locked, on)
        if not ways:
            raise MandateRefused("Paying by card by itself is not offered here: pay another way.")
        signed = " ".join(wish.signed_as.split())[:150]
        if not signed:
            raise MandateRefused("Type your name: it is your signature.")
        if wish.draw_day is not None and not 1 <= wish.draw_day <= 31:
            raise MandateRefused("Give a day of the month, from 1 to 31.")
        if locked.customer.kind != CustomerKind.RESIDENTIAL and not wish.capacity.strip():
            raise MandateRefused("Say as what you sign, for instance director or treasurer.")
        return CardRequest.objects.create(
            account=locked,
            key=wish.key,
            cards="-".join(card for way in ways for card in way.cards),
            draw_day=wish.draw_day,
            signed_as=signed,
            capacity=" ".join(wish.capacity.split())[:60],
            proof=proof,
            because=_reasons(ways),
            words=[
                *(list(one) for one in card_words(locked, ways, on)),
                ["The day that I choose", _day_in_words(wish.draw_day)],
            ],
            started_at=at,
            started_by=by,
        )


def _day_in_words(day: int | None) -> str:
    return f"Day {day} of the month." if day else "The day by which each bill is to be paid."


def _reasons(ways: tuple[Way, ...]) -> list[dict[str, object]]:
    """Why these cards are taken, each reason once."""
    found: list[dict[str, object]] = []
    for way in ways:
        found += [one for one in way.because if one not in found]
    return found


def _keep(found: CardRequest, card: KeptCard, at: datetime) -> bool:
    """Put a card in force that the gateway keeps, or say why it isn't taken; False: it was."""
    with transaction.atomic():
        account = lock_account(found.account_id)
        rows = CardRequest.objects.select_for_update(of=("self",)).select_related("started_by")
        row = rows.get(pk=found.pk)
        if row.state != CardRequestState.STARTED:
            return False
        on = local_day(account, at)
        try:
            decision = require_right(row.started_by, account, on, at)
            require_no_pause(account, Action.PAY_BILL, at=at)
        except NotAuthorised:
            _refuse(row, account, "Whoever signed may not agree to it any more", at)
            return True
        if card.card is None or card.card not in row.cards.split("-"):
            _refuse(row, account, "It is no card that is taken for it", at)
            return True
        actor = with_customer(row.started_by, decision)
        earlier = mandate_of(account)
        if earlier is not None:
            close_mandate(earlier, "A card took its place", actor, at)
        mandate = _in_force(row, account, card, at)
        mandate.document = draw_up(mandate, [(one[0], one[1]) for one in row.words], on, at)
        mandate.save(update_fields=["document"])
        row.state, row.mandate, row.ended_at = (
            CARD_REQUEST.after(CardRequestState(row.state), CardRequestAct.KEEP),
            mandate,
            at,
        )
        row.save(update_fields=["state", "mandate", "ended_at"])
        note_mandate(mandate, "agree_mandate", actor, at, identity_check=row.proof)
        plan_draws(account, at=at)
        tell_agreed(mandate, row.started_by, at)
    return True


def _in_force(row: CardRequest, account: Account, card: KeptCard, at: datetime) -> Mandate:
    return Mandate.objects.create(
        reference=new_reference("AP"),
        account=account,
        kind=MandateKind.CARD,
        card=card.card or "",
        number_end=card.number_end,
        valid_to=card.valid_to,
        token=card.token,
        payer=card.payer,
        draw_day=row.draw_day,
        signed_as=row.signed_as,
        capacity=row.capacity,
        agreed_at=at,
        agreed_by=row.started_by,
        because=row.because,
    )


def _refuse(row: CardRequest, account: Account, why: str, at: datetime) -> None:
    row.state = CARD_REQUEST.after(CardRequestState(row.state), CardRequestAct.REFUSE)
    row.why, row.ended_at = why, at
    row.save(update_fields=["state", "why", "ended_at"])
    tell(
        account,
        to=row.started_by.email,
        name=str(row.started_by),
        at=at,
        headline="The card was not taken",
        body=f"{why}. Nothing is drawn from it, and it is not kept. What was agreed to before, if "
        "anything, goes on.",
        link=Link("direct-debit"),
        label="See how your bills are paid",
    )


def _lapse(found: CardRequest, at: datetime) -> int:
    with transaction.atomic():
        row = CardRequest.objects.select_for_update(of=("self",)).get(pk=found.pk)
        if row.state != CardRequestState.STARTED:
            return 0
        row.state = CARD_REQUEST.after(CardRequestState(row.state), CardRequestAct.LAPSE)
        row.ended_at = at
        row.save(update_fields=["state", "ended_at"])
    return 1


def _forget(row: Mandate) -> int:
    """Have the gateway keep a card no longer. Raises GatewayDown: the next sweep tries again."""
    gateway = gateway_of(row.account.customer.provider.key)
    if gateway is None:
        raise GatewayDown("no gateway")
    gateway.forget(row.token)
    Mandate.objects.filter(pk=row.pk).update(token="", payer="")
    return 1
