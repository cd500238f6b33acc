"""Which file of direct debits the bank paid by one sum that lies in suspense."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Q, Sum

from billing.payments.models import DebitFile, Payment
from billing.payments.states import DebitFileState, DrawState
from terms.calendar import in_words
from terms.money import ZERO, in_dollars

# So long after a file's day its money is looked for.
LOOKED_FOR = timedelta(days=31)
DRAWN = (DrawState.SENT, DrawState.PAID, DrawState.RETURNED)


@dataclass(frozen=True, kw_only=True)
class Deposit:
    """A file of direct debits with what the bank drew for it and sent back of it, in dollars."""

    file: DebitFile
    drawn: Decimal
    returned: Decimal

    @property
    def net(self) -> Decimal:
        return self.drawn - self.returned

    @property
    def what(self) -> str:
        """The file in words, with the sums that its money can be."""
        words = f"direct debits of {in_words(self.file.day)}: {in_dollars(self.drawn)}"
        if self.returned == ZERO:
            return words
        back = in_dollars(self.returned)
        return f"{words} less {back} sent back is {in_dollars(self.net)}"

    def is_paid_by(self, amount: Decimal) -> bool:
        """Whether an amount is what the bank owes: less returns, or before it takes them back."""
        return amount in (self.net, self.drawn)

    def differs_by(self, amount: Decimal) -> str:
        """What of an amount the file does not explain, in words."""
        rest = amount - self.net
        side = "more" if rest > ZERO else "less"
        return f"{in_dollars(abs(rest))} {side} than the {self.what}"


def deposits(payment: Payment) -> list[Deposit]:
    """The files whose money a sum in suspense can be, those that it fits first. One query."""
    rows = _with_sums(
        Q(
            provider=payment.provider_id,
            day__lte=payment.received_on,
            day__gte=payment.received_on - LOOKED_FOR,
            deposit__isnull=True,
        )
    )
    return sorted(rows, key=lambda one: (not one.is_paid_by(payment.amount), -one.file.pk))


def deposit_of(file: DebitFile) -> Deposit | None:
    """What the bank owes for a file; None where it was not sent."""
    return next(iter(_with_sums(Q(pk=file.pk))), None)


def _with_sums(which: Q) -> list[Deposit]:
    rows = DebitFile.objects.filter(which, state=DebitFileState.SENT).annotate(
        drawn=Sum("draws__amount", filter=Q(draws__state__in=DRAWN)),
        returned=Sum("draws__amount", filter=Q(draws__state=DrawState.RETURNED)),
    )
    return [
        Deposit(file=row, drawn=row.drawn or ZERO, returned=row.returned or ZERO) for row in rows
    ]
