"""Bill days, and how late something may still be billed."""

from __future__ import annotations

from datetime import date, timedelta

from parties.accounts.models import Account
from terms import rules
from terms.binding import Binding
from terms.clause import as_json
from terms.profile import TermsSilent
from terms.rules.billing import billing_period

from .items import Reasons

ONE_DAY = timedelta(days=1)


def last_bill_day(on: date, bill_day: int) -> date:
    """The newest bill day on or before a day; a month without it is billed on its last day."""
    return billing_period(on, bill_day)[0]


def next_bill_day(on: date, bill_day: int) -> date:
    """The first bill day after a day."""
    return billing_period(on, bill_day)[1]


def last_billable(day: date, bound: Binding, account: Account) -> tuple[date | None, Reasons]:
    """The last day on which what was incurred on a day may be billed; None: no limit."""
    try:
        answer = bound.decide(
            rules.back_billing, charge_incurred_on=day, tcp=account.customer.is_tcp
        )
    except TermsSilent:
        return None, []
    return answer.last_billable_on, as_json(answer.because)


def is_old(day: date, account: Account, on: date) -> bool:
    """Whether a charge is from before the bill before this one: it is printed as an old one."""
    this = last_bill_day(on, account.bill_day)
    return day < last_bill_day(this - ONE_DAY, account.bill_day)
