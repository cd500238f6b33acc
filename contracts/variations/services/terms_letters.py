"""What customers read of a newer version of the terms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from contracts.variations.models import TermsChange
from contracts.variations.states import WayOutBy
from parties.accounts.models import Account
from parties.accounts.selectors import terms_in_words
from parties.authority.selectors import account_standing, local_day
from parties.correspondence.services import tell_holder, write
from records.notices.models import Notice
from records.notices.services import Link
from records.notices.states import Priority
from terms.calendar import in_words

from .letters import cause_in_words


def tell_of_terms(change: TermsChange, account: Account, at: datetime, *, by_post: bool) -> Notice:
    """Write the formal notice: what changes, from which day, the way out, the clauses."""
    on = local_day(account, at)
    standing = account_standing(account, on)
    return write(
        "terms_change",
        account=account,
        to=standing.to_email,
        name=standing.to_name,
        at=at,
        link=Link("terms-change", str(change.public_id)),
        belongs_to=str(change.public_id),
        because=change.because,
        priority=Priority.NORMAL,
        by_post=by_post,
        **terms_letter_facts(change, account, on),
    )


def terms_letter_facts(change: TermsChange, account: Account, issued_on: date) -> dict[str, Any]:
    """What the notice says of a change; staff read the same before it is sent."""
    variation = change.variation
    key = account.customer.provider.key
    return {
        "contract": change.contract.reference,
        "issued_on": issued_on,
        "before": terms_in_words(key, change.version_before),
        "after": terms_in_words(key, variation.version),
        "effective_on": change.effective_on,
        "cause": cause_in_words(change),
        "says": variation.says,
        "way_out_until": change.way_out_until,
        "way_out_by_law": change.way_out_by == WayOutBy.LAW,
    }


def tell_that_terms_stay(change: TermsChange, account: Account, why: str, at: datetime) -> None:
    """Tell that a version announced does not come."""
    day = in_words(change.effective_on) if change.effective_on else "later"
    old = terms_in_words(account.customer.provider.key, change.version_before)
    tell_holder(
        account,
        at=at,
        headline=f"The terms of contract {change.contract.reference} stay as they are",
        body=f"We wrote that new terms would bind it from {day}. They don't: it stays under "
        f"{old}. {why}".strip(),
        link=Link("contract"),
        label="Open your contract",
        belongs_to=str(change.public_id),
    )
