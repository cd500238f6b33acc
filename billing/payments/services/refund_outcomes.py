"""What becomes of credit that goes back as money: it is on its way, arrives, or does not."""

from __future__ import annotations

from datetime import datetime

from billing.ledger.services import Leg, post, reverse
from billing.ledger.states import LedgerAccount, PostingKind
from billing.payments.models import Refund
from billing.payments.states import REFUND, RefundAct, RefundState
from parties.authority.selectors import local_day
from records.audit.services import record

from .receipts import tell_not_paid_back, tell_paid_back


def take_credit(row: Refund, at: datetime) -> None:
    """Take a refund out of the account's credit, for this try. Its caller saves the row."""
    row.tries += 1
    detail = row.of.method if row.of is not None else "refund"
    row.posting = post(
        provider=row.account.customer.provider,
        kind=PostingKind.REFUND,
        day=local_day(row.account, at),
        key=f"refund:{row.public_id}" if row.tries == 1 else f"refund:{row.reference}",
        legs=[
            Leg(to=LedgerAccount.CREDIT, amount=row.amount, account=row.account),
            Leg(to=LedgerAccount.CLEARING, amount=-row.amount, detail=detail),
        ],
        at=at,
    )


def refund_arrived(row: Refund, at: datetime) -> None:
    """Let a refund that was on its way be paid, and tell the account. Raises IllegalStep."""
    row.state = REFUND.after(RefundState(row.state), RefundAct.ARRIVE)
    row.ended_at = at
    row.save(update_fields=["state", "ended_at"])
    _note(row, "refund_arrived", at)
    tell_paid_back(row, at)


def refund_failed(row: Refund, why: str, at: datetime) -> None:
    """Put money that did not arrive back to the credit, tell the account, leave it to staff.

    The caller holds the account's lock. Raises IllegalStep.
    """
    row.state = REFUND.after(RefundState(row.state), RefundAct.FAIL)
    row.ended_at, row.why = at, f"{why[:1].upper()}{why[1:200]}"
    if row.posting is not None:
        reverse(
            row.posting,
            day=local_day(row.account, at),
            key=f"refund:{row.reference}:failed",
            at=at,
        )
    row.posting = None
    row.save(update_fields=["state", "ended_at", "why", "posting"])
    _note(row, "refund_failed", at)
    tell_not_paid_back(row, at)


def _note(row: Refund, action: str, at: datetime) -> None:
    record(
        account_id=row.account_id,
        at=at,
        action=action,
        subject=str(row.public_id),
        after={"state": row.state, "amount": str(row.amount), "why": row.why},
    )
