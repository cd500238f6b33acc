"""What those with a fault are told of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contracts.requests.models import Fault, FaultWork
from contracts.requests.selectors import clock
from parties.accounts.models import Account
from parties.accounts.selectors import zone_of
from parties.correspondence.services import tell_holder
from records.notices.services import Link
from terms.money import ZERO, in_dollars


def tell_received(fault: Fault, account: Account, at: datetime) -> None:
    """Say that a report has come, who has it now or from when, and what costs nothing yet."""
    if fault.outage is not None:
        words = (
            f"It belongs to an outage that we know of: {fault.outage.what}. You need not do "
            "anything more, and we tell you how it goes."
        )
    elif fault.taken_at > at:
        opens = clock(fault.taken_at, zone_of(account))
        words = f"Our fault desk is closed. It takes your report on {opens}."
    else:
        words = "Our fault desk has it now."
    tell_of_fault(
        fault,
        account,
        at,
        f"We have your fault report {fault.reference}",
        f"{words} Nobody is sent to you before you know what it can cost.",
        because=fault.desk_because,
    )


def tell_work(row: Fault, work: FaultWork, account: Account, at: datetime) -> None:
    """Say what a piece of work found and what it costs, GST included."""
    cost = (
        f"It costs {in_dollars(work.amount)}, GST included, on your next bill."
        if work.amount > ZERO
        else "It costs you nothing."
    )
    began = clock(work.started_at, zone_of(account))
    where = "a visit" if work.on_site else "work from afar"
    tell_of_fault(
        row,
        account,
        at,
        f"Your fault {row.reference}: {work.get_found_display().lower()}",
        f"About {where} on {began}: {work.words} {cost}",
        because=work.because,
    )


def tell_of_fault(
    fault: Fault,
    account: Account,
    at: datetime,
    headline: str,
    body: str,
    because: list[dict[str, Any]] | None = None,
) -> None:
    """Write to whoever holds the account about one fault."""
    tell_holder(
        account,
        at=at,
        headline=headline,
        body=f"{fault.service.label}: {body}",
        link=Link("fault", fault.reference),
        label="See your report",
        belongs_to=fault.reference,
        because=because,
    )
