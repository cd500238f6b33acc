"""Give credit back as money, or give up what is owed: two people above the limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from billing.invoices.models import Invoice
from billing.ledger.models import OpenItem
from billing.ledger.services import Leg, post
from billing.ledger.states import LedgerAccount, PostingKind
from billing.payments.models import OnlinePayment, Refund, RefundAccount
from billing.payments.selectors import free_credit, left_to_give_back, refund_account_of
from billing.payments.states import REFUND, RefundAct, RefundState, RefundWay
from parties.accounts.models import Account
from parties.accounts.selectors import needs_second_person
from parties.accounts.services import lock_account
from parties.authority.selectors import local_day
from parties.people.models import User
from records.audit.services import Actor, record
from terms.money import ZERO, in_dollars

from .allocating import apply_credit
from .amounts import require_amount
from .credit_notes import require_second_person
from .receipts import tell_paid_back
from .refund_outcomes import refund_failed, take_credit


class RefundRefused(Exception):
    """There is less credit than was asked for, or the same person would decide."""


@dataclass(frozen=True, kw_only=True)
class RefundWish:
    """What of an account's credit is to go back as money, in dollars, why and how.

    `of` is the payment made in the portal through whose gateway it goes back, `to` the bank
    account that the customer gave, paid by a file; neither: staff pay it by hand. `key` is the
    form's own: the same form again asks for nothing more.
    """

    amount: Decimal
    reason: str
    of: OnlinePayment | None = None
    to: RefundAccount | None = None
    key: UUID | None = None


def ask_refund(*, account: Account, wish: RefundWish, by: User, at: datetime) -> Refund:
    """Ask to pay credit back, in dollars; up to the provider's limit one person is enough.

    Raises PaymentRefused for what is no amount, RefundRefused above the credit or above what of
    the payment is left to give back.
    """
    require_amount(wish.amount)
    with transaction.atomic():
        locked = lock_account(account.pk)
        known = _known(locked, wish)
        if known is not None:
            return known
        _require_possible(locked, wish.amount, wish.of, free_credit(locked))
        _require_bank_account(locked, wish.to)
        row = Refund.objects.create(
            account=locked,
            key=wish.key,
            amount=wish.amount,
            reason=wish.reason,
            way=_way(wish.of, wish.to),
            of=wish.of,
            to=wish.to,
            asked_at=at,
            asked_by=str(by),
            asked_by_id_no=by.pk,
        )
        _note(row, "ask_refund", by, at, reason=wish.reason)
        if not needs_second_person(locked.customer.provider, wish.amount):
            _release(row, by=by, at=at)
    return row


def ask_again(
    *,
    refund: Refund,
    of: OnlinePayment | None,
    by: User,
    at: datetime,
    to: RefundAccount | None = None,
) -> Refund:
    """Ask once more for a refund that did not arrive, this time another way, or the same.

    It is decided like a new one. Raises RefundRefused where the credit is gone or the payment has
    nothing left to give back, IllegalStep if it is on no way to fail.
    """
    with transaction.atomic():
        lock_account(refund.account_id)
        row = _locked(refund)
        row.state = REFUND.after(RefundState(row.state), RefundAct.ASK_AGAIN)
        _require_possible(row.account, row.amount, of, _credit_for(row))
        _require_bank_account(row.account, to)
        row.way, row.of, row.to, row.file = _way(of, to), of, to, None
        row.money, row.gateway_asked_at, row.ended_at = "", None, None
        row.asked_at, row.asked_by, row.asked_by_id_no = at, str(by), by.pk
        row.decided_at, row.decided_by = None, ""
        row.save()
        _note(row, "ask_refund", by, at, reason=row.reason)
        if not needs_second_person(row.account.customer.provider, row.amount):
            _release(row, by=by, at=at)
    return row


def keep_as_credit(*, refund: Refund, by: User, at: datetime) -> Refund:
    """Leave what did not arrive as credit, which pays what is open. Raises IllegalStep."""
    with transaction.atomic():
        account = lock_account(refund.account_id)
        row = _locked(refund)
        row.state = REFUND.after(RefundState(row.state), RefundAct.KEEP)
        _decided(row, by, at)
        apply_credit(account=account, on=local_day(account, at), at=at)
    return row


def note_failure(*, refund: Refund, why: str, by: User, at: datetime) -> Refund:
    """Note that money that our bank paid came back. Raises RefundRefused, IllegalStep.

    What goes through the gateway the gateway tells of; what the bank has not got can't come back.
    """
    with transaction.atomic():
        lock_account(refund.account_id)
        row = _locked(refund)
        if row.way == RefundWay.GATEWAY:
            raise RefundRefused("The gateway tells what becomes of it.")
        if row.way == RefundWay.FILE and not row.is_sent:
            raise RefundRefused("The bank has not got it yet: it is in no file that was sent.")
        _note(row, "note_refund_failure", by, at, reason=why)
        refund_failed(row, why, at)
    return row


def decide_refund(*, refund: Refund, approve: bool, by: User, at: datetime) -> Refund:
    """Approve or refuse a refund that somebody else asked for.

    Raises RefundRefused if it is one's own, the credit is gone or the payment has nothing left to
    give back, IllegalStep if it is decided.
    """
    with transaction.atomic():
        account = lock_account(refund.account_id)
        row = _locked(refund)
        if row.asked_by_id_no == by.pk:
            raise RefundRefused("Whoever asked can't decide: another person has to.")
        if approve:
            _release(row, by=by, at=at)
        else:
            row.state = REFUND.after(RefundState(row.state), RefundAct.REFUSE)
            _decided(row, by, at)
            apply_credit(account=account, on=local_day(account, at), at=at)
    return row


def write_off(
    *,
    invoice: Invoice,
    amount: Decimal,
    reason: str,
    by: User,
    approved_by: User | None,
    at: datetime,
) -> Decimal:
    """Give up a part of what an invoice owes, in dollars. Return what is left open.

    Raises NeedsSecondPerson, PaymentRefused, RefundRefused above what is open.
    """
    require_amount(amount)
    with transaction.atomic():
        account = lock_account(invoice.account_id)
        require_second_person(account, amount, by, approved_by)
        item = OpenItem.objects.get(invoice=invoice)
        if amount > item.amount:
            raise RefundRefused(f"{in_dollars(item.amount)} is open; give no more up than that.")
        on = local_day(account, at)
        post(
            provider=account.customer.provider,
            kind=PostingKind.WRITE_OFF,
            day=on,
            key=f"write_off:{invoice.number}:{at.isoformat()}",
            legs=[
                Leg(to=LedgerAccount.WRITE_OFF, amount=amount),
                Leg(
                    to=LedgerAccount.RECEIVABLE,
                    amount=-amount,
                    account=account,
                    invoice_id=invoice.pk,
                ),
            ],
            at=at,
        )
        record(
            account_id=account.pk,
            at=at,
            action="write_off",
            actor=Actor(user_id=by.pk, name=str(by)),
            subject=invoice.number,
            reason=reason,
            after={"amount": str(amount), "approved_by": str(approved_by or "")},
        )
        left: Decimal = OpenItem.objects.get(invoice=invoice).amount
        return left


def _release(row: Refund, *, by: User, at: datetime) -> None:
    """Take an approved refund out of the credit; by hand it is paid, else it is on its way."""
    _require_possible(row.account, row.amount, row.of, _credit_for(row))
    _require_bank_account(row.account, row.to)
    by_hand = row.way == RefundWay.BY_HAND
    act = RefundAct.APPROVE if by_hand else RefundAct.SEND
    row.state = REFUND.after(RefundState(row.state), act)
    take_credit(row, at)
    row.why, row.ended_at = "", at if by_hand else None
    _decided(row, by, at)
    if by_hand:
        tell_paid_back(row, at)


def _decided(row: Refund, by: User, at: datetime) -> None:
    row.decided_at, row.decided_by = at, str(by)
    row.save()
    _note(row, "decide_refund", by, at)


def _note(row: Refund, action: str, by: User, at: datetime, reason: str = "") -> None:
    record(
        account_id=row.account_id,
        at=at,
        action=action,
        actor=Actor(user_id=by.pk, name=str(by)),
        subject=str(row.public_id),
        reason=reason,
        after={"state": row.state, "amount": str(row.amount), "way": row.get_way_display()},
    )


def _locked(refund: Refund) -> Refund:
    rows = Refund.objects.select_for_update(of=("self",))
    return rows.select_related("account__customer__provider", "of__payment", "to", "file").get(
        pk=refund.pk
    )


def _way(of: OnlinePayment | None, to: RefundAccount | None) -> RefundWay:
    if of is not None:
        return RefundWay.GATEWAY
    return RefundWay.BY_HAND if to is None else RefundWay.FILE


def _require_bank_account(account: Account, to: RefundAccount | None) -> None:
    """Raise RefundRefused for a bank account that is not the one that the customer gave."""
    if to is None:
        return
    given = refund_account_of(account)
    if given is None or given.pk != to.pk:
        raise RefundRefused("The customer gave another bank account meanwhile: choose anew.")
    if not account.customer.provider.draws_debits:
        raise RefundRefused(
            "The provider's own bank data for a file is not set: pay it by hand, or have an "
            "administrator set it."
        )


def _known(account: Account, wish: RefundWish) -> Refund | None:
    """The refund that the same form has asked for. Raises RefundRefused if it now says more."""
    known = Refund.objects.filter(account=account, key=wish.key).first() if wish.key else None
    if known is not None and known.amount != wish.amount:
        raise RefundRefused(
            f"This form has asked for {in_dollars(known.amount)} already. To pay something else "
            "back, begin anew."
        )
    return known


def _credit_for(row: Refund) -> Decimal:
    """The credit that a refund that waits can take: its own, and what nobody else waits for."""
    own: Decimal = row.amount
    return free_credit(row.account) + own


def _require_possible(
    account: Account, amount: Decimal, of: OnlinePayment | None, credit: Decimal
) -> None:
    if amount > credit:
        raise RefundRefused(
            f"There is {in_dollars(max(credit, ZERO))} of credit; no more can be paid back."
        )
    if of is None:
        return
    left = left_to_give_back(of) if of.account_id == account.pk else ZERO
    if amount > left:
        raise RefundRefused(
            f"{in_dollars(left)} of {of.reference} is left to give back that way: give less, or "
            "pay it by hand."
        )
