"""What customers read of a change of price."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from contracts.variations.models import ChangeOfOne, PriceChange
from contracts.variations.states import Forced, WayOutBy
from parties.accounts.models import Account
from parties.authority.selectors import account_standing, local_day
from parties.correspondence.selectors import goes_by_post
from parties.correspondence.services import tell_holder, write
from records.notices.models import Notice
from records.notices.services import Link
from records.notices.states import Priority
from terms.calendar import in_words
from terms.money import in_dollars

# What forces a change, as a customer reads it.
CAUSES = {
    Forced.SUPPLIER: "Our supplier has raised its price.",
    Forced.TAX: "A tax on your service has changed.",
    Forced.PROVIDER_TAX: "A tax that we pay has changed.",
    Forced.LAW: "A law requires it.",
    Forced.SECURITY: "It is needed for security.",
    Forced.NETWORK: "It is needed to protect the network.",
}


def goes_as_letter(account: Account, at: datetime) -> bool:
    """Whether the notice goes on paper, as the customer asked to be reached."""
    return goes_by_post(account, account_standing(account, local_day(account, at)).to_email)


def tell_of_price(change: PriceChange, account: Account, at: datetime, *, by_post: bool) -> Notice:
    """Write the formal notice: both prices, the day, the cause, the way out, the clauses."""
    on = local_day(account, at)
    standing = account_standing(account, on)
    return write(
        "price_change",
        account=account,
        to=standing.to_email,
        name=standing.to_name,
        at=at,
        link=Link("price-change", str(change.public_id)),
        belongs_to=str(change.public_id),
        because=change.because,
        priority=Priority.NORMAL,
        by_post=by_post,
        **letter_facts(change, on),
    )


def cause_in_words(change: ChangeOfOne) -> str:
    """What forces the change, as a customer reads it; empty where nothing does."""
    forced = change.variation.forced_by
    return CAUSES[Forced(forced)] if forced else ""


def letter_facts(change: PriceChange, issued_on: date) -> dict[str, Any]:
    """What the notice says of a change; staff read the same before it is sent."""
    variation = change.variation
    return {
        "service": str(change.service),
        "issued_on": issued_on,
        "before": change.monthly_before,
        "after": change.monthly_after,
        "rises": change.monthly_after > change.monthly_before,
        "difference": abs(change.difference),
        "effective_on": change.effective_on,
        "keeps_until": change.keeps_until,
        "cause": cause_in_words(change),
        "says": variation.says,
        "way_out_until": change.way_out_until,
        "way_out_by_law": change.way_out_by == WayOutBy.LAW,
    }


def tell_that_price_stays(change: PriceChange, account: Account, why: str, at: datetime) -> None:
    """Tell that a price announced does not come."""
    day = in_words(change.effective_on) if change.effective_on else "later"
    tell_holder(
        account,
        at=at,
        headline=f"The price of {change.service.label} stays as it is",
        body=f"We wrote that it would cost {in_dollars(change.monthly_after)} a month from {day}. "
        f"That is withdrawn: it stays at {in_dollars(change.monthly_before)} a month, GST "
        f"included. {why}".strip(),
        link=Link("service", str(change.service.public_id)),
        label="Open the service",
        belongs_to=str(change.public_id),
    )
