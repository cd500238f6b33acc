"""Tell those whom an outage hits, and nobody else, each newest word once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from contracts.requests.models import Outage, OutageService
from contracts.requests.selectors import clock, not_told
from contracts.requests.states import OutageState
from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.accounts.selectors import zone_of
from parties.accounts.services import lock_account
from parties.correspondence.services import tell_holder
from records.audit.services import record
from records.notices.services import Link
from records.sweeps import each

BATCH = 200
BUDGET = 45  # seconds: a sweep makes way for other work, and the next one goes on


def tell_outages(*, at: datetime) -> int:
    """Send the newest word of each outage to every account that it hits; return how many.

    Each account is told in a transaction of its own, so that whatever stops a sweep, the next one
    goes on and nobody is told twice. What was said meanwhile is told in its newest form alone.
    """
    until = time.monotonic() + BUDGET
    told = 0
    for outage in not_told(Outage.objects.select_related("provider")).order_by("pk"):
        told += each(_in_batches(outage, until), lambda hit: _tell(hit, at), at=at)
        with transaction.atomic():
            row = Outage.objects.select_for_update().get(pk=outage.pk)
            if not row.hits.filter(told__lt=row.updates).exists():
                row.told_through = row.updates
                row.save(update_fields=["told_through"])
    return told


def _in_batches(outage: Outage, until: float) -> Iterator[OutageService]:
    """What is not told yet, a batch at a time, as long as the sweep has time."""
    due = outage.hits.filter(told__lt=outage.updates).select_related("service__contract")
    last = 0
    while batch := list(due.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for row in batch:
            if time.monotonic() > until:
                return
            yield row
        last = batch[-1].pk


def _tell(hit: OutageService, at: datetime) -> int:
    """Tell one account of all its services that the outage hits, unless that was done already."""
    account = lock_account(hit.service.contract.account_id)
    outage = Outage.objects.select_related("provider").get(pk=hit.outage_id)
    mine = outage.hits.select_for_update(of=("self",)).filter(
        service__contract__account=account, told__lt=outage.updates
    )
    rows = list(mine.select_related("service").order_by("service__label"))
    if not rows:
        return 0
    _write(outage, account, [row.service for row in rows], at)
    outage.hits.filter(pk__in=[row.pk for row in rows]).update(told=outage.updates)
    record(
        account_id=account.pk,
        at=at,
        action="tell_outage",
        subject=outage.reference,
        after={"update": str(outage.updates), "state": OutageState(outage.state).label},
        because=outage.because,
    )
    return 1


def _write(outage: Outage, account: Account, services: list[Service], at: datetime) -> None:
    zone = zone_of(account)
    latest = outage.said.order_by("-number")[0]
    named = ", ".join(str(service) for service in services[:5])
    if len(services) > 5:
        named += f" and {len(services) - 5} more"
    if outage.state == OutageState.ENDED:
        since = f" since {clock(outage.ended_at, zone)}" if outage.ended_at else ""
        headline, when = f"Works again: {outage.what}", f"It works again{since}."
    elif outage.state == OutageState.CALLED_OFF:
        headline, when = f"Called off: {outage.what}", ""
    else:
        headline, when = _ahead(outage, at), _until(outage, account)
    tell_holder(
        account,
        at=at,
        headline=headline[:150],
        body=f"{latest.words} This is about: {named}. {when}".strip(),
        link=Link("outage", outage.reference),
        label="See how it stands",
        belongs_to=outage.reference,
        because=outage.because,
    )


def _ahead(outage: Outage, at: datetime) -> str:
    if outage.is_planned and outage.began_at > at:
        return f"Planned work: {outage.what}"
    return f"{'Work under way' if outage.is_planned else 'Outage'}: {outage.what}"


def _until(outage: Outage, account: Account) -> str:
    """When it began, is expected to be over, and when the customer hears again."""
    zone = zone_of(account)
    verb = "begins" if outage.is_planned else "began"
    words = [f"It {verb} on {clock(outage.began_at, zone)}."]
    if outage.expected_at is not None:
        words.append(f"We expect it to be over by {clock(outage.expected_at, zone)}.")
    else:
        words.append("We don't know yet when it will be over.")
    if outage.owed_at is not None and not outage.is_planned:
        words.append(f"You hear from us again by {clock(outage.owed_at, zone)} at the latest.")
    return " ".join(words)
