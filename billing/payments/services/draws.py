"""Plan what is drawn by direct debit, keep the plan in step with what is owed, and tell it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from billing.ledger.models import OpenItem
from billing.ledger.selectors import open_items
from billing.ledger.services import MonthClosed, move_due_date
from billing.payments.models import Draw, Mandate, OnlinePayment, Payment
from billing.payments.selectors import NotDrawn, draw_day, mandate_of, why_not_drawn
from billing.payments.states import (
    DAYS_TO_NEXT_TRY,
    DRAW,
    LIVE_DRAWS,
    TO_DRAW,
    TRIES_OF_A_CARD,
    DrawAct,
    DrawState,
    MandateState,
    OnlineState,
    PaymentMethod,
)
from parties.accounts.models import Account
from parties.accounts.selectors import HOUSE_DEFAULT, binding
from parties.accounts.services import lock_account
from parties.authority.selectors import local_day
from parties.correspondence.services import tell_holder
from records.audit.services import record
from records.notices.services import Link
from records.references import new_reference
from records.sweeps import each
from terms import rules
from terms.calendar import State, in_words
from terms.clause import as_json
from terms.money import ZERO, in_dollars
from terms.profile import TermsSilent

from .receiving import record_payment
from .ways import ways_to_pay

STOP = (
    "You can stop it, or contest a part, before that day. If it comes at a bad time, tell us: "
    "asking for help costs nothing."
)


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """What of a bill is to be drawn, when and why then; `barred` where the card is not taken."""

    amount: Decimal
    on: date
    because: list[dict[str, Any]]
    surcharge: Decimal = ZERO
    is_retry: bool = False
    barred: NotDrawn | None = None


def mind_draws(*, at: datetime) -> int:
    """Book what the banks' day has come for, and keep every plan in step; return what moved."""
    sent = Draw.objects.filter(state=DrawState.SENT, on__lte=latest_day(at), file__isnull=False)
    count = each(sent.select_related("account"), lambda row: settle_draw(row, at), at=at)
    live = Mandate.objects.exclude(state=MandateState.ENDED).select_related("account")
    return count + each(live, lambda row: _mind(row, at), at=at)


def plan_draws(
    account: Account, *, at: datetime, told_by_bill: int | None = None, anew: bool = False
) -> list[Draw]:
    """Bring what is planned to be drawn in step with what is owed; return what changed.

    One plan for each bill: what is open and not contested, on the day that terms, law and the
    customer's choice give. What must not be drawn leaves the plan, also out of a file that was
    not sent yet. Where the debit waits longer than the bill's own day, the bill can be paid until
    then. More than was told is drawn only after the law's days from telling it. The caller holds
    the account's lock; `told_by_bill` is the invoice whose own letter says it; `anew` lets a day
    that was told come earlier, as its customer wishes.
    """
    mandate = mandate_of(account)
    if mandate is None:
        return []
    today = local_day(account, at)
    rows = Draw.objects.filter(account=account)
    live = {row.invoice_id: row for row in rows.filter(state__in=LIVE_DRAWS)}
    over = list(rows.exclude(state__in=LIVE_DRAWS).order_by("pk"))
    before = {row.invoice_id: row for row in over}
    failed = Counter(
        row.invoice_id
        for row in over
        if row.state == DrawState.RETURNED and row.mandate_id == mandate.pk
    )
    under_way = _paid_otherwise(account)
    changed = []
    for item in open_items(account).select_related("invoice"):
        row, earlier = live.pop(item.invoice_id, None), before.get(item.invoice_id)
        if row is not None and row.state == DrawState.SENT:
            continue
        wanted = None
        if not _is_over(mandate, earlier, failed[item.invoice_id]):
            free = max(ZERO, item.amount - item.held - under_way)
            under_way = max(ZERO, under_way - (item.amount - item.held))
            told = None if anew else row
            wanted = _wanted(mandate, item, free, told, earlier, today)
        tells = item.invoice_id != told_by_bill
        moved = _keep(mandate, item, row, wanted, today, at, tells=tells)
        changed += [moved] if moved else []
    for row in live.values():
        if row.state in TO_DRAW:
            drop_draw(row, "Nothing of it is left to pay", at)
            changed.append(row)
    return changed


def settle_draw(found: Draw, at: datetime) -> int:
    """Book a direct debit on the bank's day; it counts as received then. Return 1 if it was."""
    account = lock_account(found.account_id)
    row = locked_draw(found)
    if row.state != DrawState.SENT or row.on > local_day(account, at):
        return 0
    drawn = Draw.objects.filter(mandate=row.mandate_id, payment__isnull=False)
    last = drawn.order_by("-on", "-pk").first()
    if last is None or last.state == DrawState.PAID:
        # The bank has kept to the one before: those sent back earlier were not in a row.
        Mandate.objects.filter(pk=row.mandate_id).update(misses=0)
    row.state = DRAW.after(DrawState(row.state), DrawAct.SETTLE)
    row.payment = _book(row, account, at)
    row.ended_at = at
    row.save(update_fields=["state", "payment", "ended_at"])
    return 1


def drop_draw(row: Draw, why: str, at: datetime, *, is_quiet: bool = True) -> None:
    """Leave a planned debit out; it leaves a file that was not sent, too."""
    if row.state == DrawState.IN_FILE:
        unfile(row)
    row.state = DRAW.after(DrawState(row.state), DrawAct.DROP)
    row.reason, row.ended_at = why, at
    row.save(update_fields=["state", "reason", "ended_at"])
    if not is_quiet:
        _tell(
            row.account,
            f"We don't draw {in_dollars(row.total)} on {in_words(row.on)}",
            f"Bill {row.invoice}: {why}. If something of it is to be paid later, you can read "
            "there by when.",
            at,
        )


def unfile(row: Draw) -> None:
    """Take a debit out of a file that was not sent; the file counts anew when it is decided."""
    row.state = DRAW.after(DrawState(row.state), DrawAct.UNFILE)
    row.file = None
    row.save(update_fields=["state", "file"])


def locked_draw(row: Draw) -> Draw:
    """The row, locked; whoever asks holds its account's lock."""
    rows = Draw.objects.select_for_update(of=("self",))
    return rows.select_related("account__customer__provider", "invoice", "mandate").get(pk=row.pk)


def _mind(found: Mandate, at: datetime) -> int:
    return len(plan_draws(lock_account(found.account_id), at=at))


def _is_over(mandate: Mandate, earlier: Draw | None, failed: int) -> bool:
    """Whether the bill was sent back or stopped: it is not drawn once more by itself.

    A card that did not pay is asked once more, and a new card at all; what a bank took back after
    it had paid is drawn no more.
    """
    if mandate.is_card and failed >= TRIES_OF_A_CARD:
        return True
    if earlier is None or earlier.state not in (DrawState.RETURNED, DrawState.STOPPED):
        return False
    return (
        not mandate.is_card
        or earlier.state == DrawState.STOPPED
        or earlier.payment_id is not None
        or earlier.file_id is not None
    )


def _wanted(
    mandate: Mandate,
    item: OpenItem,
    free: Decimal,
    row: Draw | None,
    earlier: Draw | None,
    today: date,
) -> _Wanted | None:
    """What of a bill is to be drawn and when; None: nothing. `row` is what was told of it."""
    # What is contested in private is contested nowhere that others see: nothing of it is drawn.
    if free <= ZERO or item.held != item.held_shown:
        return None
    is_more = row is not None and free > row.amount
    # What was told not to be drawn any more, or is drawn once more, is told in time again.
    again = earlier is not None and earlier.mandate_id == mandate.pk
    is_retry = again and earlier is not None and earlier.state == DrawState.RETURNED
    since = today if is_more or (again and not is_retry) else item.invoice.issue_date
    first = today + timedelta(days=DAYS_TO_NEXT_TRY) if is_retry and row is None else today
    found = draw_day(mandate, item.invoice, payable_by=item.due_date, since=since, today=first)
    if found is None:
        return None
    # A day that was told comes no earlier.
    on = max(found.on, row.on) if row is not None and row.on >= today else found.on
    wanted = _Wanted(amount=free, on=on, because=found.because, is_retry=is_retry)
    return _with_card(wanted, mandate, row) if mandate.is_card else wanted


def _with_card(wanted: _Wanted, mandate: Mandate, row: Draw | None) -> _Wanted:
    """With what the card adds on that day, never more than was told; barred if it isn't taken."""
    way = ways_to_pay(mandate.account, amount=wanted.amount, on=wanted.on).of(mandate.card)
    if way is None:
        return replace(wanted, barred=NotDrawn(words="This card is not taken any more"))
    told = row is not None and row.mandate_id == mandate.pk and row.amount == wanted.amount
    surcharge = min(row.surcharge, way.surcharge) if told and row is not None else way.surcharge
    new = [one for one in way.because if one not in wanted.because]
    return replace(wanted, surcharge=surcharge, because=[*wanted.because, *new])


def _keep(
    mandate: Mandate,
    item: OpenItem,
    row: Draw | None,
    wanted: _Wanted | None,
    today: date,
    at: datetime,
    *,
    tells: bool,
) -> Draw | None:
    """Write the plan of one bill; return it if it changed."""
    barred = (why_not_drawn(mandate, wanted.on, at) or wanted.barred) if wanted else None
    if wanted is None or barred is not None:
        if row is None:
            return None
        quiet = barred.is_quiet if barred else item.held != item.held_shown
        words = barred.words if barred else "All of it is contested or paid otherwise"
        drop_draw(row, "" if quiet else words, at, is_quiet=quiet)
        return row
    meant = (wanted.amount, wanted.surcharge, wanted.on)
    same = row is not None and (row.amount, row.surcharge, row.on) == meant
    if row is not None and same and row.mandate_id == mandate.pk:
        return None
    # Who waits because of us or the law is not late; who was late before, or had a card that did
    # not pay, stays so.
    in_time = today <= item.due_date or (row is not None and row.on <= item.due_date)
    if row is None:
        row = Draw(reference=new_reference("D"), account=mandate.account, invoice=item.invoice)
        row.planned_at = at
    elif row.state == DrawState.IN_FILE:
        unfile(row)
    row.mandate, row.amount, row.on = mandate, wanted.amount, wanted.on
    row.surcharge, row.because = wanted.surcharge, wanted.because
    row.save()
    if in_time and not wanted.is_retry and item.due_date < wanted.on:
        move_due_date(invoice_id=item.invoice_id, due_date=wanted.on)
    _note(row, at)
    if tells:
        _tell_planned(row, _contested(item, mandate.account, today), at)
    return row


def _note(row: Draw, at: datetime) -> None:
    record(
        account_id=row.account_id,
        at=at,
        action="plan_draw",
        subject=row.invoice.number,
        after={"amount": str(row.amount), "day": row.on.isoformat(), "reference": row.reference},
        because=row.because,
    )


def _paid_otherwise(account: Account) -> Decimal:
    """What a bank was asked for in the portal and has not paid yet, in dollars."""
    rows = OnlinePayment.objects.filter(
        account=account, state=OnlineState.IN_PROGRESS, draw__isnull=True
    )
    return sum((row.amount for row in rows), ZERO)


def _book(row: Draw, account: Account, at: datetime) -> Payment:
    facts = {
        "account": account,
        "amount": row.amount,
        "method": PaymentMethod.DIRECT_DEBIT,
        "reference": row.reference,
        "towards": row.invoice,
        "at": at,
    }
    try:
        with transaction.atomic():
            return record_payment(received_on=row.on, **facts)
    except MonthClosed:
        return record_payment(received_on=local_day(account, at), **facts)


def _contested(item: OpenItem, account: Account, today: date) -> str:
    """What is said of a contested part: that it is left out, and whether in time or all the same.

    An open complaint keeps its part from being drawn also after the days in which the terms let a
    bill be queried (RF-TCP-13; VP-PAY-03).
    """
    if item.held_shown <= ZERO:
        return ""
    words = f"{in_dollars(item.held_shown)} that you contest is left out. "
    try:
        window = binding(account, today).decide(
            rules.dispute_window,
            invoice_date=item.invoice.issue_date,
            lodged_on=today,
            tcp=account.customer.is_tcp,
            state=State(account.state),
        )
    except TermsSilent:
        return words
    printed = not any(one.get("source") == HOUSE_DEFAULT for one in as_json(window.because))
    if not printed or window.last_day is None or today <= window.last_day:
        return words
    return (
        f"{words}The days in which your terms let you query this bill ended on "
        f"{in_words(window.last_day)}: an open complaint stops the draw of its part all the same. "
    )


def _tell_planned(row: Draw, contested: str, at: datetime) -> None:
    shown = "" if row.mandate.is_card else f" Your bank shows it as {row.reference}."
    added = ""
    if row.surcharge:
        added = f" {in_dollars(row.surcharge)} of it is the surcharge for the card."
    _tell(
        row.account,
        f"On {in_words(row.on)} we draw {in_dollars(row.total)}",
        f"{contested}It pays bill {row.invoice}, from {row.mandate.source}.{added}{shown} {STOP}",
        at,
    )


def _tell(account: Account, headline: str, body: str, at: datetime) -> None:
    tell_holder(
        account,
        at=at,
        headline=headline,
        body=body,
        link=Link("direct-debit"),
        label="See what is drawn",
    )


def latest_day(at: datetime) -> date:
    """The latest day that it is anywhere in Australia; each row asks its own clock again."""
    return date.fromordinal(at.date().toordinal() + 1)
