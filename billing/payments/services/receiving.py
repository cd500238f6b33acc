"""Money comes in, pays what is open and not contested, and can turn out not to have come."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from billing.invoices.models import Invoice
from billing.ledger.services import Leg, post, reverse
from billing.ledger.states import LedgerAccount, PostingKind
from billing.payments.models import DebitFile, Payment, Payout
from billing.payments.states import PaymentMethod
from parties.accounts.models import Account, Provider
from parties.accounts.services import lock_account
from parties.authority.selectors import local_day
from records.audit.services import SYSTEM, Actor, record
from terms import money
from terms.calendar import in_words
from terms.money import ZERO, in_dollars

from .allocating import apply_credit, undo_allocation, untie_later_money
from .amounts import PaymentRefused, require_amount
from .deposits import unmatch_deposit
from .late_charges import take_back_late_charges
from .payouts import unmatch_payout
from .receipts import tell_received, tell_taken_back
from .refund_outcomes import drop_uncovered


class AlreadyRecorded(PaymentRefused):
    """A payment alike in every respect is on record; `payment` is that one."""

    def __init__(self, payment: Payment) -> None:
        super().__init__(
            f"{in_dollars(payment.amount)} of {in_words(payment.received_on)} with the reference "
            f"“{payment.reference}” is recorded already."
        )
        self.payment = payment


def record_payment(
    *,
    account: Account,
    amount: Decimal,
    received_on: date,
    method: str,
    reference: str,
    at: datetime,
    towards: Invoice | None = None,
    surcharge: Decimal = ZERO,
    is_another: bool = False,
    tells: bool = True,
    from_deposit: bool = False,
    actor: Actor = SYSTEM,
) -> Payment:
    """Record money received for an account; it pays what is open, the rest is credit.

    `amount` in dollars, without `surcharge` (GST included), which pays no invoice. `towards` is
    the invoice that the customer named, paid first. Money pays the oldest as `payment_allocation`
    says, never what is contested. One that is alike in every respect is refused, unless it
    `is_another` (a bank's file has rows that are alike) or the first was reversed. It `tells` by a
    receipt, where it is no history. What a deposit pays comes out of what is held, not out of the
    bank. Raises PaymentRefused, AlreadyRecorded.
    """
    require_amount(amount)
    require_method(method)
    with transaction.atomic():
        locked = lock_account(account.pk)
        require_past(received_on, local_day(locked, at))
        alike = alike_payments(locked, method, reference, received_on, amount)
        known = alike.filter(reversed_on__isnull=True).first()
        if known is not None and not is_another:
            raise AlreadyRecorded(known)
        payment = Payment.objects.create(
            provider=locked.customer.provider,
            account=locked,
            amount=amount,
            received_on=received_on,
            method=method,
            reference=reference,
            occurrence=alike.count() + 1,
            towards=towards,
            recorded_at=at,
            recorded_by=actor.name,
        )
        source = _source(locked, amount + surcharge, method, from_deposit=from_deposit)
        _book(payment, locked, source, surcharge, at)
        _settle(payment, at, actor)
        if tells:
            tell_received(payment, at)
    return payment


def _book(
    payment: Payment, account: Account, source: Leg, surcharge: Decimal, at: datetime
) -> None:
    """Post a payment: from where it came, to the account's credit."""
    payment.posting = post(
        provider=payment.provider,
        kind=PostingKind.PAYMENT,
        day=payment.received_on,
        key=f"payment:{payment.public_id}",
        legs=[
            source,
            Leg(to=LedgerAccount.CREDIT, amount=-payment.amount, account=account),
            *_surcharge_legs(surcharge),
        ],
        at=at,
    )
    payment.save(update_fields=["posting"])


def _source(account: Account, amount: Decimal, method: str, *, from_deposit: bool) -> Leg:
    if from_deposit:
        return Leg(to=LedgerAccount.DEPOSITS, amount=amount, account=account)
    return Leg(to=LedgerAccount.CLEARING, amount=amount, detail=method)


def record_unmatched(
    *,
    provider: Provider,
    amount: Decimal,
    received_on: date,
    method: str,
    reference: str,
    at: datetime,
    why: str = "",
    occurrence: int = 1,
    actor: Actor = SYSTEM,
) -> Payment:
    """Keep money in suspense until staff say whose it is; `why` says what hinders the portal.

    Raises PaymentRefused.
    """
    require_amount(amount)
    require_method(method)
    with transaction.atomic():
        payment = Payment.objects.create(
            provider=provider,
            amount=amount,
            received_on=received_on,
            method=method,
            reference=reference,
            unmatched_why=why,
            occurrence=occurrence,
            recorded_at=at,
            recorded_by=actor.name,
        )
        payment.posting = post(
            provider=provider,
            kind=PostingKind.PAYMENT,
            day=received_on,
            key=f"payment:{payment.public_id}",
            legs=[
                Leg(to=LedgerAccount.CLEARING, amount=amount, detail=method),
                Leg(to=LedgerAccount.SUSPENSE, amount=-amount),
            ],
            at=at,
        )
        payment.save(update_fields=["posting"])
    return payment


def match_payment(
    *, payment: Payment, account: Account, at: datetime, why: str = "", actor: Actor = SYSTEM
) -> Payment:
    """Book money from suspense to an account, with the day on which it was received.

    `why` says how one knows whose it is. Raises PaymentRefused if it was matched or reversed
    already or belongs to another provider.
    """
    with transaction.atomic():
        locked = lock_account(account.pk)
        row = Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
        if row.account_id is not None:
            raise PaymentRefused(f"It is booked already, to {row.account}.")
        if row.reversed_on is not None:
            raise PaymentRefused(f"It was reversed on {in_words(row.reversed_on)}.")
        if row.provider_id != locked.customer.provider_id:
            raise PaymentRefused("The money came to another provider.")
        if DebitFile.objects.filter(deposit=row).exists():
            raise PaymentRefused("It is what the bank paid for a file of direct debits.")
        if Payout.objects.filter(payment=row).exists():
            raise PaymentRefused("It is a payout of the gateway.")
        alike = alike_payments(locked, row.method, row.reference, row.received_on, row.amount)
        row.account, row.occurrence = locked, alike.count() + 1
        row.save(update_fields=["account", "occurrence"])
        post(
            provider=row.provider,
            kind=PostingKind.MATCH,
            day=row.received_on,
            key=f"match:{row.public_id}",
            legs=[
                Leg(to=LedgerAccount.SUSPENSE, amount=row.amount),
                Leg(to=LedgerAccount.CREDIT, amount=-row.amount, account=locked),
            ],
            at=at,
        )
        _settle(row, at, actor, why=why)
        tell_received(row, at)
    return row


def reverse_payment(
    *, payment: Payment, on: date, why: str, at: datetime, actor: Actor = SYSTEM
) -> Payment:
    """Undo a payment that was dishonoured or booked wrongly: what it paid is open again.

    Raises PaymentRefused if it was reversed already.
    """
    with transaction.atomic():
        account = lock_account(payment.account.pk) if payment.account else None
        row = Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
        if row.reversed_on is not None:
            raise PaymentRefused(f"It was reversed already, on {in_words(row.reversed_on)}.")
        if on < row.received_on:
            raise PaymentRefused(
                f"It was received on {in_words(row.received_on)}: it can't be undone before."
            )
        for allocation in row.allocations.filter(undone_on__isnull=True):
            undo_allocation(allocation, on, at)
        if row.posting is not None:
            reverse(row.posting, day=on, key=f"reversal:{row.public_id}", at=at)
        if account is not None and row.posting is not None:
            _take_back_match(row, on, at)
        unmatch_deposit(row, on, at)
        unmatch_payout(row, on, at)
        row.reversed_on, row.reversed_why = on, why
        row.save(update_fields=["reversed_on", "reversed_why"])
        if account is not None:
            drop_uncovered(account, at)
            apply_credit(account=account, on=on, at=at)
            record(
                account_id=account.pk,
                at=at,
                action="reverse_payment",
                actor=actor,
                subject=row.reference,
                reason=why,
                before={"amount": str(row.amount)},
            )
            tell_taken_back(row, on, at)
    return row


def alike_payments(
    account: Account, method: str, reference: str, received_on: date, amount: Decimal
) -> QuerySet[Payment]:
    """The payments of an account that no fact tells apart, reversed ones too."""
    return Payment.objects.filter(
        account=account,
        method=method,
        reference=reference,
        received_on=received_on,
        amount=amount,
    )


def require_method(method: str) -> None:
    """Raise PaymentRefused unless it is a known way to pay."""
    if method not in PaymentMethod.values:
        raise PaymentRefused(f"“{method}” is no way to pay; one of {', '.join(PaymentMethod)}.")


def require_past(received_on: date, today: date) -> None:
    """Raise PaymentRefused for a day that is still to come."""
    if received_on > today:
        raise PaymentRefused(f"{in_words(received_on)} is still to come: give the day of receipt.")


def _settle(payment: Payment, at: datetime, actor: Actor, why: str = "") -> None:
    """Let a payment that is now an account's pay, and put right what it shows to be wrong."""
    account = payment.account
    if account is None:
        return
    untie_later_money(payment, on=local_day(account, at), at=at)
    apply_credit(account=account, on=payment.received_on, at=at)
    record(
        account_id=account.pk,
        at=at,
        action="record_payment",
        actor=actor,
        subject=payment.reference,
        reason=why,
        after={"amount": str(payment.amount), "method": payment.get_method_display()},
    )
    take_back_late_charges(account=account, at=at)


def _take_back_match(row: Payment, on: date, at: datetime) -> None:
    """Undo the posting by which money left suspense for the account."""
    match = (
        row.provider.postings.filter(key=f"match:{row.public_id}").first()
        if row.account_id
        else None
    )
    if match is not None:
        reverse(match, day=on, key=f"match:{row.public_id}:undone", at=at)


def _surcharge_legs(surcharge: Decimal) -> list[Leg]:
    if surcharge == ZERO:
        return []
    ex, gst = money.split_gst(surcharge)
    return [
        Leg(to=LedgerAccount.REVENUE, amount=-ex, detail="surcharge"),
        Leg(to=LedgerAccount.GST, amount=-gst),
    ]
