"""Deposits: how much is held, whether it may pay what is overdue, how it is settled at the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Sum

from billing.credit_management.models import Deposit
from billing.credit_management.states import DepositState
from billing.ledger.models import LedgerEntry
from billing.ledger.states import LedgerAccount
from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from terms import rules
from terms.calendar import State
from terms.clause import as_json
from terms.money import ZERO
from terms.profile import TermsSilent

from .outlook import HOUSE, Outlook

Reasons = tuple[dict[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class Draw:
    """What a deposit may pay, in dollars, and from when; None as a day: at once."""

    allowed: bool
    amount: Decimal = ZERO
    needs_notice: bool = False
    draw_from: date | None = None
    because: Reasons = ()


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """How what is held is used at the end, in dollars."""

    applied: Decimal
    given_back: Decimal
    still_owed: Decimal
    because: Reasons


def held(account: Account) -> Decimal:
    """What of deposits is held for an account, in dollars."""
    rows = LedgerEntry.objects.filter(account=account, ledger_account=LedgerAccount.DEPOSITS)
    return -(rows.aggregate(sum=Sum("amount"))["sum"] or ZERO)


def may_demand(account: Account, on: date, *, assessed: bool) -> bool:
    """Whether a deposit may be asked for, as the terms say (BS-PAY-12, GL-PAY-04).

    A protected customer's credit is assessed first, whatever the terms say: a rule of ours.
    """
    tcp = account.customer.is_tcp
    if tcp and not assessed:
        return False
    try:
        answer = binding(account, on).decide(rules.security_demand, tcp=tcp, assessed=assessed)
    except TermsSilent:
        return True
    return bool(answer.may_demand)


def deposit_of(account: Account) -> Deposit | None:
    """The deposit that is asked for or held."""
    return Deposit.objects.filter(
        account=account, state__in=[DepositState.ASKED, DepositState.HELD]
    ).first()


def to_settle(rows: QuerySet[Deposit]) -> QuerySet[Deposit]:
    """Deposits that are held although no service goes on."""
    alive = Service.objects.filter(contract__account=OuterRef("account")).exclude(
        status=ServiceStatus.ENDED
    )
    return rows.filter(state=DepositState.HELD).exclude(Exists(alive))


def draw_right(account: Account, found: Outlook, on: date, *, advised_on: date | None) -> Draw:
    """What of the deposit may pay what is overdue and not contested, and from which day.

    `advised_on` is when the customer got the notice of it. The right is the terms' alone
    (BS-PAY-13, BS-PAY-14, VP-PAY-11, GL-DISP-06).
    """
    if found.stops or found.chasable <= ZERO:
        return Draw(allowed=False)
    try:
        answer = binding(account, on).decide(
            rules.security_draw,
            security_held=held(account),
            amount_overdue=found.overdue,
            amount_disputed=max(found.overdue - found.chasable, ZERO),
            tcp=account.customer.is_tcp,
            advised_on=advised_on,
            state=State(account.state),
        )
    except TermsSilent as silence:
        return Draw(allowed=False, because=tuple(as_json(silence.because)))
    because = tuple(as_json(answer.because))
    if any(one["source"] == HOUSE for one in because):
        return Draw(allowed=False, because=because)
    # Where the terms want it told first, they say so beside the amount.
    wants = len(because) > 1
    return Draw(
        allowed=answer.max_draw > ZERO,
        amount=answer.max_draw,
        needs_notice=wants and answer.draw_from is None,
        draw_from=answer.draw_from,
        because=because,
    )


def may_deliver(account: Account, on: date) -> tuple[bool, Reasons]:
    """Whether delivery may start while a deposit is asked for (CV-CON-07)."""
    asked = deposit_of(account)
    try:
        answer = binding(account, on).decide(
            rules.deposit, paid=held(account), required=asked.amount if asked else None
        )
    except TermsSilent:
        return True, ()
    return answer.may_deliver is not False, tuple(as_json(answer.because))


def settlement(account: Account, *, owed: Decimal, on: date) -> Settlement:
    """How what is held is set off against what is owed (VP-SUS-17, BS-PAY-16, CV-PAY-07)."""
    answer = binding(account, on).decide(rules.deposit_settlement, held=held(account), owed=owed)
    return Settlement(
        applied=answer.applied,
        given_back=answer.refund,
        still_owed=answer.still_owed,
        because=tuple(as_json(answer.because)),
    )
