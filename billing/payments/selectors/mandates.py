"""Questions about direct debits: from when a bill may be drawn, what keeps it, what is to do."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from billing.invoices.models import Invoice
from billing.ledger.selectors import open_items
from billing.payments.models import CardRequest, Draw, Mandate
from billing.payments.states import LIVE_DRAWS, TO_DRAW, DrawState, MandateKind, MandateState
from parties.accounts.models import Account
from parties.accounts.selectors import binding, blocks_at, working_calendar, zone_of
from parties.accounts.states import BlockKind
from parties.authority.selectors import account_standing
from terms import rules
from terms.calendar import Calendar, Count, State, calendar
from terms.clause import as_json
from terms.money import ZERO
from terms.profile import TermsSilent
from terms.rules.payment import Authority
from terms.vocabulary import Method


def mandate_of(account: Account) -> Mandate | None:
    """The account's mandate that is in force or paused, if it has one."""
    rows = Mandate.objects.filter(account=account).exclude(state=MandateState.ENDED)
    return rows.select_related("agreed_by", "document").first()


@dataclass(frozen=True, kw_only=True)
class Offered:
    """Whether standing direct debits are taken, and by which clauses."""

    allowed: bool
    because: tuple[dict[str, Any], ...] = ()


def may_agree(account: Account, on: date) -> Offered:
    """Whether a provider that sends debits to its bank takes them by the terms (payment_method).

    Where the terms leave it open, sending them is the provider's word.
    """
    provider = account.customer.provider
    if not provider.draws_debits:
        return Offered(allowed=False)
    answer = binding(account, on).decide(
        rules.payment_method,
        method=Method.DIRECT_DEBIT,
        provider_agrees=True,
        on_invoice=True,
    )
    return Offered(allowed=answer.accepted is not False, because=tuple(as_json(answer.because)))


@dataclass(frozen=True, kw_only=True)
class DrawDay:
    """The day on which a bill is drawn, and why not before."""

    on: date
    because: list[dict[str, Any]]


def draw_day(
    mandate: Mandate, invoice: Invoice, *, payable_by: date, since: date, today: date
) -> DrawDay | None:
    """On which day a bill is drawn: the chosen one, as far as terms and law let it; None: never.

    `since` is the day from which the customer could see what is drawn; `payable_by` the day by
    which the bill can be paid. Without a choice it is that day, where nothing bars it longer; a
    day off moves to the next working day. (VP-PAY-03, BS-PAY-02, GL-PAY-05, HD-PAY-07, RF-TCP-14.)
    """
    account = mandate.account
    calendar = working_calendar(account, today)
    try:
        answer = binding(account, today).decide(
            rules.direct_debit,
            issue_date=invoice.issue_date,
            received_on=since,
            disputed=False,
            state=State(account.state),
            tcp=account.customer.is_tcp,
            authority=Authority.CREDIT_CARD if mandate.is_card else Authority.DIRECT_DEBIT,
            charge_accrued_on=invoice.issue_date,
            due_date=payable_by,
        )
    except TermsSilent:
        return None
    if answer.allowed is False or answer.earliest_on is None:
        return None
    first = _rolled(calendar, max(answer.earliest_on, today))
    chosen = _chosen(chosen_day(mandate, today), first, max(first, payable_by))
    return DrawDay(on=_rolled(calendar, chosen), because=as_json(answer.because))


def kept_card(account: Account, on: date) -> Mandate | None:
    """The card in force by which bills are paid, with which one can also pay at once on a day."""
    row = mandate_of(account)
    if row is None or not row.is_card or not row.token or row.state != MandateState.ACTIVE:
        return None
    return row if row.valid_to is None or row.valid_to >= on else None


def chosen_day(mandate: Mandate, today: date) -> int | None:
    """The day of the month that holds on a day; None: the day by which to pay."""
    if mandate.later_from is not None and mandate.later_from <= today:
        return mandate.later_draw_day or None
    return mandate.draw_day


@dataclass(frozen=True, kw_only=True)
class FirstDraw:
    """What would be drawn of an open bill once a request is signed."""

    number: str
    amount: Decimal
    on: date


def first_draws(
    account: Account,
    wanted: int | None,
    today: date,
    at: datetime,
    kind: MandateKind = MandateKind.BANK,
) -> tuple[FirstDraw, ...]:
    """What of the open bills would be drawn, and when, if that were agreed to today."""
    mandate = Mandate(account=account, draw_day=wanted, kind=kind)
    found = []
    for item in open_items(account).select_related("invoice"):
        if item.held != item.held_shown or item.amount <= item.held:
            continue
        invoice = item.invoice
        since = invoice.issue_date
        day = draw_day(mandate, invoice, payable_by=item.due_date, since=since, today=today)
        if day is None or why_not_drawn(mandate, day.on, at) is not None:
            continue
        amount = item.amount - item.held
        found.append(FirstDraw(number=invoice.number, amount=amount, on=day.on))
    return tuple(found)


def _chosen(wanted: int | None, first: date, last: date) -> date:
    """The wanted day of a month between the first possible and the last good one, else the last.

    A month without it has its last day.
    """
    if wanted is None:
        return last
    year, month = first.year, first.month
    for _ in range(2):
        day = date(year, month, min(wanted, monthrange(year, month)[1]))
        if first <= day <= last:
            return day
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return last


def _rolled(calendar: Calendar, day: date) -> date:
    return calendar.roll(calendar.count(day, 0, Count.CALENDAR_DAYS)).day


@dataclass(frozen=True, kw_only=True)
class NotDrawn:
    """Why nothing is drawn on a day; what `is_quiet` is told to nobody."""

    words: str
    is_quiet: bool = False


def why_not_drawn(mandate: Mandate, day: date, at: datetime) -> NotDrawn | None:
    """What keeps money from being drawn on a day, as it is known now; None: nothing.

    What is private comes first and stays unsaid. More time that is over by then bars nothing.
    """
    account = mandate.account
    zone = zone_of(account)
    blocks = [
        block
        for block in blocks_at(account, at)
        if block.ends_at is None or block.ends_at.astimezone(zone).date() >= day
    ]
    if any(block.is_private for block in blocks):
        return NotDrawn(words="", is_quiet=True)
    if not account_standing(account, at.astimezone(zone).date()).is_chased:
        return NotDrawn(words="The holder has died or can't decide", is_quiet=True)
    if mandate.state != MandateState.ACTIVE:
        return NotDrawn(words=f"{mandate.called} are paused")
    for block in blocks:
        return NotDrawn(words=BlockKind(block.kind).label)
    return None


def to_come(account: Account) -> list[Draw]:
    """What is planned to be drawn or on its way, the next first."""
    rows = Draw.objects.filter(account=account, state__in=LIVE_DRAWS)
    return list(rows.select_related("invoice", "mandate"))


def draw_of(invoice: Invoice) -> Draw | None:
    """What of a bill is planned to be drawn, or on its way."""
    rows = Draw.objects.filter(invoice=invoice, state__in=LIVE_DRAWS)
    return rows.select_related("mandate").first()


def drawn_lately(account: Account, limit: int = 12) -> list[Draw]:
    """What was drawn, sent back or left out, the newest first."""
    rows = Draw.objects.filter(account=account).exclude(state__in=LIVE_DRAWS)
    return list(
        rows.exclude(ended_at=None).select_related("invoice").order_by("-ended_at")[:limit]
    )


def planned_sum(account: Account) -> Decimal:
    """What is planned to be drawn and not sent yet, in dollars."""
    rows = Draw.objects.filter(account=account, state__in=TO_DRAW)
    total: Decimal | None = rows.aggregate(sum=Sum("amount"))["sum"]
    return total or ZERO


def send_by(at: datetime) -> date:
    """Up to which day debits are to be sent now: today's, and those of the next working day."""
    today = at.astimezone(State.NSW.zone).date()
    return calendar(State.NSW).next_working_day(today)


def to_send(rows: QuerySet[Draw], day: date) -> QuerySet[Draw]:
    """Direct debits whose day has come and that stand in no file."""
    return rows.filter(state=DrawState.PLANNED, on__lte=day, mandate__kind=MandateKind.BANK)


def unanswered(rows: QuerySet[Draw]) -> QuerySet[Draw]:
    """Card payments that the gateway was asked for and has not answered."""
    return rows.filter(state=DrawState.SENT, online__isnull=False)


def card_request(account: Account, public_id: str) -> CardRequest | None:
    """One wish of an account to pay by a card, if it has it."""
    rows = CardRequest.objects.filter(account=account, public_id=public_id)
    return rows.select_related("mandate").first()


def to_stop(rows: QuerySet[Draw]) -> QuerySet[Draw]:
    """Direct debits that a customer wants stopped and the bank has been asked for."""
    return rows.filter(state=DrawState.SENT, stop_asked_at__isnull=False)
