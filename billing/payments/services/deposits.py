"""Match the one sum that a bank pays for a file of direct debits to the file."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from billing.ledger.services import Leg, post, reverse
from billing.ledger.states import LedgerAccount, PostingKind
from billing.payments.models import DebitFile, Payment, Payout
from billing.payments.selectors import deposit_of
from billing.payments.states import PaymentMethod
from parties.people.models import User
from terms.calendar import in_words

from .amounts import PaymentRefused


class DepositDiffers(PaymentRefused):
    """The sum is not what the bank owes for the file; it stays where it is, its rest named."""


def match_deposit(
    *, payment: Payment, file: DebitFile, why: str, by: User, at: datetime
) -> DebitFile:
    """Say that money in suspense is what the bank paid for a file of direct debits.

    Each debit was booked when its day came; the sum takes that out of the clearing of direct
    debits, which is nil then. It fits with what was sent back taken off, or before the bank has
    taken that off. An unknown rest stays with the sum, on its worklist. `why` says how one knows.
    Raises DepositDiffers, and PaymentRefused for money or a file that is matched or another's.
    """
    with transaction.atomic():
        row = Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
        kept = DebitFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
        _require_free(row, kept)
        found = deposit_of(kept)
        if found is None:
            raise PaymentRefused("The bank was not asked for this file.")
        differs = "" if found.is_paid_by(row.amount) else f"It is {found.differs_by(row.amount)}."
        if differs:
            row.unmatched_why = differs[:200]
            row.save(update_fields=["unmatched_why"])
        else:
            post(
                provider=row.provider,
                kind=PostingKind.MATCH,
                day=row.received_on,
                key=f"deposit:{row.public_id}:{kept.pk}",
                legs=[
                    Leg(to=LedgerAccount.SUSPENSE, amount=row.amount),
                    Leg(
                        to=LedgerAccount.CLEARING,
                        amount=-row.amount,
                        detail=PaymentMethod.DIRECT_DEBIT,
                    ),
                ],
                at=at,
            )
            kept.deposit, kept.deposit_matched_at = row, at
            kept.deposit_matched_by, kept.deposit_matched_why = str(by), why
            kept.save()
    if differs:
        raise DepositDiffers(f"{differs} It stays in the list with that: find out what it is.")
    return kept


def unmatch_deposit(row: Payment, on: date, at: datetime) -> None:
    """Undo the match of a sum that is reversed; its file waits for its money again."""
    kept = DebitFile.objects.select_for_update(of=("self",)).filter(deposit=row).first()
    if kept is None:
        return
    match = row.provider.postings.get(key=f"deposit:{row.public_id}:{kept.pk}")
    reverse(match, day=on, key=f"{match.key}:undone", at=at)
    kept.deposit, kept.deposit_matched_at = None, None
    kept.deposit_matched_by = kept.deposit_matched_why = ""
    kept.save()


def _require_free(row: Payment, file: DebitFile) -> None:
    """Raise PaymentRefused unless money and file are the same provider's and still to match."""
    if row.account_id is not None:
        raise PaymentRefused(f"It is booked already, to {row.account}.")
    if row.reversed_on is not None:
        raise PaymentRefused(f"It was reversed on {in_words(row.reversed_on)}.")
    if DebitFile.objects.filter(deposit=row).exists():
        raise PaymentRefused("It is matched to a file of direct debits already.")
    if Payout.objects.filter(payment=row).exists():
        raise PaymentRefused("It is matched to a payout already.")
    if file.provider_id != row.provider_id:
        raise PaymentRefused("The money came to another provider.")
    if file.deposit_id is not None:
        raise PaymentRefused("The money of this file was found already.")
