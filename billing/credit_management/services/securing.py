"""Deposits: asked for, received, drawn for what is overdue, settled once everything has ended."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.credit_management.models import Deposit
from billing.credit_management.selectors import (
    deposit_of,
    draw_right,
    held,
    live_debt_notice,
    may_deliver,
    may_demand,
    outlook,
    received,
    runs,
    settlement,
)
from billing.credit_management.states import (
    DEPOSIT,
    DebtNoticeKind,
    DepositAct,
    DepositState,
    NoticeAct,
)
from billing.ledger.models import OpenItem
from billing.ledger.services import Leg, MonthClosed, post
from billing.ledger.states import LedgerAccount, PostingKind
from billing.payments.services import PaymentRefused, record_payment
from billing.payments.services.amounts import require_amount
from billing.payments.states import PaymentMethod
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority.selectors import local_day
from parties.people.models import User
from records.audit.services import Actor, record
from terms.money import ZERO, in_dollars

from .keeping import keep_outlook
from .steps import CreditStepRefused, end_notice, require_staff, tell_account, why_not


def ask_deposit(
    *,
    account: Account,
    amount: Decimal,
    reason: str,
    by: User,
    at: datetime,
    assessed: bool = False,
) -> Deposit:
    """Ask for a deposit, in dollars; of a protected customer only after a credit assessment.

    One at a time. (BS-PAY-12, CV-CON-07, GL-PAY-04.) Raises NotAuthorised, CreditStepRefused.
    """
    _require_amount(amount)
    with transaction.atomic():
        locked = lock_account(account.pk)
        actor = require_staff(locked, by, at)
        on = local_day(locked, at)
        if not may_demand(locked, on, assessed=assessed):
            raise CreditStepRefused(
                "A protected customer is asked only after a credit assessment: make it first."
            )
        if deposit_of(locked) is not None:
            raise CreditStepRefused("A deposit is asked for or held already.")
        row = Deposit.objects.create(
            account=locked,
            amount=amount,
            reason=reason,
            asked_at=at,
            asked_by=str(by),
        )
        waits, because = may_deliver(locked, on)
        row.because = list(because)
        row.save(update_fields=["because"])
        _note(row, "ask_deposit", at, actor)
        later = "" if waits else " What you ordered is delivered once it is paid."
        tell_account(
            locked,
            f"Please pay a deposit of {in_dollars(amount)}",
            f"{reason.strip().rstrip('.')}. It stays yours: it pays what is overdue only as your "
            f"terms say, and what is left comes back when your services end.{later}",
            at,
            because=list(because),
        )
    return row


def receive_deposit(
    *, deposit: Deposit, amount: Decimal, received_on: date, reference: str, by: User, at: datetime
) -> Deposit:
    """Keep money that came for a deposit, apart from what pays bills.

    The same reference counts once. Raises NotAuthorised, IllegalStep, and CreditStepRefused for
    more than was asked for, a day to come, or a closed month.
    """
    _require_amount(amount)
    with transaction.atomic():
        locked = lock_account(deposit.account_id)
        actor = require_staff(locked, by, at)
        row = Deposit.objects.select_for_update().get(pk=deposit.pk)
        state = DEPOSIT.after(DepositState(row.state), DepositAct.RECEIVE)
        if received_on > local_day(locked, at):
            raise CreditStepRefused("That day is still to come.")
        left = row.amount - held(locked)
        if amount > left:
            raise CreditStepRefused(
                f"{in_dollars(max(left, ZERO))} of it is still to come; record more as a payment."
            )
        try:
            post(
                provider=locked.customer.provider,
                kind=PostingKind.DEPOSIT,
                day=received_on,
                key=f"deposit:{row.public_id}:{reference}",
                legs=[
                    Leg(to=LedgerAccount.CLEARING, amount=amount, detail="deposit"),
                    Leg(to=LedgerAccount.DEPOSITS, amount=-amount, account=locked),
                ],
                at=at,
            )
        except MonthClosed as closed:
            raise CreditStepRefused(str(closed)) from closed
        row.state = state
        row.save(update_fields=["state"])
        _note(row, "receive_deposit", at, actor, amount=amount)
        tell_account(
            locked,
            f"We have {in_dollars(amount)} of your deposit",
            f"{in_dollars(held(locked))} is held. It pays no bill by itself.",
            at,
        )
    return row


def drop_deposit(*, deposit: Deposit, by: User, at: datetime) -> Deposit:
    """Ask for a deposit no longer. Raises NotAuthorised, IllegalStep once some of it came."""
    with transaction.atomic():
        locked = lock_account(deposit.account_id)
        actor = require_staff(locked, by, at)
        row = Deposit.objects.select_for_update().get(pk=deposit.pk)
        row.state = DEPOSIT.after(DepositState(row.state), DepositAct.DROP)
        row.save(update_fields=["state"])
        _note(row, "drop_deposit", at, actor)
        tell_account(locked, "You need not pay a deposit", "We ask for it no longer.", at)
    return row


def draw_deposit(*, account: Account, by: User, at: datetime) -> Decimal:
    """Let the deposit pay what is overdue and not contested; return how much it paid.

    Where the terms want it told first, not before the day that the notice leaves. Everything is
    asked again at this moment. Raises NotAuthorised, CreditStepRefused.
    """
    with transaction.atomic():
        locked = lock_account(account.pk)
        actor = require_staff(locked, by, at)
        on = local_day(locked, at)
        found = outlook(locked, on, at)
        if found.stops:
            raise CreditStepRefused(why_not(found))
        notice = live_debt_notice(locked, DebtNoticeKind.DRAW)
        advised = received(notice).on if notice is not None else None
        way = draw_right(locked, found, on, advised_on=advised)
        if not way.allowed:
            raise CreditStepRefused(
                "Nothing can be drawn: nothing is held, nothing is overdue that is not contested, "
                "or these terms give no right to it."
            )
        if way.needs_notice:
            raise CreditStepRefused("The customer has to be told first, and given time to pay.")
        if way.draw_from is not None and on < way.draw_from:
            raise CreditStepRefused(f"It is too early: not before {way.draw_from:%a %-d %b %Y}.")
        # A notice is good for less than it names, never for more.
        amount = min(way.amount, notice.amount) if notice is not None else way.amount
        _pay(locked, amount, on, at, actor, overdue_only=True)
        if notice is not None:
            end_notice(notice, NoticeAct.ACT, at, "The deposit paid it", actor)
        tell_account(
            locked,
            f"Your deposit paid {in_dollars(amount)}",
            f"It was overdue. {in_dollars(held(locked))} of the deposit is left.",
            at,
            because=list(way.because),
        )
        keep_outlook(locked, at)
    return amount


def settle_deposit(*, account: Account, by: User, at: datetime) -> Deposit:
    """Set the deposit off against what is owed once everything has ended; the rest is credit.

    Credit is paid back by its own step, by two people where it is much. Raises NotAuthorised, and
    CreditStepRefused while a service goes on or an amount is contested.
    """
    with transaction.atomic():
        locked = lock_account(account.pk)
        actor = require_staff(locked, by, at)
        on = local_day(locked, at)
        row = deposit_of(locked)
        if row is None or row.state != DepositState.HELD:
            raise CreditStepRefused("No deposit is held.")
        if runs(locked, on):
            raise CreditStepRefused("A service goes on: a deposit is settled once all have ended.")
        items = list(OpenItem.objects.filter(account=locked, amount__gt=ZERO))
        if any(one.held for one in items):
            raise CreditStepRefused("Not now: settle it once nothing is contested any longer.")
        way = settlement(locked, owed=sum((one.amount for one in items), ZERO), on=on)
        if way.applied > ZERO:
            _pay(locked, way.applied, on, at, actor, overdue_only=False)
        if way.given_back > ZERO:
            post(
                provider=locked.customer.provider,
                kind=PostingKind.DEPOSIT,
                day=on,
                key=f"deposit:{row.public_id}:given_back",
                legs=[
                    Leg(to=LedgerAccount.DEPOSITS, amount=way.given_back, account=locked),
                    Leg(to=LedgerAccount.CREDIT, amount=-way.given_back, account=locked),
                ],
                at=at,
            )
        row.state = DEPOSIT.after(DepositState(row.state), DepositAct.SETTLE)
        row.settled_at, row.because = at, list(way.because)
        row.applied, row.given_back = way.applied, way.given_back
        row.save(update_fields=["state", "settled_at", "because", "applied", "given_back"])
        _note(row, "settle_deposit", at, actor, amount=way.applied)
        tell_account(
            locked,
            "Your deposit is settled",
            f"{in_dollars(way.applied)} of it paid what you owed, {in_dollars(way.given_back)} "
            f"comes back to you, {in_dollars(way.still_owed)} is still owed.",
            at,
            because=list(way.because),
        )
        keep_outlook(locked, at)
    return row


def _pay(
    account: Account,
    amount: Decimal,
    on: date,
    at: datetime,
    actor: Actor,
    *,
    overdue_only: bool,
) -> None:
    """Pay open bills out of the deposit, the oldest first, without what is contested."""
    items = OpenItem.objects.filter(account=account, amount__gt=ZERO).select_related("invoice")
    if overdue_only:
        items = items.filter(due_date__lt=on)
    left = amount
    for item in items.order_by("due_date", "pk"):
        part = min(left, item.amount - item.held)
        if part <= ZERO:
            continue
        record_payment(
            account=account,
            amount=part,
            received_on=on,
            method=PaymentMethod.DEPOSIT,
            reference=f"Deposit, {item.invoice.number}",
            at=at,
            towards=item.invoice,
            from_deposit=True,
            is_another=True,
            tells=False,
            actor=actor,
        )
        left -= part


def _require_amount(amount: Decimal) -> None:
    try:
        require_amount(amount)
    except PaymentRefused as refusal:
        raise CreditStepRefused(str(refusal)) from refusal


def _note(
    row: Deposit, action: str, at: datetime, actor: Actor, amount: Decimal | None = None
) -> None:
    record(
        account_id=row.account_id,
        at=at,
        action=action,
        actor=actor,
        reason=row.reason,
        after={
            "state": row.get_state_display(),
            "amount": str(row.amount if amount is None else amount),
        },
        because=row.because,
    )
