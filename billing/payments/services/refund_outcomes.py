"""What becomes of credit that goes back as money: it is on its way, arrives, or does not."""

from __future__ import annotations

from datetime import datetime

from billing.ledger.selectors import credit_of
from billing.ledger.services import Leg, post, reverse
from billing.ledger.states import LedgerAccount, PostingKind
from billing.payments.models import Refund
from billing.payments.states import REFUND, WAITING_REFUNDS, RefundAct, RefundState
from parties.accounts.models import Account
from parties.authority.selectors import local_day
from records.audit.services import record
from terms.money import ZERO

from .receipts import tell_not_coming, tell_not_paid_back, tell_paid_back

GONE = "The money that it was of was taken back"


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


def drop_uncovered(account: Account, at: datetime) -> None:
    """End refunds that wait and whose credit is gone, the newest first.

    Called where money is taken back: later money must not be kept for them. Whoever was told that
    theirs did not arrive is told this, too. The caller holds the account's lock.
    """
    rows = Refund.objects.select_for_update(of=("self",)).filter(
        account=account, state__in=WAITING_REFUNDS
    )
    waiting = list(rows.select_related("account__customer__provider").order_by("-asked_at", "-pk"))
    missing = sum((row.amount for row in waiting), ZERO) - credit_of(account)
    for row in waiting:
        if missing <= ZERO:
            return
        missing -= row.amount
        failed = row.state == RefundState.FAILED
        act = RefundAct.KEEP if failed else RefundAct.REFUSE
        row.state = REFUND.after(RefundState(row.state), act)
        row.decided_at, row.decided_by, row.why = at, "", GONE
        row.save(update_fields=["state", "decided_at", "decided_by", "why"])
        _note(row, "drop_refund", at)
        if failed:
            tell_not_coming(row, at)


def _note(row: Refund, action: str, at: datetime) -> None:
    record(
        account_id=row.account_id,
        at=at,
        action=action,
        subject=str(row.public_id),
        after={"state": row.state, "amount": str(row.amount), "why": row.why},
    )
