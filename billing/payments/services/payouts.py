"""Ask the gateway what it paid out, and match it to the rows of a bank's file."""

from __future__ import annotations

from datetime import date, datetime

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from billing.ledger.services import Leg, post, reverse
from billing.ledger.states import LedgerAccount, PostingKind
from billing.payments.models import DebitFile, Mandate, OnlinePayment, Payment, Payout
from billing.payments.selectors import LOOKED_FOR, fit_of
from billing.payments.states import MandateKind
from parties.accounts.models import Provider
from parties.people.models import User
from terms.calendar import in_words
from terms.money import ZERO

from .amounts import PaymentRefused
from .gateway import GatewayDown, PaidOut, gateway_of

log = structlog.get_logger(__name__)


class PayoutDiffers(PaymentRefused):
    """The sum is not the payout, or not all of that is booked; it stays on the list."""


def ask_about_payouts(*, at: datetime) -> int:
    """Keep what each provider's gateway has paid out of late, once; return how many are new.

    A gateway through which nobody ever paid has nothing to pay out, and is not asked.
    """
    new = 0
    online = OnlinePayment.objects.filter(account__customer__provider=OuterRef("pk"))
    cards = Mandate.objects.filter(
        account__customer__provider=OuterRef("pk"), kind=MandateKind.CARD
    )
    for provider in Provider.objects.filter(Exists(online) | Exists(cards)).order_by("pk"):
        gateway = gateway_of(provider.key)
        if gateway is None:
            continue
        known = Payout.objects.filter(provider=provider).values_list("name", flat=True)
        try:
            told = gateway.paid_out((at - LOOKED_FOR).date(), known=frozenset(known))
        except GatewayDown as failure:
            log.warning("gateway_not_reached", why=str(failure))
            continue
        new += sum(_keep(provider, one, at) for one in told)
    return new


def match_payout(*, payment: Payment, payout: Payout, why: str, by: User, at: datetime) -> Payout:
    """Say that money in suspense is a payout of the gateway.

    Its payments were booked when they came; the sum and the gateway's fees take them out of the
    clearing of their ways. `why` says how one knows. Raises PayoutDiffers, and PaymentRefused for
    money or a payout that is matched or another's.
    """
    with transaction.atomic():
        row = Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
        kept = Payout.objects.select_for_update(of=("self",)).get(pk=payout.pk)
        _require_free(row, kept)
        fit = fit_of(kept)
        differs = fit.problem_with(row.amount)
        if differs:
            row.unmatched_why = differs[:200]
            row.save(update_fields=["unmatched_why"])
        else:
            post(
                provider=row.provider,
                kind=PostingKind.MATCH,
                day=row.received_on,
                key=_key(row, kept),
                legs=[
                    Leg(to=LedgerAccount.SUSPENSE, amount=row.amount),
                    Leg(to=LedgerAccount.FEES, amount=kept.fees),
                    *(
                        Leg(to=LedgerAccount.CLEARING, amount=-amount, detail=method)
                        for method, amount in fit.booked.items()
                    ),
                ],
                at=at,
            )
            kept.payment, kept.matched_at = row, at
            kept.matched_by, kept.matched_why = str(by), why
            kept.save()
    if differs:
        raise PayoutDiffers(f"{differs} It stays in the list with that: find out what it is.")
    return kept


def unmatch_payout(row: Payment, on: date, at: datetime) -> None:
    """Undo the match of a sum that is reversed; its payout waits for its row again."""
    kept = Payout.objects.select_for_update(of=("self",)).filter(payment=row).first()
    if kept is None:
        return
    match = row.provider.postings.get(key=_key(row, kept))
    reverse(match, day=on, key=f"{match.key}:undone", at=at)
    kept.payment, kept.matched_at = None, None
    kept.matched_by = kept.matched_why = ""
    kept.save()


def _key(row: Payment, kept: Payout) -> str:
    return f"payout:{row.public_id}:{kept.pk}"


def _keep(provider: Provider, told: PaidOut, at: datetime) -> bool:
    _, is_new = Payout.objects.get_or_create(
        provider=provider,
        name=told.name,
        defaults={
            "day": told.day,
            "amount": told.amount,
            "fees": sum((part.fee for part in told.parts), ZERO),
            "parts": [
                {"money": part.money, "gross": str(part.gross)}
                for part in told.parts
                if part.gross != ZERO
            ],
            "told_at": at,
        },
    )
    return is_new


def _require_free(row: Payment, payout: Payout) -> None:
    """Raise PaymentRefused unless money and payout are the same provider's and still to match."""
    if row.account_id is not None:
        raise PaymentRefused(f"It is booked already, to {row.account}.")
    if row.reversed_on is not None:
        raise PaymentRefused(f"It was reversed on {in_words(row.reversed_on)}.")
    if DebitFile.objects.filter(deposit=row).exists():
        raise PaymentRefused("It is matched to a file of direct debits already.")
    if Payout.objects.filter(payment=row).exists():
        raise PaymentRefused("It is matched to a payout already.")
    if payout.provider_id != row.provider_id:
        raise PaymentRefused("The money came to another provider.")
    if payout.payment_id is not None:
        raise PaymentRefused("The money of this payout was found already.")
