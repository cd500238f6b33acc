"""Billing periods, and what an account is to be billed for which days."""

from __future__ import annotations

from datetime import date

from parties.accounts.models import Account
from terms.binding import Binding

from .days import ONE_DAY, last_bill_day, last_billable, next_bill_day
from .fees import fees_of, supplies
from .items import Due, Item, TooOld
from .one_off import one_off_of
from .usage import usage_of

__all__ = [
    "Due",
    "Item",
    "TooOld",
    "charges_due",
    "last_bill_day",
    "last_billable",
    "next_bill_day",
]


def charges_due(account: Account, bound: Binding, *, on: date, bill_day: date) -> Due:
    """Return what the account is to be billed in a bill that goes out `on`, made for `bill_day`.

    Fees are billed in advance to the day before the next bill day, from the day after the last
    billed one; days billed already that were supplied otherwise are set right. Usage and one-off
    charges are billed afterwards. Reads only; the preview, the run and the final bill ask alike.
    """
    due = Due()
    found = supplies(account)
    ends = [supply.service.ended_on for supply in found]
    due.all_ended = bool(ends) and all(end is not None and end < on for end in ends)
    through = next_bill_day(bill_day, account.bill_day) - ONE_DAY
    for supply in found:
        fees_of(due, supply, bound, account, on=on, through=through)
    usage_of(due, [supply.service for supply in found], bound, account, on)
    one_off_of(due, account, bound, on)
    return due
