"""Act on what the gateway says of payments, and ask it where it does not tell."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q

from billing.ledger.services import MonthClosed
from billing.payments.models import GatewayEvent, OnlinePayment, Payment
from billing.payments.states import ONLINE_PAYMENT, UNDER_WAY, OnlineAct, OnlineState
from parties.accounts.models import Provider
from parties.accounts.services import lock_account
from parties.authority.selectors import account_standing, local_day
from parties.correspondence.services import tell
from parties.people.models import User
from records.notices.services import Link
from terms.lifecycle import IllegalStep
from terms.money import in_dollars

from .amounts import PaymentRefused
from .card_outcomes import follow_draw
from .cards import hear_of_card
from .dishonour import dishonour_payment
from .gateway import CURRENCY, GatewayDown, Said, Word, gateway_of
from .gateway_events import keep_for_staff, note_event
from .gateway_refunds import hear_of_refund
from .receiving import record_payment

log = structlog.get_logger(__name__)

ACTS = {
    Said.WAITS: OnlineAct.WAIT,
    Said.PAID: OnlineAct.SUCCEED,
    Said.FAILED: OnlineAct.FAIL,
    Said.LAPSED: OnlineAct.LAPSE,
    Said.TAKEN_BACK: OnlineAct.TAKE_BACK,
    Said.GIVEN_BACK: OnlineAct.GIVE_BACK,
}
UNHEARD = "The payment service did not hear of it"
HELP = "If that is hard, tell us: asking for help costs nothing."
# What account and payer are told, headline and words.
TOLD = {
    OnlineState.IN_PROGRESS: (
        "Your payment is on its way",
        "We asked your bank for {amount} (reference {reference}). Once your bank has paid it, "
        "some working days from now, it counts as paid today. You need do nothing.",
    ),
    OnlineState.FAILED: (
        "Your payment did not go through",
        "Your bank did not pay {amount} (reference {reference}). Nothing was taken. Please pay "
        f"another way. {HELP}",
    ),
}
# What a payer is told besides, where the account's own addressee gets a receipt.
TOLD_BESIDE = {
    OnlineState.SUCCEEDED: (
        "Your payment arrived",
        "We received {amount} (reference {reference}). Thank you.",
    ),
    OnlineState.TAKEN_BACK: (
        "Your bank took a payment back",
        "Your bank took back {amount} (reference {reference}), which it had paid us. What it had "
        f"paid is open again. Please pay another way. {HELP}",
    ),
}
# How long the gateway has to tell before it is asked, and how often then.
PATIENCE = timedelta(minutes=15)
ASK_EVERY = timedelta(hours=1)
# A page that never got an address at the gateway can't be paid on.
NEVER_OPENED = timedelta(days=1)
BATCH = 50


def hear(*, provider: Provider, word: Word, at: datetime) -> str:
    """Act on what the gateway says, once however often it says it. Return what became of it.

    What can't be acted on is kept for staff, with the reason. Raises nothing of its own.
    """
    if word.about_card and word.said is not Said.OTHER:
        return hear_of_card(provider=provider, word=word, at=at)
    if word.about_refund:
        return hear_of_refund(provider=provider, word=word, at=at)
    if word.said not in ACTS:
        return "ignored: nothing here follows from it"
    with transaction.atomic():
        row = _meant(provider, word)
        if row is not None:
            lock_account(row.account_id)
            row = _locked(row)
        event = note_event(provider, word, row, at)
        if event is None and word.event:
            return "heard already"
        problem = _problem(row, word)
        if row is None or problem:
            return keep_for_staff(event, problem or "It names no payment of this portal.")
        outcome = _act(row, word, at)
        _act_on_kept(row, at)
        return outcome


def ask_about_payments(*, at: datetime) -> int:
    """Ask the gateway about payments of which it has not told in time; return how many moved.

    What was kept because it came too early is acted on, if its money has come meanwhile.
    """
    waiting = OnlinePayment.objects.filter(
        Q(asked_at__isnull=True) | Q(asked_at__lt=at - ASK_EVERY),
        state__in=UNDER_WAY,
        started_at__lt=at - PATIENCE,
        # What is drawn from a card by itself has a sweep of its own.
        draw__isnull=True,
    )
    moved = 0
    rows = waiting.select_related("account__customer__provider", "kept").order_by("started_at")
    for row in rows[:BATCH]:
        before = row.state
        _ask(row, at)
        row.refresh_from_db(fields=["state"])
        moved += row.state != before
    early = GatewayEvent.objects.filter(solved_at__isnull=True).exclude(problem="")
    for row in OnlinePayment.objects.filter(
        money__in=early.exclude(money="").values("money"), payment__isnull=False
    ).select_related("account"):
        with transaction.atomic():
            lock_account(row.account_id)
            _act_on_kept(_locked(row), at)
    return moved


def solve_event(*, event: GatewayEvent, solution: str, by: User, at: datetime) -> GatewayEvent:
    """Note what staff did about something that a gateway said. Raises PaymentRefused if done."""
    with transaction.atomic():
        row = GatewayEvent.objects.select_for_update().get(pk=event.pk)
        if not row.problem or row.solved_at is not None:
            raise PaymentRefused("There is nothing left to do about it.")
        row.solved_at, row.solved_by, row.solution = at, str(by), solution
        row.save(update_fields=["solved_at", "solved_by", "solution"])
    return row


def _locked(row: OnlinePayment) -> OnlinePayment:
    rows = OnlinePayment.objects.select_for_update(of=("self",))
    return rows.select_related("account__customer__provider", "started_by").get(pk=row.pk)


def _meant(provider: Provider, word: Word) -> OnlinePayment | None:
    """The provider's payment that is meant: by our reference, else by the gateway's names."""
    mine = OnlinePayment.objects.filter(account__customer__provider=provider)
    mine = mine.select_related("account__customer__provider")
    if word.reference:
        try:
            return mine.filter(public_id=UUID(word.reference)).first()
        except ValueError:
            return None
    if word.session and (found := mine.filter(session=word.session).first()):
        return found
    return mine.filter(money=word.money).first() if word.money else None


def _problem(row: OnlinePayment | None, word: Word) -> str:
    """Why nothing can follow from what was said; empty where something can."""
    if row is None:
        return ""
    if word.said in (Said.LAPSED, Said.FAILED):
        return ""
    if word.currency != CURRENCY:
        return f"It is in {word.currency}, and we asked for {CURRENCY}."
    if word.amount is None:
        return "It names no amount."
    if word.amount != row.total:
        return f"It is about {in_dollars(word.amount)}, and we asked for {in_dollars(row.total)}."
    if word.said is Said.TAKEN_BACK and row.payment_id is None:
        return "It takes back money that is not booked yet."
    return ""


def _act(row: OnlinePayment, word: Word, at: datetime) -> str:
    try:
        state = ONLINE_PAYMENT.after(OnlineState(row.state), ACTS[word.said])
    except IllegalStep:
        # Said before, or overtaken by what was said later.
        return f"nothing new: it is {row.get_state_display().lower()}"
    row.money = word.money or row.money
    if word.said in (Said.WAITS, Said.PAID):
        row.finished_at = row.finished_at or word.at
    row.why = word.why[:200]
    if state == OnlineState.SUCCEEDED:
        row.payment = _book(row, word, at)
    elif state == OnlineState.TAKEN_BACK:
        _take_back(row, word, at)
    row.state = state
    row.settled_at = None if state == OnlineState.IN_PROGRESS else at
    row.save(update_fields=["state", "money", "finished_at", "settled_at", "why", "payment"])
    if not follow_draw(row, word, at):
        _tell_what_became(row, at)
    return f"done: it is {row.get_state_display().lower()}"


def _act_on_kept(row: OnlinePayment, at: datetime) -> None:
    """Act on what came too early and can be acted on now."""
    if not row.money:
        return
    kept = GatewayEvent.objects.select_for_update().filter(
        provider=row.account.customer.provider,
        money=row.money,
        solved_at__isnull=True,
        kind__startswith="charge.dispute.",
    )
    for event in kept.exclude(problem="").order_by("said_at", "pk"):
        taken = event.kind.endswith("withdrawn")
        word = Word(
            said=Said.TAKEN_BACK if taken else Said.GIVEN_BACK,
            kind=event.kind,
            at=event.said_at,
            money=event.money,
            amount=event.amount,
            currency=CURRENCY if event.amount is not None else "",
            why=event.why,
        )
        problem = _problem(row, word)
        if not problem:
            _act(row, word, at)
            event.online, event.solved_at, event.solution = row, at, "The money was booked."
        event.problem = problem or event.problem
        event.save(update_fields=["online", "problem", "solved_at", "solution"])


def _book(row: OnlinePayment, word: Word, at: datetime) -> Payment:
    """Record the money; it counts from the day on which the payer had done their part."""
    done = word.at if word.said is Said.GIVEN_BACK else row.finished_at or word.at
    today = local_day(row.account, at)
    received_on = min(local_day(row.account, done), today)
    facts = {
        "account": row.account,
        "amount": row.amount,
        "surcharge": row.surcharge,
        "method": row.method,
        "reference": row.reference,
        "towards": row.towards,
        "at": at,
    }
    try:
        with transaction.atomic():
            return record_payment(received_on=received_on, **facts)
    except MonthClosed:
        return record_payment(received_on=today, **facts)


def _take_back(row: OnlinePayment, word: Word, at: datetime) -> None:
    """Undo the payment by the rules of a dishonour, unless staff did so already."""
    payment = row.payment
    if payment is None or payment.reversed_on is not None:
        return
    today = local_day(row.account, at)
    on = max(payment.received_on, min(local_day(row.account, word.at), today))
    why = f"The bank took it back{f': {word.why}' if word.why else ''}"[:200]
    try:
        with transaction.atomic():
            dishonour_payment(payment=payment, on=on, why=why, at=at)
    except MonthClosed:
        dishonour_payment(payment=payment, on=today, why=why, at=at)


def _tell_what_became(row: OnlinePayment, at: datetime) -> None:
    """Tell account and payer what did not go well or takes days, a payer also what arrived."""
    amount = in_dollars(row.total)
    told, others = TOLD.get(OnlineState(row.state)), TOLD_BESIDE.get(OnlineState(row.state))
    standing = account_standing(row.account, local_day(row.account, at))
    people = {standing.to_email: (standing.to_name, told)}
    people.setdefault(row.started_by.email, (str(row.started_by), told or others))
    for email, (name, words) in people.items():
        if words is None:
            continue
        tell(
            row.account,
            to=email,
            name=name,
            at=at,
            headline=words[0],
            body=words[1].format(amount=amount, reference=row.reference),
            link=Link("payment", str(row.public_id)),
            label="See the payment",
            belongs_to=row.reference,
        )


def _ask(row: OnlinePayment, at: datetime) -> None:
    provider = row.account.customer.provider
    OnlinePayment.objects.filter(pk=row.pk).update(asked_at=at)
    if row.kept is not None:
        _ask_of_kept(row, at)
        return
    if not row.session:
        if row.started_at < at - NEVER_OPENED:
            lapsed = Word(
                said=Said.LAPSED, kind="never opened", at=at, reference=str(row.public_id)
            )
            hear(provider=provider, word=lapsed, at=at)
        return
    gateway = gateway_of(provider.key)
    try:
        word = gateway.ask(row.session, at=at) if gateway else None
    except GatewayDown as failure:
        log.warning("gateway_not_reached", why=str(failure))
        return
    if word is not None:
        hear(provider=provider, word=word, at=at)


def _ask_of_kept(row: OnlinePayment, at: datetime) -> None:
    """Look at the gateway for what was to be paid once with a kept card; not there, it failed."""
    provider = row.account.customer.provider
    gateway, reference = gateway_of(provider.key), str(row.public_id)
    payer = row.kept.payer if row.kept is not None else ""
    try:
        word = gateway.charged(payer, reference, at=at) if gateway and payer else None
    except GatewayDown as failure:
        log.warning("gateway_not_reached", why=str(failure))
        return
    never = Word(said=Said.FAILED, kind="never asked", at=at, reference=reference, why=UNHEARD)
    hear(provider=provider, word=word or never, at=at)
