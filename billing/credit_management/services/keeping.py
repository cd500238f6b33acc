"""Keep on an account's row what was decided about its open money, and why."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from billing.credit_management.models import Pursuit
from billing.credit_management.selectors import Outlook, beyond, outlook
from billing.credit_management.states import HandoverKind, Step
from parties.accounts.models import Account
from parties.authority.selectors import local_day
from records.audit.services import record


def keep_outlook(account: Account, at: datetime) -> None:
    """Keep where the account stands after a step of staff or a restoration."""
    on = local_day(account, at)
    row, _ = Pursuit.objects.get_or_create(account=account)
    keep(row, outlook(account, on, at), on, at)


def _further(account: Account, found: Outlook, on: date) -> dict[str, date | None]:
    """From when what is beyond a suspension may follow, for the worklists."""
    way = beyond(account, found, on)
    listed = way.with_(HandoverKind.LISTING) is not None
    listing = way.listing
    return {
        "end_from": way.end.earliest_on if way.end.allowed else None,
        "must_end_by": way.must_end_by,
        "collect_from": None
        if way.with_(HandoverKind.COLLECTOR) is not None
        else way.collect.earliest_on,
        # The second notice, and once that is given, the listing itself.
        "list_from": None if listed else listing.right.earliest_on or listing.second_from,
    }


def keep(row: Pursuit, found: Outlook, on: date, at: datetime) -> None:
    """Keep what was found on a day; a change of it is recorded."""
    shown = found.stops[0] if found.stops else None
    facts: dict[str, Any] = {
        "looked_on": on,
        "step": found.step,
        "amount": found.chasable,
        "next_on": found.on or (shown.until if shown else None),
        # What is private is named on the block itself, to the privacy role alone.
        "stopped_by": ""
        if found.is_private
        else "; ".join(one.words for one in found.stops)[:300],
        "is_private": found.is_private,
        "because": list(found.because),
        **_further(row.account, found, on),
    }
    changed = (row.step, row.stopped_by) != (facts["step"], facts["stopped_by"])
    for name, value in facts.items():
        setattr(row, name, value)
    row.save(update_fields=list(facts))
    if changed:
        record(
            account_id=row.account_id,
            at=at,
            action="decide_on_unpaid",
            after={"step": Step(found.step).label, "stopped_by": row.stopped_by},
            is_private=found.is_private,
            because=list(found.because),
        )
